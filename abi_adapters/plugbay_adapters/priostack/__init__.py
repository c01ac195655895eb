"""PrioStack: byte functions, and bundles of services made of them."""

from __future__ import annotations

from plugbay.contracts import AbiAdapter
from plugbay.hookspecs import hookimpl
from plugbay_adapters.priostack.adapter import PriostackAdapter


@hookimpl
def plugbay_adapters() -> list[AbiAdapter]:
    """The PrioStack adapter."""
    return [PriostackAdapter()]

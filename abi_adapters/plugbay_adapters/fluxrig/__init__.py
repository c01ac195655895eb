"""fluxrig gears: CBOR fluxMsg over ``alloc``, ``free`` and ``process``."""

from __future__ import annotations

from plugbay.contracts import AbiAdapter
from plugbay.hookspecs import hookimpl
from plugbay_adapters.fluxrig.adapter import FluxrigAdapter


@hookimpl
def plugbay_adapters() -> list[AbiAdapter]:
    """The fluxrig adapter."""
    return [FluxrigAdapter()]

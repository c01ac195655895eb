"""PrioStack: byte functions, and bundles of services made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.contracts import AbiAdapter
from plugbay.hookspecs import hookimpl
from plugbay_adapters.priostack.adapter import PriostackAdapter

if TYPE_CHECKING:
    import typer


@hookimpl
def plugbay_adapters() -> list[AbiAdapter]:
    """The PrioStack adapter."""
    return [PriostackAdapter()]


@hookimpl
def plugbay_commands(app: typer.Typer) -> None:
    """The commands for bundles."""
    # Not at the top: a host that runs functions needs no command line.
    from plugbay_adapters.priostack.cli import add_commands

    add_commands(app)

"""What the suite adds to plugbay: its verbs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.hookspecs import hookimpl

if TYPE_CHECKING:
    import typer


@hookimpl
def plugbay_commands(app: typer.Typer) -> None:
    """The verbs of the suite."""
    # Not at the top: a host that runs plugins needs no command line.
    from plugbay_conformance.cli import add_commands

    add_commands(app)

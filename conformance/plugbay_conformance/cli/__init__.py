"""The verbs ``plugbay conform`` and ``plugbay new``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer


def add_commands(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    from plugbay.cli.options import as_command
    from plugbay_conformance.cli.conform import conform
    from plugbay_conformance.cli.new import new

    app.command("conform")(as_command(conform))
    app.command("new")(as_command(new))

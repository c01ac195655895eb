"""The group ``plugbay bundle``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer


def add_commands(app: typer.Typer) -> None:
    """Add the group ``bundle`` to the command line."""
    import typer

    from plugbay.cli.options import as_command
    from plugbay_adapters.priostack.cli.check import check
    from plugbay_adapters.priostack.cli.serve import serve

    commands = typer.Typer(
        name="bundle",
        no_args_is_help=True,
        help="Check or serve a PrioStack bundle.\n\nExample: `plugbay bundle check shop`",
    )
    commands.command()(as_command(check))
    commands.command()(as_command(serve))
    app.add_typer(commands)

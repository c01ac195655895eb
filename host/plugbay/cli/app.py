"""The verbs, and those that plugins add."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plugbay.cli.bench import bench
from plugbay.cli.cache import cache_commands
from plugbay.cli.call import call
from plugbay.cli.doctor import doctor
from plugbay.cli.inspect import inspect
from plugbay.cli.options import as_command
from plugbay.cli.run import run
from plugbay.cli.session import session_of
from plugbay.errors import PluginRegistrationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugbay.cli.session import Session

PROGRAM = "plugbay"


def build_app(session: Session) -> Any:
    """The whole command, ready to run; ``main`` is its method. Adds the commands of the session's plugins.

    Plugins that can't be loaded, or their commands, are told about on standard error: the other verbs still work.
    """
    app = typer.Typer(
        name=PROGRAM,
        no_args_is_help=True,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_program)
    for verb in (inspect, call, run, bench, doctor):
        app.command()(as_command(verb))
    app.add_typer(cache_commands())
    try:
        _add_plugin_commands(app, session)
    except PluginRegistrationError as error:
        session.output.say(f"warning: {error}")
    return typer.main.get_command(app)


def _print_version(context: typer.Context, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        session_of(context).output.write(f"{PROGRAM} {version(PROGRAM)}\n".encode())
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Show the version and exit.")
]


def _program(version: Version = False) -> None:  # its callback does the work
    """Host WebAssembly plugins of any ABI.

    Data goes to standard output, talk to standard error. Every command has --json.

    Exit codes: 0 good, 1 the plugin or the check failed, 2 the command was used wrongly or the input is unusable.

    Example: `plugbay inspect gear.wasm`
    """


def _add_plugin_commands(app: typer.Typer, session: Session) -> None:
    plugins = session.plugins
    try:
        plugins.hook.plugbay_commands(app=app)
    except Exception as error:
        raise PluginRegistrationError(f"the commands of a plugin can't be added: {error!r}") from error
    twice = sorted(name for name, count in Counter(_names(app)).items() if count > 1)
    if twice:
        raise PluginRegistrationError(
            f"two plugins add a command {', '.join(twice)}", hint="uninstall the package that adds it"
        )


def _names(app: typer.Typer) -> Iterator[str]:
    for command in app.registered_commands:
        yield command.name or getattr(command.callback, "__name__", "").lower().replace("_", "-")
    for group in app.registered_groups:
        yield group.name or (group.typer_instance.info.name if group.typer_instance else None) or ""

"""One run of the program: from arguments to an exit code, whatever happens on the way."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, Any

import typer

from plugbay.cli.app import PROGRAM, build_app
from plugbay.cli.failure import BROKEN_PIPE, FAILED, GOOD, INTERRUPTED, UNUSABLE, exit_code, facts_of, show_failure
from plugbay.cli.output import Output, ReaderLeft, drop_standard_output
from plugbay.cli.session import Session
from plugbay.errors import PlugbayError, PluginRegistrationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay.plugins import PlugbayPlugins

TRACEBACK = "PLUGBAY_TRACEBACK"
"""Environment variable that, when set, adds Python's traceback to errors."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``plugbay`` with these arguments (those of the process by default); returns the exit code.

    0 good, 1 the plugin or the check failed, 2 the command was used wrongly or the input is unusable, 130 interrupted,
    141 the reader of the output left. Nothing is raised.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    _escape_unencodable()
    output = Output(json=_wants_json(arguments))
    try:
        code = _run(arguments, output)
        if sys.stdout is not None:  # pyright: ignore[reportUnnecessaryComparison] # None when the shell closed it
            sys.stdout.flush()
    except (ReaderLeft, BrokenPipeError):
        drop_standard_output()
        return BROKEN_PIPE
    except KeyboardInterrupt:
        code = INTERRUPTED
    except SystemExit as leaving:  # a plugin's command left by itself
        code = leaving.code if isinstance(leaving.code, int) else FAILED if leaving.code else GOOD
    if code == INTERRUPTED:
        output.say("interrupted")
    return code


def _run(arguments: Sequence[str], output: Output) -> int:
    try:
        return _run_verb(arguments, output)
    except (ReaderLeft, BrokenPipeError):
        raise
    except PlugbayError as error:
        _show_traceback()
        show_failure(output, facts_of(error))
        return exit_code(error)
    except typer.TyperException as error:
        show_failure(output, _usage_facts(error))
        return UNUSABLE
    except typer.Abort:
        return INTERRUPTED
    except OSError as error:
        _show_traceback()
        show_failure(output, {"code": "io-error", "reason": str(error)})
        return FAILED
    except Exception as error:  # noqa: BLE001 # the user gets a line in place of a traceback
        _show_traceback()
        facts: dict[str, object] = {"code": "internal", "reason": f"{type(error).__name__}: {error}"}
        facts["hint"] = f"this is a bug; {TRACEBACK}=1 shows where"
        show_failure(output, facts)
        return FAILED


def _run_verb(arguments: Sequence[str], output: Output) -> int:
    plugins = _load_plugins()
    try:
        session = Session(output, plugins)
        command = build_app(session)
        result: Any = command.main(list(arguments), prog_name=PROGRAM, standalone_mode=False, obj=session)
    finally:
        if not isinstance(plugins, PluginRegistrationError):
            plugins.close()
    return result if isinstance(result, int) else GOOD


def _load_plugins() -> PlugbayPlugins | PluginRegistrationError:
    from plugbay.plugins import PlugbayPlugins

    try:
        return PlugbayPlugins()
    except PluginRegistrationError as error:
        return error


def _usage_facts(error: typer.TyperException) -> dict[str, object]:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else PROGRAM
    reason = error.format_message() or "no command was given"  # it says nothing where it has shown the help
    return {"code": "usage", "reason": reason, "hint": f"{path} --help"}


def _wants_json(arguments: Sequence[str]) -> bool:
    """Whether errors are to be JSON too, even those in the arguments themselves."""
    ends = arguments.index("--") if "--" in arguments else len(arguments)
    return "--json" in arguments[:ends]


def _show_traceback() -> None:
    if os.environ.get(TRACEBACK):
        import traceback

        traceback.print_exc()


def _escape_unencodable() -> None:
    """Never fail over a character that the terminal's encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")

"""Every run ends with an exit code and a line for people, never with a traceback."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer

from plugbay.cli import program
from plugbay.errors import PluginRegistrationError
from plugbay.hookspecs import hookimpl

Cli = Callable[..., Any]
VERBS = (("inspect",), ("call",), ("run",), ("bench",), ("doctor",), ("cache", "info"), ("cache", "clear"))
ESCAPE = b"\x1b"


class Commands:
    """A plugin of plugbay with commands of its own."""

    def __init__(self, **commands: Callable[..., None]) -> None:
        self.commands = commands

    @hookimpl
    def plugbay_commands(self, app: typer.Typer) -> None:
        for name, command in self.commands.items():
            app.command(name)(command)


def test_version_is_that_of_the_package(cli: Cli) -> None:
    result = cli("--version")
    assert result.code == 0
    assert re.fullmatch(r"plugbay \d+\.\d+\.\d+\n", result.text)


def test_help_names_every_verb_and_the_exit_codes(cli: Cli) -> None:
    result = cli("--help")
    assert result.code == 0
    for words in (*(verb[0] for verb in VERBS), "Exit codes"):
        assert words in result.text


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_help_of_each_verb_has_an_example_and_json(cli: Cli, verb: tuple[str, ...]) -> None:
    result = cli(*verb, "--help")
    assert result.code == 0
    assert f"Example: plugbay {verb[0]}" in result.text
    assert "--json" in result.text


def test_without_a_verb_the_help_is_shown(cli: Cli) -> None:
    result = cli()
    assert "Usage: plugbay" in result.text


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("inspect",),
        ("inspect", "--bogus", "x.wasm"),
        ("call", "x.wasm", "--fuel", "many"),
        ("call", "x.wasm", "--allow", "everything"),
        ("bench", "x.wasm", "--seconds", "0"),
        ("cache", "burn"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_error_with_the_way_to_help(cli: Cli, arguments: tuple[str, ...]) -> None:
    result = cli(*arguments)
    assert result.code == 2
    assert result.out == b""
    assert result.err.startswith("error[usage]: ")
    assert "--help" in result.err


@pytest.mark.parametrize("arguments", [(), ("cache",), ("bundle",)], ids=" ".join)
def test_no_command_is_an_error_that_says_so_below_the_help(cli: Cli, arguments: tuple[str, ...]) -> None:
    result = cli(*arguments)
    assert result.code == 2
    assert b"Commands" in result.out
    assert result.err.startswith("error[usage]: no command was given\n")


def test_wrong_usage_is_json_too(cli: Cli) -> None:
    result = cli("inspect", "--json", "--bogus")
    assert result.code == 2
    assert result.json["error"]["code"] == "usage"


@pytest.mark.parametrize(
    ("limits", "code"), [(("--deadline", "-1"), "config-invalid"), (("--memory-pages", "99999"), "config-invalid")]
)
def test_limits_out_of_range_are_wrong_usage(cli: Cli, echo_file: Path, limits: tuple[str, ...], code: str) -> None:
    result = cli("call", echo_file, *limits, "--json")
    assert result.code == 2
    assert result.json["error"]["code"] == code
    assert result.json["error"]["limit"] == limits[0].removeprefix("--").replace("-", "_")


def test_a_missing_file_is_told_with_a_hint(cli: Cli, tmp_path: Path) -> None:
    result = cli("inspect", tmp_path / "nope.wasm")
    assert result.code == 2
    assert result.err.startswith("error[source-not-found]: ")
    assert "hint" in result.err
    assert "Traceback" not in result.err


def test_a_bug_is_one_line_that_says_how_to_see_more(cli: Cli, install: Callable[[object], None]) -> None:
    def crash() -> None:
        raise ZeroDivisionError("oh")

    install(Commands(crash=crash))
    result = cli("crash")
    assert result.code == 1
    assert "error[internal]: ZeroDivisionError: oh" in result.err
    assert "PLUGBAY_TRACEBACK=1" in result.err
    assert "Traceback" not in result.err


def test_the_traceback_is_shown_on_request(
    cli: Cli, install: Callable[[object], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash() -> None:
        raise ZeroDivisionError("oh")

    install(Commands(crash=crash))
    monkeypatch.setenv("PLUGBAY_TRACEBACK", "1")
    assert "Traceback" in cli("crash").err


def test_commands_of_plugins_join_the_verbs(cli: Cli, install: Callable[[object], None]) -> None:
    def greet(name: Annotated[str, typer.Argument()]) -> None:
        """Greets somebody."""
        typer.echo(f"hello {name}")

    install(Commands(greet=greet))
    assert cli("greet", "you").text == "hello you\n"
    assert "Greets somebody." in cli("--help").text


def test_a_command_that_exists_already_is_refused(cli: Cli, install: Callable[[object], None]) -> None:
    install(Commands(inspect=lambda: None))
    result = cli("cache", "info")
    assert "inspect" in result.err
    assert "warning" in result.err


def test_a_broken_plugin_leaves_the_verbs_that_need_none(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "_load_plugins", lambda: PluginRegistrationError("broken plugin"))
    assert cli("cache", "info").code == 0
    result = cli("inspect", "x.wasm", "--json")
    assert result.code == 1
    assert result.json["error"]["code"] == "plugin-registration"


def test_a_command_of_a_plugin_may_leave_by_itself(cli: Cli, install: Callable[[object], None]) -> None:
    def leave() -> None:
        sys.exit(3)

    install(Commands(leave=leave))
    assert cli("leave").code == 3


def test_an_interrupt_ends_with_130_and_one_line(cli: Cli, install: Callable[[object], None]) -> None:
    def wait() -> None:
        raise KeyboardInterrupt

    install(Commands(wait=wait))
    result = cli("wait")
    assert result.code == 130
    assert result.err == "interrupted\n"


def test_ctrl_c_ends_a_real_run(gear_file: Callable[..., Path]) -> None:
    endless = gear_file("(loop $on (br $on)) (i64.const 0)")
    running = subprocess.Popen(
        [sys.executable, "-m", "plugbay", "call", str(endless), "--deadline", "30"], stderr=subprocess.PIPE
    )
    time.sleep(1.5)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert err == b"interrupted\n"


def test_a_reader_that_leaves_ends_the_run_quietly(echo_file: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "plugbay", "inspect", str(echo_file)],
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert done.returncode == 141
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("verb", [("call", "--input", "x" * 100_000), ("inspect",), ("inspect", "--json")], ids=len)
def test_a_full_disk_is_one_error(echo_file: Path, verb: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "plugbay", verb[0], str(echo_file), *verb[1:]],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == b"error[io-error]: standard output can't be written: No space left on device\n"


def test_closed_standard_output_is_an_error(echo_file: Path) -> None:
    command = f'exec "{sys.executable}" -m plugbay call "{echo_file}" --input x >&-'
    done = subprocess.run(["/bin/sh", "-c", command], stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 1
    assert b"error[io-error]" in done.stderr


def test_pipes_get_no_colour_and_python_m_works(process: Cli, echo_file: Path) -> None:
    for arguments in (("--help",), ("inspect", echo_file), ("inspect", "nope.wasm")):
        result = process(*arguments, GITHUB_ACTIONS="", FORCE_COLOR="", PY_COLORS="")
        assert result.out or result.err
        assert ESCAPE not in result.out + result.err.encode()


def test_an_encoding_without_the_characters_is_no_failure(process: Cli, stranger_file: Path) -> None:
    result = process("bench", stranger_file, "--abi", "µ", PYTHONIOENCODING="ascii")
    assert result.code == 2
    assert "config-invalid" in result.err

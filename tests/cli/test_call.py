"""``plugbay call``."""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugbay import Message
from plugbay.cli.output import Output

Cli = Callable[..., Any]
LINE = '{"id": "01890a5d-ac96-774b-8003-000000000001", "data": {"amount": 12}, "ts": 7}'
PASSTHROUGH = Path(__file__).parents[2] / "examples" / "passthrough" / "passthrough.wasm"
RAW_KEYS = {"plugin", "abi", "function", "input_bytes", "output_bytes", "text", "base64", "seconds"}
TYPED_KEYS = {"plugin", "abi", "disposition", "messages", "logs", "reason", "state", "fuel", "seconds", "error"}


def test_output_bytes_are_exact(cli: Cli, echo_file: Path) -> None:
    result = cli("call", echo_file, "--input", "grün")
    assert (result.code, result.out, result.err) == (0, "grün".encode(), "")


def test_the_function_can_be_named(cli: Cli, echo_file: Path) -> None:
    assert cli("call", echo_file, "process", "--input", "x").out == b"x"


def test_an_unknown_function_is_wrong_usage(cli: Cli, echo_file: Path) -> None:
    result = cli("call", echo_file, "alloc", "--input", "x")
    assert result.code == 2
    assert "it has: process" in result.err


def test_input_comes_from_a_file(cli: Cli, echo_file: Path, tmp_path: Path) -> None:
    every_byte = bytes(range(256))
    (tmp_path / "input").write_bytes(every_byte)
    assert cli("call", echo_file, "--input-file", tmp_path / "input").out == every_byte


def test_input_comes_from_standard_input(process: Cli, echo_file: Path) -> None:
    assert process("call", echo_file, "--input-file", "-", stdin=b"\0\xff").out == b"\0\xff"


def test_input_comes_from_a_pipe(cli: Cli, echo_file: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"through",))
    writer.start()
    assert cli("call", echo_file, "--input-file", pipe).out == b"through"
    writer.join()


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="a device of Unix")
def test_input_without_end_is_refused_at_the_limit(cli: Cli, echo_file: Path) -> None:
    result = cli("call", echo_file, "--input-file", "/dev/zero", "--input-bytes", 1000, "--json")
    assert result.code == 1
    assert result.json["error"]["code"] == "input-too-large"


@pytest.mark.parametrize("name", ["nope", ".", "a\0b"])
def test_an_input_file_that_can_not_be_read_is_unusable(cli: Cli, echo_file: Path, tmp_path: Path, name: str) -> None:
    result = cli("call", echo_file, "--input-file", f"{tmp_path}/{name}", "--json")
    assert result.code == 2
    assert result.json["error"]["code"] == "stream-unusable"


def test_two_inputs_exclude_each_other(cli: Cli, echo_file: Path) -> None:
    result = cli("call", echo_file, "--input", "x", "--message", LINE)
    assert result.code == 2
    assert "--input and --message exclude each other" in result.err


def test_json_has_stable_keys(cli: Cli, echo_file: Path) -> None:
    result = cli("call", echo_file, "--input", "hi", "--json")
    assert set(result.json) == RAW_KEYS
    assert result.json["text"] == "hi"
    assert base64.b64decode(result.json["base64"]) == b"hi"


def test_json_of_bytes_that_are_no_text_has_base64_only(cli: Cli, echo_file: Path, tmp_path: Path) -> None:
    (tmp_path / "input").write_bytes(b"\xff\x00")
    result = cli("call", echo_file, "--input-file", tmp_path / "input", "--json")
    assert result.json["text"] is None
    assert base64.b64decode(result.json["base64"]) == b"\xff\x00"


class Terminal(io.TextIOWrapper):
    """A standard output that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("payload", "shown"),
    [(b"text", b"text\n"), (b"text\n", b"text\n"), (b"", b""), (b"\x1b[31m", b"1b 5b 33 31 6d")],
)
def test_a_terminal_gets_whole_lines_and_no_control_bytes(
    cli: Cli, echo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, payload: bytes, shown: bytes
) -> None:
    raw = io.BytesIO()
    (tmp_path / "input").write_bytes(payload)
    monkeypatch.setattr(sys, "stdout", Terminal(raw, encoding="utf-8"))
    monkeypatch.setattr(Output, "to_terminal", property(lambda self: True))
    assert cli("call", echo_file, "--input-file", tmp_path / "input").code == 0
    assert b"\x1b" not in raw.getvalue()
    assert shown in raw.getvalue()
    assert bool(raw.getvalue()) == bool(shown)


def test_a_message_goes_in_and_its_line_comes_out(cli: Cli) -> None:
    result = cli("call", PASSTHROUGH, "--message", LINE)
    assert result.code == 0
    assert result.out.count(b"\n") == 1
    assert json.loads(result.out) == json.loads(LINE)


def test_json_of_a_message_has_stable_keys(cli: Cli, rejecting_file: Path) -> None:
    for file in (PASSTHROUGH, rejecting_file):
        result = cli("call", file, "--message", LINE, "--json")
        assert set(result.json) == TYPED_KEYS
    passed = cli("call", PASSTHROUGH, "--message", LINE, "--json").json
    assert passed["disposition"] == "ok"
    assert passed["messages"] == [{"port": "out", "message": json.loads(LINE)}]


def test_a_rejected_message_fails_with_the_guests_reason(cli: Cli, rejecting_file: Path) -> None:
    result = cli("call", rejecting_file, "--message", LINE)
    assert (result.code, result.out) == (1, b"")
    assert "error[message-rejected]: too late" in result.err


def test_a_dropped_message_is_told(cli: Cli, gear_file: Callable[..., Path]) -> None:
    result = cli("call", gear_file("(i64.const 0)"), "--message", LINE)
    assert (result.code, result.out) == (0, b"")
    assert "dropped" in result.err


def test_a_message_that_is_none_is_unusable_input(cli: Cli) -> None:
    for line in ("{", "[]", '{"colour": 1}', '{"data": 3}', "\udcff"):
        result = cli("call", PASSTHROUGH, "--message", line, "--json")
        assert (result.code, result.json["error"]["code"]) == (2, "invalid-message"), line


def test_a_message_takes_no_function(cli: Cli) -> None:
    assert cli("call", PASSTHROUGH, "process", "--message", LINE).code == 2


def test_a_trap_is_shown_with_its_place(cli: Cli, trapping_file: Path) -> None:
    for arguments in (("--input", "x"), ("--message", LINE)):
        result = cli("call", trapping_file, *arguments)
        assert (result.code, result.out) == (1, b"")
        assert "error[guest-trap]" in result.err
        assert "  at " in result.err
        assert "Traceback" not in result.err


def test_a_trap_is_json_too(cli: Cli, trapping_file: Path) -> None:
    for arguments in (("--input", "x"), ("--message", LINE)):
        result = cli("call", trapping_file, *arguments, "--json")
        assert result.code == 1
        assert result.json["error"]["code"] == "guest-trap"
        assert result.json["error"]["frames"]


def test_limits_stop_a_guest(cli: Cli, gear_file: Callable[..., Path]) -> None:
    endless = gear_file("(loop $on (br $on)) (i64.const 0)")
    assert cli("call", endless, "--deadline", "0.05", "--json").json["error"]["code"] == "deadline-exceeded"
    assert cli("call", endless, "--fuel", "100000", "--json").json["error"]["code"] == "out-of-fuel"


def test_log_lines_go_to_standard_error_with_no_control_characters(cli: Cli, logging_file: Path) -> None:
    for arguments in (("--input", "x"), ("--message", LINE)):
        result = cli("call", logging_file, *arguments)
        assert result.err == "warn  gear: odd \\x1b[31m\n"


def test_log_lines_are_json_with_json(cli: Cli, logging_file: Path) -> None:
    for arguments in (("--input", "x"), ("--message", LINE)):
        result = cli("call", logging_file, *arguments, "--json")
        assert json.loads(result.err) == {"level": "warn", "source": "gear", "text": "odd \x1b[31m"}


def test_the_loggers_are_left_as_they_were(cli: Cli, logging_file: Path) -> None:
    root, guests = logging.getLogger("plugbay"), logging.getLogger("plugbay.guest")
    before = (list(root.handlers), root.propagate, guests.level)
    cli("call", logging_file, "--input", "x")
    assert (root.handlers, root.propagate, guests.level) == before


def test_the_entrypoint_is_config(cli: Cli, gear_file: Callable[..., Path]) -> None:
    file = gear_file(entrypoint="handle")
    assert cli("call", file, "--config", "entrypoint=handle", "--input", "x").out == b"x"


def test_text_modules_are_compiled(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "drop.wat"
    file.write_text(
        '(module (memory (export "memory") 1) (func (export "alloc") (param i32) (result i32) (i32.const 8))'
        ' (func (export "free") (param i32 i32))'
        ' (func (export "process") (param i32 i32) (result i64) (i64.const 0)))'
    )
    result = cli("call", file, "--message", LINE, "--json")
    assert (result.code, result.json["plugin"], result.json["disposition"]) == (0, "drop", "drop")


def test_a_module_that_can_not_be_hosted_fails(cli: Cli, stranger_file: Path) -> None:
    result = cli("call", stranger_file, "--input", "x", "--json")
    assert (result.code, result.json["error"]["code"]) == (1, "unknown-abi")


def test_a_message_of_bytes_survives(cli: Cli) -> None:
    message = Message.new(data={"blob": b"\0\xff"})
    result = cli("call", PASSTHROUGH, "--message", '{"data": {"blob": {"$bytes": "AP8="}}}')
    assert json.loads(result.out)["data"] == {"blob": {"$bytes": "AP8="}}
    assert message.data["blob"] == base64.b64decode("AP8=")


def test_a_deep_backtrace_fits_on_a_screen(cli: Cli, gear_file: Callable[..., Path]) -> None:
    deep = gear_file("(call $down) (i64.const 0)", extra="(func $down (call $down) (call $down))")
    result = cli("call", deep, "--input", "x")
    assert result.code == 1
    assert "error[guest-trap]" in result.err
    assert "frames more)" in result.err
    assert len(result.err.splitlines()) < 24


def test_closed_standard_input_is_unusable(echo_file: Path) -> None:
    command = f'exec "{sys.executable}" -m plugbay call "{echo_file}" --input-file - <&-'
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert b"error[stream-unusable]" in done.stderr


def test_state_is_kept_where_it_was_asked_for(cli: Cli, gear_file: Callable[..., Path], tmp_path: Path) -> None:
    counting = gear_file(
        "(drop (call $put (i32.const 16) (i32.const 1) (local.get $p) (local.get $n))) (i64.const 0)",
        imports='(import "env" "flux_kv_put" (func $put (param i32 i32 i32 i32) (result i32)))',
        extra='(data (i32.const 16) "k")',
    )
    result = cli("call", counting, "--state", f"sqlite:{tmp_path}/state.db", "--message", LINE, "--json")
    assert result.json["state"] == {"written": ["k"], "deleted": []}
    assert cli("call", counting, "--message", LINE, "--json").json["state"] is None

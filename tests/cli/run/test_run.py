"""``plugbay run``: what goes in, what comes out, what is told."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cbor2
import pytest

from plugbay.message.ndjson import from_line

Cli = Callable[..., Any]
Start = Callable[..., Any]
Lines = Callable[..., bytes]
PASS, DROP, REJECT, TRAP, LOG, SPIN = range(6)
EXAMPLES = Path(__file__).parents[3] / "examples"
PASSTHROUGH = EXAMPLES / "passthrough" / "passthrough.wasm"
ACTOR = EXAMPLES / "actors" / "async-output-rust.wasm"
COUNTER = EXAMPLES / "actors" / "counter-rust.wasm"
KEYS = {
    "plugin", "state_keys_before", "read", "out", "passed", "dropped", "rejected", "failed", "invalid", "bytes_in",
    "bytes_out", "seconds", "plugin_seconds", "read_seconds", "write_seconds", "p50_us", "p99_us", "fuel", "ports",
    "logs", "errors", "ended", "messages_per_second",
}  # fmt: skip


def test_standard_input_goes_to_standard_output(process: Cli, told_file: Path, lines: Lines) -> None:
    result = process("run", told_file, stdin=lines(50))
    assert (result.code, result.out) == (0, lines(50))
    assert "gear: the whole stream" in result.err


@pytest.mark.parametrize("instances", [1, 3])
def test_a_mixed_stream_is_summed_up(
    instances: int, process: Cli, told_file: Path, tmp_path: Path, line: Lines
) -> None:
    (tmp_path / "in.ndjson").write_bytes(
        b"".join(line(verb, n) for n, verb in enumerate([PASS, DROP, REJECT, TRAP, LOG])) + b"{oops\n" + line(PASS, 9)
    )
    failures, logs = tmp_path / "failures.ndjson", tmp_path / "logs.ndjson"
    result = process(
        "run", told_file, "--in", tmp_path / "in.ndjson", "--out", tmp_path / "out.ndjson", "--failures", failures,
        "--logs", logs, "--instances", instances, "--json",
    )  # fmt: skip
    assert result.code == 1
    assert (tmp_path / "out.ndjson").read_bytes() == line(PASS, 0) + line(LOG, 4) + line(PASS, 9)
    summary = result.json
    assert set(summary) == KEYS
    counts = {name: summary[name] for name in ("read", "out", "passed", "dropped", "rejected", "failed", "invalid")}
    assert counts == {"read": 6, "out": 3, "passed": 3, "dropped": 1, "rejected": 1, "failed": 1, "invalid": 1}
    assert summary["errors"] == {"guest-trap": 1, "invalid-message": 1}
    assert summary["ports"] == {"out": 3}
    assert (summary["plugin"], summary["logs"], summary["ended"]) == ("gear", {"warn": 1}, "end")
    assert summary["fuel"] is summary["state_keys_before"] is None
    rejected, trapped, invalid = map(json.loads, failures.read_text().splitlines())
    assert rejected == {
        "line": 3,
        "error": {"code": "message-rejected", "reason": "too late"},
        "message": json.loads(line(REJECT, 2)),
    }
    assert (trapped["line"], trapped["error"]["code"]) == (4, "guest-trap")
    assert (invalid["line"], invalid["message"], invalid["input"]) == (6, None, "{oops")
    assert json.loads(logs.read_text()) == {"line": 5, "level": "warn", "text": "too late"}


def test_rejected_and_dropped_messages_are_no_failure_of_the_run(process: Cli, told_file: Path, line: Lines) -> None:
    result = process("run", told_file, stdin=line(REJECT) + line(DROP))
    assert (result.code, result.out) == (0, b"")
    assert "not kept; --failures PATH writes them down" in result.err


def test_fuel_is_summed_up_when_it_is_metered(
    process: Cli, told_file: Path, tmp_path: Path, line: Lines, lines: Lines
) -> None:
    result = process("run", told_file, "--fuel", 10_000, "--out", tmp_path / "o", "--json", stdin=lines(3) + line(SPIN))
    assert result.json["fuel"] > 10_000
    assert result.json["errors"] == {"out-of-fuel": 1}


def test_json_goes_to_standard_error_when_results_fill_standard_output(
    process: Cli, told_file: Path, lines: Lines
) -> None:
    result = process("run", told_file, "--json", stdin=lines(2))
    assert result.out == lines(2)
    assert json.loads(result.err)["read"] == 2


def test_failures_and_logs_may_go_to_standard_error(process: Cli, told_file: Path, line: Lines) -> None:
    stdin = line(LOG, 1) + line(REJECT, 2)
    result = process("run", told_file, "--logs", "-", "--failures", "-", stdin=stdin)
    assert result.out == line(LOG, 1)
    told = [json.loads(text) for text in result.err.splitlines() if text.startswith("{")]
    assert [(one["line"], one.get("text")) for one in told] == [(1, "too late"), (2, None)]


def test_a_byte_that_is_no_message_is_named_and_the_rest_goes_on(process: Cli, told_file: Path, lines: Lines) -> None:
    result = process("run", told_file, "--failures", "-", stdin=lines(3) + b"\xff\xfe\n" + lines(2))
    assert (result.code, result.out) == (1, lines(3) + lines(2))
    assert "line 4: the line is not JSON" in result.err


def test_broken_cbor_ends_the_stream_with_its_reason(process: Cli, tmp_path: Path, line: Lines) -> None:
    whole = from_line(line(PASS)).to_cbor()
    result = process("run", PASSTHROUGH, "--failures", "-", stdin=whole + whole[:30])
    assert (result.code, result.out) == (1, whole)
    assert "ended early, the input can't be read on" in result.err
    assert "is cut off: 30 bytes of it are there" in result.err


@pytest.mark.parametrize("nothing", [b"", b"\n\r\n \n"])
def test_an_empty_stream_is_fine(nothing: bytes, process: Cli, told_file: Path) -> None:
    result = process("run", told_file, stdin=nothing)
    assert (result.code, result.out) == (0, b"")


def test_the_null_device_is_an_empty_stream(process: Cli, told_file: Path) -> None:
    assert process("run", told_file, "--in", os.devnull, "--out", os.devnull).code == 0


def test_a_forced_format_wins(process: Cli, told_file: Path, tmp_path: Path, line: Lines, lines: Lines) -> None:
    (tmp_path / "in.cbor").write_bytes(lines(2))
    arguments = ("--in", tmp_path / "in.cbor", "--in-format", "ndjson", "--out-format", "cbor")
    assert process("run", told_file, *arguments).out == b"".join(from_line(line(PASS, n)).to_cbor() for n in range(2))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--in", "missing"), "missing can't be read: No such file"),
        (("--in", "."), ". can't be read: it is a folder"),
        (("--in", "in", "--out", "."), ". can't be written: Is a directory"),
        (("--in", "in", "--out", "in"), "in is used twice"),
        (("--in", "in", "--failures", "missing/failures"), "can't be written: No such file"),
        (("--in", "in", "--out", "/dev/full"), "/dev/full can't be written: No space left"),
        (("--in", "in", "--port", "sideways"), "the input port in, no sideways"),
        (("--in", "in", "--in-format", "xml"), "--in-format"),
        (("--in", "/proc/self/mem"), "the input can't be read"),
    ],
)
def test_unusable_streams_are_told_in_a_line(
    arguments: tuple[str, ...],
    reason: str,
    cli: Cli,
    told_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lines: Lines,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").write_bytes(lines(3))
    result = cli("run", told_file, *arguments)
    assert result.code == 2
    assert reason in result.err
    assert "Traceback" not in result.err
    assert (tmp_path / "in").read_bytes() == lines(3)


def test_state_that_is_new_starts_empty(process: Cli, remembering_file: Path, lines: Lines) -> None:
    result = process("run", remembering_file, "--allow", "state", stdin=lines(1))
    assert "State of gear in memory: starts empty." in result.err


def test_lines_and_summary_tell_the_ports_of_an_actor(process: Cli, tmp_path: Path) -> None:
    options = ("--allow", "state", "--config", "chunk=2", "--config", "limit=100")
    result = process("run", ACTOR, *options, stdin=b'{"data": {"value": [1, 2, 300]}}\n' * 2)
    assert result.code == 0
    sent = [json.loads(text) for text in result.out.splitlines()]
    assert [line["port"] for line in sent] == ["progress", "alert", "progress", "summary"] * 2
    assert "4 progress, 2 alert, 2 summary" in " ".join(result.err.split())
    assert process("run", PASSTHROUGH, stdin=result.out).out.count(b"\n") == 8


def test_the_port_is_in_cbor_too_and_does_not_keep_a_gear_from_reading_it(process: Cli) -> None:
    arguments = ("--port", "increment", "--allow", "state", "--out-format", "cbor")
    counted = process("run", COUNTER, *arguments, stdin=b"{}\n{}\n").out
    assert cbor2.loads(counted)["port"] == "count"
    passed = process("run", PASSTHROUGH, "--out-format", "ndjson", stdin=counted)
    assert [json.loads(line)["data"] for line in passed.out.splitlines()] == [{"value": 1}, {"value": 2}]

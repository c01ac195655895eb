"""``plugbay bench``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Cli = Callable[..., Any]
ROOT = Path(__file__).parents[2]
ECHO = ROOT / "benchmarks" / "guests" / "echo.wasm"
COUNTER = ROOT / "examples" / "actors" / "counter-rust.wasm"
QUICK = ("--seconds", "0.02")
KEYS = {"plugin", "abi", "digest", "function", "payload_bytes", "measurements", "peer", "peer_note"}


def test_a_table_shows_every_way_and_the_peer(cli: Cli, echo_file: Path) -> None:
    result = cli("bench", echo_file, *QUICK)
    assert result.code == 0
    for words in ("single calls", "batches of", "2 threads", "ordinary calls", "times as fast", "messages/s"):
        assert words in result.text


def test_json_has_stable_keys(cli: Cli, echo_file: Path) -> None:
    report = cli("bench", echo_file, *QUICK, "--threads", "1", "--message", '{"data": {}}', "--json").json
    assert set(report) == KEYS
    assert [item["threads"] for item in report["measurements"]] == [1, 1]
    assert report["measurements"][0]["times_peer"] > 0


def test_a_gear_with_other_imports_has_no_peer(cli: Cli, gear_file: Callable[..., Path]) -> None:
    file = gear_file(imports='(import "env" "reject" (func $reject (param i32 i32)))')
    result = cli("bench", file, *QUICK)
    assert result.code == 0
    assert "no comparison: the plugin imports env.reject" in result.err


def test_a_plugin_that_fails_can_not_be_measured(cli: Cli, trapping_file: Path) -> None:
    result = cli("bench", trapping_file, *QUICK, "--json")
    assert (result.code, result.json["error"]["code"]) == (1, "guest-trap")


def test_log_lines_are_not_shown(cli: Cli, logging_file: Path) -> None:
    assert cli("bench", logging_file, *QUICK, "--input", "x").err == ""


def test_extism_plugins_and_actors_are_measured_beside_extism_s_sdk(cli: Cli) -> None:
    for file in (ECHO, COUNTER):
        result = cli("bench", file, *QUICK, "--threads", 1)
        assert result.code == 0
        assert "Extism's Python SDK" in result.text
        assert "times as fast" in result.text


def test_the_function_can_be_named(cli: Cli) -> None:
    report = cli("bench", COUNTER, "get_version", *QUICK, "--threads", 1, "--json").json
    assert report["function"] == "get_version"
    result = cli("bench", COUNTER, "jump", *QUICK)
    assert result.code == 2
    assert "it has: get_metadata" in result.err


def test_a_message_is_no_input_of_a_raw_extism_call(cli: Cli) -> None:
    result = cli("bench", ECHO, *QUICK, "--message", "{}")
    assert result.code == 2
    assert "--input" in result.err

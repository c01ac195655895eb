"""``plugbay bench``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Cli = Callable[..., Any]
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

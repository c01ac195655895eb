"""Extism plugins, actors and manifests on the command line, on both engines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]
ROOT = Path(__file__).parents[2]
GUESTS = ROOT / "benchmarks" / "guests"
COUNTER = ROOT / "examples" / "actors" / "counter-rust.wasm"
ENGINES = ["wasmtime", "extism"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_function_is_called_with_bytes(cli: Cli, engine: str) -> None:
    result = cli("call", GUESTS / "echo.wasm", "echo", "--input", "grün", "--engine", engine)
    assert (result.code, result.out, result.err) == (0, "grün".encode(), "")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_plugin_gets_its_config(cli: Cli, engine: str) -> None:
    assert cli("call", GUESTS / "config_var.wasm", "--config", "step=5", "--engine", engine).out == b"5"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_message_goes_to_a_port_of_an_actor(cli: Cli, engine: str) -> None:
    arguments = ("--port", "add", "--message", '{"data": {"value": 4}}', "--allow", "state", "--engine", engine)
    result = cli("call", COUNTER, *arguments)
    assert result.code == 0
    line = json.loads(result.out)
    assert (line["port"], line["data"]) == ("count", {"value": 4})
    report = cli("call", COUNTER, *arguments, "--json").json
    assert [sent["port"] for sent in report["messages"]] == ["count"]
    assert report["state"] == {"written": ["count"], "deleted": []}


def test_an_unknown_port_is_wrong_usage_that_names_the_ports(cli: Cli) -> None:
    result = cli("call", COUNTER, "--port", "jump", "--message", "{}")
    assert result.code == 2
    assert "its ports are in, reset, add, increment, decrement" in result.err


def test_a_config_that_an_actor_does_not_take_is_wrong_usage(cli: Cli) -> None:
    result = cli("call", COUNTER, "get_version", "--config", "step=0", "--json")
    assert result.code == 2
    assert result.json["error"]["code"] == "config-invalid"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_manifest_is_a_plugin_and_options_go_before_it(cli: Cli, tmp_path: Path, engine: str) -> None:
    file = tmp_path / "counting.json"
    file.write_text(json.dumps({"wasm": [{"path": str(GUESTS / "config_var.wasm")}], "config": {"step": "4"}}))
    assert cli("call", file, "--engine", engine).out == b"4"
    assert cli("call", file, "--engine", engine, "--config", "step=6").out == b"6"
    assert cli("call", file, "--engine", engine, "--json").json["plugin"] == "counting"


def test_a_wrong_manifest_names_the_field(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "wrong.json"
    file.write_text('{"wasm": [{"path": "a.wasm"}], "memroy": {}}')
    for verb in ("inspect", "call", "bench"):
        result = cli(verb, file)
        assert result.code == 2
        assert "memroy" in result.err


def test_a_limit_that_libextism_can_not_hold_is_refused(cli: Cli) -> None:
    result = cli("call", GUESTS / "echo.wasm", "--engine", "extism", "--fuel", "1000", "--json")
    assert result.code == 2
    assert result.json["error"]["code"] == "config-invalid"


def test_an_engine_that_the_abi_can_not_use_is_refused(cli: Cli) -> None:
    result = cli("call", ROOT / "examples" / "passthrough" / "passthrough.wasm", "--engine", "extism")
    assert result.code == 2
    assert "it runs on: wasmtime" in result.err

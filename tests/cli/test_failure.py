"""Errors as the command line shows them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugbay.cli.failure import describe, facts_of
from plugbay.errors import BadHostCall, HostFunctionFailed
from plugbay.functions import HostFunction, host_function
from plugbay.hookspecs import hookimpl

Cli = Callable[..., Any]


class Shop:
    """A plugin of plugbay that offers host functions."""

    @hookimpl
    def plugbay_host_functions(self) -> list[HostFunction]:
        @host_function
        def price(name: str) -> int:
            return {"tea": 3}[name]

        return [price]


@pytest.fixture
def asking_file(tmp_path: Path, wat: Callable[[str], bytes]) -> Path:
    """An Extism plugin that gives its input to the host function ``price``."""
    path = tmp_path / "asking.wasm"
    path.write_bytes(
        wat("""(module
          (import "extism:host/env" "input_offset" (func $input (result i64)))
          (import "extism:host/user" "price" (func $price (param i64) (result i64)))
          (func (export "ask") (drop (call $price (call $input)))))""")
    )
    return path


def test_a_host_function_that_raises_is_shown_with_its_traceback(
    cli: Cli, asking_file: Path, install: Callable[[object], None]
) -> None:
    install(Shop())
    result = cli("call", asking_file, "--allow-function", "price", "--input", "gold")
    assert result.code == 1
    assert "error[host-function-failed]: price raised KeyError: 'gold'" in result.err
    assert 'return {"tea": 3}[name]' in result.err
    assert all(line.startswith("  ") for line in result.err.splitlines()[1:])


def test_its_traceback_is_whole_in_json(cli: Cli, asking_file: Path, install: Callable[[object], None]) -> None:
    install(Shop())
    error = cli("call", asking_file, "--allow-function", "price", "--input", "gold", "--json").json["error"]
    assert error["code"] == "host-function-failed"
    assert error["traceback"].startswith("Traceback")


def test_a_host_function_that_was_not_granted_says_how_to_grant_it(
    cli: Cli, asking_file: Path, install: Callable[[object], None]
) -> None:
    install(Shop())
    result = cli("call", asking_file, "--input", "tea")
    assert result.code == 1
    assert "--allow-function" in result.err


def test_a_long_traceback_is_cut_to_its_end() -> None:
    text = "".join(f"line {number}\n" for number in range(100))
    shown = describe(facts_of(HostFunctionFailed("it raised", traceback=text))).plain
    assert "(84 lines more)" in shown
    assert "line 83" not in shown
    assert "line 84" in shown
    assert "line 99" in shown


def test_the_argument_that_a_host_function_refuses_is_named() -> None:
    shown = describe(facts_of(BadHostCall("it takes text", parameter="key"))).plain
    assert shown.splitlines()[1].split() == ["argument", "key"]


def test_a_traceback_can_not_reach_the_terminal() -> None:
    shown = describe(facts_of(HostFunctionFailed("it raised", traceback="a\x1b[31mb"))).plain
    assert "\x1b" not in shown

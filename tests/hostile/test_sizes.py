"""Modules of unusual size: up to what engines take they are served, and over it refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import wasmtime

from plugbay import Host, Limits, Message
from plugbay.errors import ForbiddenImport, InvalidBinary, ModuleError, PlugbayError, TooLarge

EXPORTS = """(memory (export "memory") 1)
  (func (export "alloc") (param i32) (result i32) (i32.const 8))
  (func (export "free") (param i32 i32))
  (func (export "process") (param i32 i32) (result i64) (i64.const 0))"""
"""A gear that drops every message."""


def _module(*parts: str) -> str:
    return f"(module {' '.join(parts)} {EXPORTS})"


HUGE: dict[str, Callable[[], str]] = {
    "ten thousand functions": lambda: _module("(func)" * 10_000),
    "ten thousand exports": lambda: _module("".join(f'(func (export "f{i}"))' for i in range(10_000))),
    "ten thousand globals": lambda: _module("(global i32 (i32.const 0))" * 10_000),
    "ten thousand types": lambda: _module("(type (func (param i32 i64)))" * 10_000),
    "ten thousand data segments": lambda: _module('(data (i32.const 0) "x")' * 10_000),
    "a name of a hundred thousand letters": lambda: _module(f'(func (export "{"x" * 99_999}"))'),
    "a huge function": lambda: _module(f"(func (local i64) {'(local.set 0 (i64.const 7))' * 20_000})"),
    "many locals": lambda: _module(f"(func (local {'i64 ' * 10_000}))"),
    "deeply nested blocks": lambda: _module(f"(func {'block ' * 900} {'end ' * 900})"),
    "a wide branch table": lambda: _module(f"(func (block (br_table {'0 ' * 10_000} (i32.const 1))))"),
    "a big table of functions": lambda: _module("(func $f) (table 100 funcref)", f"(elem func {'$f ' * 10_000})"),
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE)
def test_a_huge_module_within_the_limits_of_wasm_is_served(arena: Host, text: Callable[[], str], good: Message) -> None:
    with arena.load(bytes(wasmtime.wat2wasm(text())), name="huge") as plugin:
        assert plugin.process(good).disposition == "drop"


OVERSIZED: dict[str, tuple[Callable[[], str], type[ModuleError]]] = {
    "ten thousand imports of log": (
        lambda: _module('(import "env" "log" (func (param i32 i32 i32)))' * 10_000 + '(import "env" "no" (func))'),
        ForbiddenImport,
    ),
    "ten thousand forbidden imports": (
        lambda: _module("".join(f'(import "env" "f{i}" (func))' for i in range(10_000))),
        ForbiddenImport,
    ),
    "over a thousand parameters": (lambda: _module(f"(func (param {'i32 ' * 1001}))"), InvalidBinary),
    "over a thousand results": (lambda: _module(f"(type (func (result {'i32 ' * 1001})))"), InvalidBinary),
    "over fifty thousand locals": (lambda: _module(f"(func (local {'i64 ' * 50_001}))"), InvalidBinary),
    "a name of over a hundred thousand letters": (
        lambda: _module(f'(func (export "{"x" * 100_001}"))'),
        InvalidBinary,
    ),
    "a hundred and one tables": (lambda: _module("(table 0 funcref)" * 101), InvalidBinary),
}


@pytest.mark.parametrize(("text", "expected"), OVERSIZED.values(), ids=OVERSIZED)
def test_a_module_over_the_limits_of_engines_is_refused(
    refusal: Callable[..., PlugbayError], text: Callable[[], str], expected: type[ModuleError]
) -> None:
    assert isinstance(refusal(text(), abi="fluxrig"), expected)


def test_a_module_over_the_size_limit_is_never_read(
    guest: Callable[..., bytes], roomy: Limits, refusal: Callable[..., PlugbayError]
) -> None:
    module = guest()
    error = refusal(module, limits=roomy.with_changes(module_bytes=len(module) - 1))
    assert isinstance(error, TooLarge)
    assert (error.limit, error.found) == ("module_bytes", len(module))
    assert error.hint

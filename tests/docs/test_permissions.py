"""The page on permissions tells the defaults, and what a guest sees that was refused, as they are."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from plugbay import Disposition, Host, Message, Permissions
from plugbay.errors import GuestError, PermissionDenied
from plugbay.functions import host_function
from plugbay.module.wat import compile_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.docs.conftest import Page

PAGE = "docs/permissions.md"
EXTISM = """(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "get_log_level" (func $level (result i32)))
  (import "extism:host/user" "lookup" (func $lookup (param i64) (result i64)))
  (func (export "level") (result i32) (call $level))
  (func (export "lookup") (drop (call $lookup (call $alloc (i64.const 2))))))"""
LOG = '(import "env" "log" (func $log (param i32 i32 i32)))'
EMIT = '(import "env" "emit" (func $emit (param i32 i32)))'
GET = '(import "env" "flux_kv_get" (func $get (param i32 i32) (result i64)))'
PUT = '(import "env" "flux_kv_put" (func $put (param i32 i32 i32 i32) (result i32)))'
HTTP = '(import "env" "flux_req_http" (func $http (param i32 i32 i32 i32) (result i64)))'
RANDOM = '(import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))'
# The imports and what the guest is answered, by the first word of the page's cell: bodies answer it as four bytes.
ANSWERS = {
    "env.flux_kv_get": (GET, "(i32.wrap_i64 (call $get (local.get $p) (local.get $n)))"),
    "env.flux_kv_put": (PUT, "(call $put (local.get $p) (local.get $n) (local.get $p) (local.get $n))"),
    "env.flux_req_http": (
        HTTP,
        "(i32.wrap_i64 (call $http (local.get $p) (local.get $n) (i32.const 0) (i32.const 0)))",
    ),
    "WASI": (RANDOM, "(call $random (i32.const 512) (i32.const 8))"),
}
EXPECTED = {"env.flux_kv_get": 0, "env.flux_kv_put": 1, "env.flux_req_http": 0, "WASI": 76}


def test_the_services_and_their_defaults_are_listed(page_at: Callable[[str], Page]) -> None:
    listed = {row[0].strip("`"): row[1] for row in page_at(PAGE).rows("What there is")}
    words: dict[object, str] = {True: "yes", False: "no", (): "none"}
    usual = Permissions()
    assert listed == {field.name: words[getattr(usual, field.name)] for field in fields(Permissions)}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_refused_guest_gets_the_answer_of_the_page(
    name: str, host: Host, gear: Callable[..., bytes], page_at: Callable[[str], Page]
) -> None:
    cells = next(row for row in page_at(PAGE).rows("What a refused guest sees") if name in row[0])
    imports, answer = ANSWERS[name]
    plugin = host.load(gear(f"(call $number {answer})", imports=imports), permissions=Permissions.none())
    assert int.from_bytes(plugin.call("process", b"https://example.com/"), "little") == EXPECTED[name]
    assert str(EXPECTED[name]) in cells[1]


def test_a_refused_log_line_is_thrown_away(host: Host, gear: Callable[..., bytes]) -> None:
    body = "(call $log (i32.const 2) (local.get $p) (local.get $n)) (i64.const 0)"
    plugin = host.load(gear(body, imports=LOG), permissions=Permissions(log=False))
    outcome = plugin.process(Message.new())
    assert (outcome.disposition, outcome.logs) == (Disposition.DROP, ())


def test_a_refused_emit_fails_the_message(host: Host, gear: Callable[..., bytes]) -> None:
    body = "(call $emit (local.get $p) (local.get $n)) (i64.const 0)"
    plugin = host.load(gear(body, imports=EMIT), permissions=Permissions(outputs=False))
    assert isinstance(plugin.process(Message.new()).error, PermissionDenied)


def test_an_extism_plugin_is_refused_as_the_page_says(page_at: Callable[[str], Page]) -> None:
    @host_function
    def lookup(key: bytes) -> bytes:
        return key

    text = page_at(PAGE).text
    module = compile_text(EXTISM.encode(), "guest.wat")
    with Host(functions=[lookup]) as host, host.load(module, permissions=Permissions.none()) as plugin:
        with pytest.raises(GuestError) as caught:
            plugin.call("level", b"")
        assert f"answers *off* ({caught.value.found:,})" in text
        with pytest.raises(PermissionDenied):
            plugin.call("lookup", b"")

"""Start-up runs under the deadline, and can use all that a call can."""

from __future__ import annotations

import pytest
from tests.engines.extism.conftest import Load, Make

from plugbay import Limits
from plugbay.errors import (
    ConfigInvalid,
    DeadlineExceeded,
    InitFailed,
    InvalidBinary,
    OutOfMemory,
    PlugbayError,
    TooLarge,
)
from plugbay.functions import host_function

NOTE = """(func $note (param $letter i32) (local $old i64) (local $new i64)
  (local.set $old (call $get (call $byte (i32.const 107))))
  (local.set $new (call $alloc (i64.add (call $length (local.get $old)) (i64.const 1))))
  (if (i64.ne (local.get $old) (i64.const 0)) (then (call $store (local.get $new) (call $load (local.get $old)))))
  (call $store (i64.add (local.get $new) (call $length (local.get $old))) (local.get $letter))
  (call $set (call $byte (i32.const 107)) (local.get $new)))
  (func (export "notes") (call $answer (call $get (call $byte (i32.const 107)))))"""


def starting(name: str, letter: str) -> str:
    return f'(func (export "{name}") (call $note (i32.const {ord(letter)})))'


@pytest.mark.parametrize(
    ("body", "notes"),
    [
        ("", b""),
        ("(func $s (call $note (i32.const 115))) (start $s)", b"s"),
        (starting("_initialize", "i"), b"i"),
        (starting("__wasm_call_ctors", "c"), b"c"),
        (starting("__wasm_call_ctors", "c") + starting("_initialize", "i"), b"c"),
        ("(func $s (call $note (i32.const 115))) (start $s)" + starting("_initialize", "i"), b"si"),
        ('(func (export "_initialize") (param i32) unreachable)', b""),
    ],
)
def test_start_up_runs_once_and_may_use_variables(make: Make, body: str, notes: bytes) -> None:
    guest = make(NOTE + body)
    assert guest.invoke("notes", b"") == notes
    assert guest.invoke("notes", b"") == notes


@pytest.mark.parametrize("start", ['(export "_initialize")', '(export "__wasm_call_ctors")', '(export "plain")'])
def test_a_start_up_without_end_is_stopped(load: Load, start: str) -> None:
    field = "(start $s)" if "plain" in start else ""
    loaded = load(f"(func $s {start} (loop $on (br $on))) {field}", limits=Limits(deadline=0.02))
    guest = loaded.guest(started=False)
    with pytest.raises(DeadlineExceeded):
        guest.start()
    guest.close()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('(func (export "_initialize") unreachable)', InitFailed),
        ('(func (export "_initialize") (call $error (call $byte (i32.const 65))))', InitFailed),
        ('(memory 1) (data (i32.const 65536) "x")', InitFailed),
        ('(memory 1) (func (export "_initialize") (drop (memory.grow (i32.const 9999))))', OutOfMemory),
    ],
)
def test_a_start_up_that_fails_says_why(make: Make, body: str, error: type[PlugbayError]) -> None:
    with pytest.raises(error) as caught:
        make(body)
    assert caught.value.plugin == "guest"


def test_a_start_up_may_call_host_functions(make: Make) -> None:
    calls: list[str] = []

    @host_function
    def hello(text: str) -> None:
        calls.append(text)

    make(
        '(func (export "_initialize") (call $hello (call $byte (i32.const 65))))',
        imports='(import "extism:host/user" "hello" (func $hello (param i64)))',
        functions=(hello,),
    )
    assert calls == ["A"]


def test_haskells_start_up_is_refused(load: Load) -> None:
    with pytest.raises(ConfigInvalid, match="hs_init") as caught:
        load('(func (export "hs_init") (param i32 i32))')
    assert (caught.value.limit, caught.value.hint) == ("deadline", "use the wasmtime engine")


def test_names_of_the_hosts_own_are_refused(load: Load) -> None:
    with pytest.raises(InvalidBinary, match="plugbay:absent"):
        load('(func (export "plugbay:absent"))')


@pytest.mark.parametrize(
    ("body", "limits"),
    [("(memory 3)", Limits(memory_pages=2)), ("(table 11 funcref)", Limits(table_elements=10))],
)
def test_a_module_that_starts_over_a_limit_is_refused(load: Load, body: str, limits: Limits) -> None:
    with pytest.raises(TooLarge):
        load(body, limits=limits)

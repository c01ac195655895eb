"""Guests that trap: each trap has its own name, a backtrace, and ends one message only."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plugbay import Host, Message
from plugbay.errors import GuestTrap, PlugbayError

NONSENSE = "(i64.const 0)"
TABLE = """(table $t 4 funcref) (elem $segment func $alloc) (elem (i32.const 0) func $alloc)
  (type $nothing (func)) (data $bytes "0123456789")"""
OUT_OF_MEMORY = "out of bounds memory access"
OUT_OF_TABLE = "out of bounds table access"

TRAPS = {
    "unreachable": ("(unreachable)", "unreachable"),
    "division by zero": ("(i64.div_s (i64.const 1) (i64.const 0))", "integer divide by zero"),
    "remainder by zero": ("(i64.rem_u (i64.const 1) (i64.const 0))", "integer divide by zero"),
    "overflow of a division": ("(i64.div_s (i64.const 0x8000000000000000) (i64.const -1))", "integer overflow"),
    "conversion of infinity": ("(i64.trunc_f64_s (f64.const inf))", "integer overflow"),
    "conversion of NaN": ("(i64.trunc_f64_s (f64.const nan))", "invalid conversion to integer"),
    "load beyond memory": ("(i64.load (i32.const 65529))", OUT_OF_MEMORY),
    "load of a negative address": ("(i64.load (i32.const -1))", OUT_OF_MEMORY),
    "load with a huge offset": ("(i64.load offset=4294967295 (i32.const -1))", OUT_OF_MEMORY),
    "store beyond memory": (f"(i64.store (i32.const 65536) (i64.const 1)) {NONSENSE}", OUT_OF_MEMORY),
    "vector store beyond memory": (
        f"(v128.store (i32.const 65528) (v128.const i64x2 0 0)) {NONSENSE}",
        OUT_OF_MEMORY,
    ),
    "memory.copy": (f"(memory.copy (i32.const 0) (i32.const 1) (i32.const 65536)) {NONSENSE}", OUT_OF_MEMORY),
    "memory.fill": (f"(memory.fill (i32.const 65535) (i32.const 1) (i32.const -1)) {NONSENSE}", OUT_OF_MEMORY),
    "memory.init": (f"(memory.init $bytes (i32.const 0) (i32.const 5) (i32.const 6)) {NONSENSE}", OUT_OF_MEMORY),
    "memory.init of dropped data": (
        f"(data.drop $bytes) (memory.init $bytes (i32.const 0) (i32.const 0) (i32.const 1)) {NONSENSE}",
        OUT_OF_MEMORY,
    ),
    "table.get": (f"(drop (table.get $t (i32.const 4))) {NONSENSE}", OUT_OF_TABLE),
    "table.set": (f"(table.set $t (i32.const -1) (ref.null func)) {NONSENSE}", OUT_OF_TABLE),
    "table.fill": (f"(table.fill $t (i32.const 3) (ref.null func) (i32.const 2)) {NONSENSE}", OUT_OF_TABLE),
    "table.copy": (f"(table.copy $t $t (i32.const 2) (i32.const 0) (i32.const 4)) {NONSENSE}", OUT_OF_TABLE),
    "table.init of a dropped segment": (
        f"(elem.drop $segment) (table.init $t $segment (i32.const 0) (i32.const 0) (i32.const 1)) {NONSENSE}",
        OUT_OF_TABLE,
    ),
    "call beyond the table": (f"(call_indirect (type $nothing) (i32.const 4)) {NONSENSE}", OUT_OF_TABLE),
    "call of a null": (f"(call_indirect (type $nothing) (i32.const 2)) {NONSENSE}", "uninitialized element"),
    "call with another signature": (
        f"(call_indirect (type $nothing) (i32.const 0)) {NONSENSE}",
        "indirect call type mismatch",
    ),
}


@pytest.mark.parametrize(("body", "trap"), TRAPS.values(), ids=TRAPS)
def test_a_trap_is_named_and_ends_one_message_only(
    arena: Host,
    guest: Callable[..., bytes],
    strike: Callable[..., PlugbayError],
    way: str,
    body: str,
    trap: str,
) -> None:
    error = strike(arena.load(guest(body, extra=TABLE), name="hostile"), way)
    assert isinstance(error, GuestTrap)
    assert (error.trap, error.code) == (trap, "guest-trap")
    assert [frame.function for frame in error.frames] == ["evil_process", "process"]
    assert all(frame.offset > 8 for frame in error.frames)


def test_a_trap_in_the_allocator_is_traced_to_it(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], way: str
) -> None:
    error = strike(arena.load(guest(alloc="(unreachable)"), name="hostile"), way)
    assert isinstance(error, GuestTrap)
    assert [frame.function for frame in error.frames] == ["evil_alloc", "alloc"]


def test_a_trap_in_free_fails_the_message_whose_buffers_it_was_to_free(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], way: str
) -> None:
    error = strike(arena.load(guest(free="(unreachable)"), name="hostile"), way)
    assert isinstance(error, GuestTrap)
    assert [frame.function for frame in error.frames] == ["evil_free", "free"]


def test_a_trap_says_what_was_logged_before_it(
    arena: Host, guest: Callable[..., bytes], evil: Message, strike: Callable[..., PlugbayError]
) -> None:
    body = "(call $log (i32.const 4) (i32.const 64) (i32.const 5)) (unreachable)"
    module = guest(
        body,
        imports='(import "env" "log" (func $log (param i32 i32 i32)))',
        extra='(data (i32.const 64) "oh no")',
    )
    plugin = arena.load(module, name="hostile")
    outcome = plugin.process(evil)
    assert isinstance(outcome.error, GuestTrap)
    assert [(record.level, record.text) for record in outcome.logs] == [("error", "oh no")]


@pytest.mark.parametrize("size", [1, 4, 7, 8, 64])
def test_an_output_that_looks_like_records_is_not_taken_for_them_when_free_traps(
    arena: Host, guest: Callable[..., bytes], evil: Message, size: int
) -> None:
    # The output begins like a record of an emitted message and goes on like a log line.
    log = "(call $log (i32.const 2) (i32.const 128) (i32.const {}))"
    module = guest(
        f"{log.format(6)} (call $pack (i32.const 64) (i32.const {size}))",
        free=f"{log.format(5)} (unreachable)",
        imports='(import "env" "log" (func $log (param i32 i32 i32)))',
        extra=r"""(data (i32.const 64) "\10\00\00\00\00\00\00\00\04\00\00\00\05\00\00\00false")
          (data (i32.const 128) "honest")""",
    )
    plugin = arena.load(module, name="hostile")
    for outcome in (plugin.process(evil), plugin.process_many([evil])[0]):
        assert isinstance(outcome.error, GuestTrap)
        assert [text for _, text in outcome.logs] == ["honest", "hones"]
    with pytest.raises(GuestTrap):
        plugin.call("process", evil.to_cbor())

"""Guests whose pointers lie: results and buffers beyond memory, on top of each other, or scribbled over by free."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plugbay import Host, Limits, Message, Permissions
from plugbay.errors import GuestTrap, OutOfMemory, OutputOverlapsInput, OutputTooLarge, PlugbayError, PointerOutOfBounds

WILD = {
    "the byte after memory": (65536, 1),
    "memory and one byte more": (0, 65537),
    "the last byte and one more": (65535, 2),
    "the highest address": (0xFFFFFFFF, 1),
    "a sum that overflows 32 bits": (0xFFFFFFFF, 0xFFFFFFFF),
    "a sum that overflows to the start of memory": (0xFFFFFFF0, 0x20),
    "a length of all ones": (0, 0xFFFFFFFF),
    "a length that is negative when signed": (64, 0x80000000),
}


def _result(pointer: int, length: int) -> str:
    return f"(call $pack (i32.const {pointer}) (i32.const {length}))"


@pytest.mark.parametrize(("pointer", "length"), WILD.values(), ids=WILD)
def test_a_result_beyond_memory_is_out_of_bounds(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], way: str, pointer: int, length: int
) -> None:
    error = strike(arena.load(guest(_result(pointer, length)), name="hostile"), way)
    assert isinstance(error, PointerOutOfBounds)
    assert isinstance(error, ValueError)
    assert str(length) in error.reason
    assert error.hint


def test_a_result_over_the_output_limit_is_too_large(
    arena: Host, guest: Callable[..., bytes], roomy: Limits, strike: Callable[..., PlugbayError], way: str
) -> None:
    module = guest(_result(65536, 65537), memory='(memory (export "memory") 3)')
    error = strike(arena.load(module, name="hostile", limits=roomy), way)
    assert isinstance(error, OutputTooLarge)
    assert (error.limit, error.expected, error.found) == ("output_bytes", 65536, 65537)
    assert error.hint


OVERLAPS = {
    "the input itself": "(call $pack (local.get $p) (local.get $n))",
    "its last byte": "(call $pack (i32.add (local.get $p) (i32.sub (local.get $n) (i32.const 1))) (i32.const 9))",
    "inside it": "(call $pack (i32.add (local.get $p) (i32.const 100)) (i32.const 1))",
    "all around it": "(call $pack (i32.sub (local.get $p) (i32.const 8)) (i32.add (local.get $n) (i32.const 16)))",
    "into its first byte": "(call $pack (i32.sub (local.get $p) (i32.const 8)) (i32.const 9))",
}


@pytest.mark.parametrize("body", OVERLAPS.values(), ids=OVERLAPS)
def test_a_result_in_the_input_would_be_freed_twice(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], way: str, body: str
) -> None:
    error = strike(arena.load(guest(body), name="hostile"), way)
    assert isinstance(error, OutputOverlapsInput)
    assert error.hint


ALLOCATIONS = {"the end of memory": 65536, "almost the end": 65536 - 332, "the highest address": -1, "halfway": 1 << 31}


@pytest.mark.parametrize("pointer", ALLOCATIONS.values(), ids=ALLOCATIONS)
def test_a_buffer_beyond_memory_is_never_written_to(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], way: str, pointer: int
) -> None:
    error = strike(arena.load(guest(alloc=f"(i32.const {pointer})"), name="hostile"), way)
    assert isinstance(error, PointerOutOfBounds)
    assert error.function == "alloc"


BUFFERS = {"misaligned": 40001, "the same each time": 40000, "the last bytes of memory": 65536 - 333}


@pytest.mark.parametrize("pointer", BUFFERS.values(), ids=BUFFERS)
def test_a_buffer_anywhere_in_memory_is_good(
    arena: Host, guest: Callable[..., bytes], evil: Message, pointer: int
) -> None:
    plugin = arena.load(guest(alloc=f"(i32.const {pointer})"), name="odd")
    outcomes = plugin.process_many([evil] * 5)
    assert [outcome.messages for outcome in outcomes] == [(("out", evil),)] * 5


def test_a_gear_whose_result_buffer_is_its_input_buffer_is_told_so(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], way: str
) -> None:
    body = "(call $pack (call $alloc (local.get $n)) (local.get $n))"
    error = strike(arena.load(guest(body, alloc="(i32.const 40000)"), name="hostile"), way)
    assert isinstance(error, OutputOverlapsInput)


SCRIBBLES = {
    "over all of memory": "(memory.fill (i32.const 0) (i32.const 255) (i32.const 65536))",
    "over what it is given": "(memory.fill (local.get $p) (i32.const 255) (local.get $n))",
    "and grows": "(memory.fill (i32.const 0) (i32.const 255) (i32.const 65536)) (drop (memory.grow (i32.const 1)))",
    "elsewhere": "(i64.store (i32.const 0) (i64.const -1)) (i64.store (i32.const 8192) (i64.const -1))",
}


@pytest.mark.parametrize("free", SCRIBBLES.values(), ids=SCRIBBLES)
def test_a_free_that_scribbles_harms_no_output(
    arena: Host, guest: Callable[..., bytes], evil: Message, good: Message, free: str
) -> None:
    plugin = arena.load(guest(free=free), name="scribbler")
    batch = [good, evil, good, evil]
    assert plugin.call_many("process", [message.to_cbor() for message in batch]) == [m.to_cbor() for m in batch]
    assert [outcome.messages for outcome in plugin.process_many(batch)] == [(("out", message),) for message in batch]
    assert plugin.process(evil).messages == (("out", evil),)


def test_a_process_that_scribbles_over_its_own_memory_harms_nobody_else(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], way: str
) -> None:
    body = "(memory.fill (i32.const 0) (i32.const 255) (i32.const 65536)) (unreachable)"
    assert isinstance(strike(arena.load(guest(body), name="hostile"), way), GuestTrap)


ANSWER_BUFFERS = {
    "beyond memory": ("(i32.const 65536)", PointerOutOfBounds),
    "traps": ("(unreachable)", GuestTrap),
    "grows for ever": (
        "(loop $on (br_if $on (i32.ne (i32.const -1) (memory.grow (i32.const 1))))) (unreachable)",
        OutOfMemory,
    ),
}
KV_GET = '(import "env" "flux_kv_get" (func $kv_get (param i32 i32) (result i64)))'
KV_PUT = '(import "env" "flux_kv_put" (func $kv_put (param i32 i32 i32 i32) (result i32)))'


@pytest.mark.parametrize(("alloc", "expected"), ANSWER_BUFFERS.values(), ids=ANSWER_BUFFERS)
def test_an_allocator_that_fails_for_an_answer_of_the_host_fails_the_message(
    arena: Host,
    guest: Callable[..., bytes],
    strike: Callable[..., PlugbayError],
    way: str,
    alloc: str,
    expected: type[PlugbayError],
) -> None:
    body = """(drop (call $kv_put (i32.const 0) (i32.const 1) (local.get $p) (local.get $n)))
      (global.set $asks (i32.const 1))
      (call $kv_get (i32.const 0) (i32.const 1))"""
    choose = "(if (result i32) (global.get $asks) (then {}) (else (call $bump (local.get $n))))"
    module = guest(
        body,
        alloc=choose.format(alloc),
        imports=KV_GET + KV_PUT,
        extra='(global $asks (mut i32) (i32.const 0)) (data (i32.const 0) "k")',
    )
    error = strike(arena.load(module, name="hostile", permissions=Permissions(state=True)), way)
    assert isinstance(error, expected)


REQUESTS = {
    "a key beyond memory": "(drop (call $kv_get (i32.const 65536) (i32.const 1)))",
    "a key that wraps around": "(drop (call $kv_get (i32.const -8) (i32.const 16)))",
    "a value beyond memory": "(drop (call $kv_put (i32.const 0) (i32.const 1) (i32.const 65535) (i32.const 2)))",
    "both beyond memory": "(drop (call $kv_put (i32.const -1) (i32.const 2) (i32.const -1) (i32.const 2)))",
}


@pytest.mark.parametrize("request_body", REQUESTS.values(), ids=REQUESTS)
def test_a_request_to_the_host_with_a_wild_pointer_traps(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], way: str, request_body: str
) -> None:
    module = guest(f"{request_body} (i64.const 0)", imports=KV_GET + KV_PUT)
    error = strike(arena.load(module, name="hostile", permissions=Permissions(state=True)), way)
    assert isinstance(error, GuestTrap)
    assert error.trap == "out of bounds memory access"
    assert [frame.function for frame in error.frames] == ["evil_process", "process"]

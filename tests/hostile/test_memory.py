"""Guests that want everything: linear memory, tables, the native stack."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plugbay import Host, Limits, Message
from plugbay.errors import AllocationFailed, GuestTrap, OutOfMemory, PlugbayError, TooLarge

GROW_UNTIL_REFUSED = "(loop $on (br_if $on (i32.ne (i32.const -1) (memory.grow (i32.const {step})))))"
BOMB = GROW_UNTIL_REFUSED.format(step=1) + " (unreachable)"


def _out_of_memory(error: PlugbayError, pages: int) -> None:
    assert isinstance(error, OutOfMemory)
    assert isinstance(error, MemoryError)
    assert (error.limit, error.expected) == ("memory_pages", pages)
    assert error.hint


@pytest.mark.parametrize("step", [1, 7, 15])
def test_a_guest_that_aborts_at_the_limit_of_its_memory_is_out_of_memory(
    arena: Host, guest: Callable[..., bytes], roomy: Limits, strike: Callable[..., PlugbayError], way: str, step: int
) -> None:
    body = GROW_UNTIL_REFUSED.format(step=step) + GROW_UNTIL_REFUSED.format(step=1) + " (unreachable)"
    plugin = arena.load(guest(body), name="hostile", limits=roomy)
    _out_of_memory(strike(plugin, way), roomy.memory_pages)


def test_a_guest_that_grew_to_its_limit_and_goes_on_is_served(
    arena: Host, guest: Callable[..., bytes], roomy: Limits, evil: Message
) -> None:
    body = GROW_UNTIL_REFUSED.format(step=1) + "(drop (memory.size)) (call $copy (local.get $p) (local.get $n))"
    plugin = arena.load(guest(body), name="greedy", limits=roomy)
    assert [plugin.process(evil).messages for _ in range(3)] == [(("out", evil),)] * 3


@pytest.mark.parametrize("pages", ["65535", "65536", "-1", "16"])
def test_growing_over_the_limit_at_once_fails_the_way_the_specification_says(
    arena: Host, guest: Callable[..., bytes], roomy: Limits, evil: Message, pages: str
) -> None:
    body = f"""(if (i32.ne (i32.const -1) (memory.grow (i32.const {pages}))) (then (unreachable)))
      (if (i32.ne (i32.const 1) (memory.size)) (then (unreachable)))
      (call $copy (local.get $p) (local.get $n))"""
    plugin = arena.load(guest(body), name="modest", limits=roomy)
    assert plugin.process(evil).messages == (("out", evil),)


def test_a_guest_that_keeps_growing_with_each_message_is_replaced_when_it_runs_out(
    arena: Host, guest: Callable[..., bytes], roomy: Limits, evil: Message, good: Message
) -> None:
    body = """(if (i32.eq (i32.const -1) (memory.grow (i32.const 3))) (then (unreachable)))
      (call $copy (local.get $p) (local.get $n))"""
    plugin = arena.load(guest(body), name="leaking", limits=roomy)
    outcomes = plugin.process_many([evil] * 12)
    # 16 pages are one and five times three; the sixth message finds none left and the next starts afresh.
    assert [index for index, outcome in enumerate(outcomes) if outcome.error is not None] == [5, 11]
    for index in (5, 11):
        _out_of_memory(outcomes[index].error or AssertionError(), roomy.memory_pages)  # type: ignore[arg-type] # see above
    assert plugin.process(good).messages == (("out", good),)


def test_an_allocator_that_is_full_is_out_of_memory_too(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], way: str
) -> None:
    error = strike(arena.load(guest(alloc="(i32.const 0)"), name="hostile"), way)
    assert isinstance(error, AllocationFailed)
    assert (error.limit, error.function) == ("memory_pages", "alloc")
    assert error.hint


START_BOMBS = {
    "start function": f"(func $start {BOMB}) (start $start)",
    "_initialize": f'(func (export "_initialize") {BOMB})',
}


@pytest.mark.parametrize("extra", START_BOMBS.values(), ids=START_BOMBS)
def test_a_memory_bomb_in_the_start_up_is_out_of_memory(
    guest: Callable[..., bytes], roomy: Limits, refusal: Callable[..., PlugbayError], extra: str
) -> None:
    error = refusal(guest(extra=extra), limits=roomy)
    _out_of_memory(error, roomy.memory_pages)
    assert error.plugin == "hostile"


@pytest.mark.parametrize("minimum", [17, 65536])
def test_a_memory_that_starts_over_the_limit_is_refused_before_anything_is_compiled(
    guest: Callable[..., bytes], roomy: Limits, refusal: Callable[..., PlugbayError], minimum: int
) -> None:
    error = refusal(guest(memory=f'(memory (export "memory") {minimum})'), limits=roomy)
    assert isinstance(error, TooLarge)
    assert (error.limit, error.expected, error.found) == ("memory_pages", 16, minimum)
    assert error.hint


def test_a_table_can_not_grow_over_the_limit(
    arena: Host, guest: Callable[..., bytes], roomy: Limits, strike: Callable[..., PlugbayError], way: str
) -> None:
    body = """(loop $on (br_if $on (i32.ne (i32.const -1) (table.grow $t (ref.null func) (i32.const 9)))))
      (if (i32.gt_u (table.size $t) (i32.const 100)) (then (return (i64.const 0))))
      (unreachable)"""
    plugin = arena.load(guest(body, extra="(table $t 1 funcref)"), name="hostile", limits=roomy)
    error = strike(plugin, way)
    assert isinstance(error, GuestTrap)
    assert error.trap == "unreachable"


@pytest.mark.parametrize("minimum", [101, 10_000_000])
def test_a_table_that_starts_over_the_limit_is_refused(
    guest: Callable[..., bytes], roomy: Limits, refusal: Callable[..., PlugbayError], minimum: int
) -> None:
    error = refusal(guest(extra=f"(table {minimum} funcref)"), limits=roomy)
    assert isinstance(error, TooLarge)
    assert (error.plugin, error.limit) == ("hostile", "table_elements")
    assert error.hint


def test_many_tables_count_together(
    guest: Callable[..., bytes], roomy: Limits, refusal: Callable[..., PlugbayError]
) -> None:
    error = refusal(guest(extra="(table 60 funcref) " * 2), limits=roomy)
    assert (error.plugin, error.limit) == ("hostile", "table_elements")


RECURSIONS = {
    "plain": "(func $deep (param i64) (result i64) (i64.add (i64.const 1) (call $deep (local.get 0))))",
    "with many locals": f"""(func $deep (param i64) (result i64) (local {"i64 " * 2000})
      (i64.add (local.get 1999) (call $deep (local.get 0))))""",
    "mutual": """(func $deep (param i64) (result i64) (i64.add (i64.const 1) (call $other (local.get 0))))
      (func $other (param i64) (result i64) (i64.add (i64.const 1) (call $deep (local.get 0))))""",
    "through a table": """(table 1 funcref) (elem (i32.const 0) $deep) (type $same (func (param i64) (result i64)))
      (func $deep (param i64) (result i64)
        (i64.add (i64.const 1) (call_indirect (type $same) (local.get 0) (i32.const 0))))""",
}


@pytest.mark.parametrize("extra", RECURSIONS.values(), ids=RECURSIONS)
def test_deep_recursion_ends_at_the_stack_limit(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], way: str, extra: str
) -> None:
    error = strike(arena.load(guest("(call $deep (i64.const 0))", extra=extra), name="hostile"), way)
    assert isinstance(error, GuestTrap)
    assert (error.trap, error.limit) == ("call stack exhausted", "stack_bytes")
    assert error.hint


@pytest.mark.parametrize("stack", [16 * 1024, 2 * 1024 * 1024])
def test_the_stack_limit_holds_at_both_ends_of_its_range(
    arena: Host, guest: Callable[..., bytes], roomy: Limits, strike: Callable[..., PlugbayError], stack: int
) -> None:
    module = guest("(call $deep (i64.const 0))", extra=RECURSIONS["plain"])
    plugin = arena.load(module, name="hostile", limits=roomy.with_changes(stack_bytes=stack))
    error = strike(plugin, "process")
    assert isinstance(error, GuestTrap)
    assert error.trap == "call stack exhausted"


def test_recursion_through_the_allocator_of_an_answer_is_bounded(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], way: str
) -> None:
    error = strike(arena.load(guest(alloc="(call $alloc (local.get $n))"), name="hostile"), way)
    assert isinstance(error, GuestTrap)
    assert error.trap == "call stack exhausted"

"""Guests that never come back: the deadline stops them wherever they are, or their fuel runs out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plugbay import Host, Limits, Message, Permissions
from plugbay.errors import DeadlineExceeded, OutOfFuel, PlugbayError

FOREVER = "(loop $forever (br $forever))"
FUEL = 200_000
LOG = '(import "env" "log" (func $log (param i32 i32 i32)))'
KV_GET = '(import "env" "flux_kv_get" (func $kv_get (param i32 i32) (result i64)))'

LOOPS: dict[str, dict[str, str]] = {
    "in process": {"process": f"{FOREVER} (unreachable)"},
    "in alloc": {"alloc": f"{FOREVER} (unreachable)"},
    "in free": {"free": FOREVER},
    "in a function that it calls through its table": {
        "process": "(call_indirect (type $nothing) (i32.const 0)) (unreachable)",
        "extra": f"(type $nothing (func)) (table 1 funcref) (elem (i32.const 0) $spin) (func $spin {FOREVER})",
    },
    "between two functions that return": {
        "process": "(loop $on (call $idle) (br $on)) (unreachable)",
        "extra": "(func $idle)",
    },
    "over log lines that cost nothing": {
        "process": "(loop $on (call $log (i32.const 1) (i32.const 0) (i32.const -1)) (br $on)) (unreachable)",
        "imports": LOG,
    },
    "over requests to the host": {
        "process": "(loop $on (drop (call $kv_get (i32.const 0) (i32.const 1))) (br $on)) (unreachable)",
        "imports": KV_GET,
    },
    "in one long memory.fill after the other": {
        "process": "(loop $on (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br $on)) (unreachable)"
    },
}


def _loop_stopped(error: PlugbayError, limits: Limits) -> None:
    assert isinstance(error, DeadlineExceeded)
    assert isinstance(error, TimeoutError)
    assert (error.limit, error.expected) == ("deadline", limits.deadline)
    assert error.hint


@pytest.mark.parametrize("parts", LOOPS.values(), ids=LOOPS)
def test_an_endless_loop_is_stopped_by_the_deadline(
    arena: Host,
    guest: Callable[..., bytes],
    hasty: Limits,
    strike: Callable[..., PlugbayError],
    parts: dict[str, str],
) -> None:
    # Without the permission to log, lines are not counted; with the one for state, requests are answered.
    granted = Permissions(log=False, state=True)
    plugin = arena.load(guest(**parts), name="hostile", limits=hasty, permissions=granted)
    _loop_stopped(strike(plugin, "process_many"), hasty)


def test_an_endless_loop_is_stopped_whichever_way_its_message_was_sent(
    arena: Host, guest: Callable[..., bytes], hasty: Limits, strike: Callable[..., PlugbayError], way: str
) -> None:
    plugin = arena.load(guest(**LOOPS["in process"]), name="hostile", limits=hasty)
    _loop_stopped(strike(plugin, way), hasty)


STARTS = {
    "start function": f"(func $start {FOREVER}) (start $start)",
    "_initialize": f'(func (export "_initialize") {FOREVER})',
    "both": f'(func $start) (start $start) (func (export "_initialize") {FOREVER})',
}


@pytest.mark.parametrize("extra", STARTS.values(), ids=STARTS)
def test_an_endless_start_up_is_stopped_while_loading(
    guest: Callable[..., bytes], hasty: Limits, refusal: Callable[..., PlugbayError], extra: str
) -> None:
    error = refusal(guest(extra=extra), limits=hasty)
    _loop_stopped(error, hasty)
    assert error.plugin == "hostile"


def test_start_up_has_its_share_of_fuel(
    guest: Callable[..., bytes], roomy: Limits, refusal: Callable[..., PlugbayError]
) -> None:
    error = refusal(guest(extra=STARTS["start function"]), limits=roomy.with_changes(fuel=FUEL))
    assert isinstance(error, OutOfFuel)
    assert (error.plugin, error.limit, error.expected) == ("hostile", "fuel", FUEL)


@pytest.mark.parametrize("parts", [LOOPS[name] for name in ("in process", "in alloc", "in free")])
def test_a_loop_burns_its_fuel_before_its_deadline(
    arena: Host,
    guest: Callable[..., bytes],
    roomy: Limits,
    strike: Callable[..., PlugbayError],
    way: str,
    parts: dict[str, str],
) -> None:
    plugin = arena.load(guest(**parts), name="hostile", limits=roomy.with_changes(fuel=FUEL))
    error = strike(plugin, way)
    assert isinstance(error, OutOfFuel)
    assert (error.limit, error.expected) == ("fuel", FUEL)
    assert error.hint


def test_each_message_has_the_whole_fuel(
    arena: Host, guest: Callable[..., bytes], roomy: Limits, good: Message
) -> None:
    plugin = arena.load(guest(), name="frugal", limits=roomy.with_changes(fuel=5000))
    used = {outcome.raise_for_error().fuel for outcome in plugin.process_many([good] * 100)}
    assert len(used) == 1
    assert all(fuel is not None and 0 < fuel < 5000 for fuel in used)


def test_the_deadline_is_of_each_message_not_of_the_batch(
    arena: Host, guest: Callable[..., bytes], evil: Message, good: Message, hasty: Limits
) -> None:
    # Every good message counts to 3,000,000, which takes a few milliseconds; together they take many deadlines.
    count = """(local $i i32)
      (loop $on (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $on (i32.ne (i32.const 3000000) (call $same (local.get $i)))))"""
    module = guest(
        f"{FOREVER} (unreachable)",
        extra=f"""(func $same (param i32) (result i32) (local.get 0))
          (func $slow (export "slow") (param $p i32) (param $n i32) (result i64) {count}
            (call $process (local.get $p) (local.get $n)))""",
    )
    plugin = arena.load(module, name="steady", limits=hasty, config={"entrypoint": "slow"})
    batch = [good] * 40 + [evil] + [good] * 40
    outcomes = plugin.process_many(batch)
    failed = [index for index, outcome in enumerate(outcomes) if outcome.error is not None]
    assert failed == [40]
    assert isinstance(outcomes[40].error, DeadlineExceeded)
    assert [outcome.messages for outcome in outcomes if outcome.error is None] == [(("out", good),)] * 80

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from plugbay import Host, Limits, Message
from plugbay.errors import (
    DeadlineExceeded,
    ForbiddenImport,
    GuestTrap,
    InitFailed,
    OutOfFuel,
    OutOfMemory,
    PlugbayError,
    TooLarge,
)

Gear = Callable[..., bytes]

LOG = '(import "env" "log" (func $log (param i32 i32 i32)))'
COUNTS = """
  (global $started (mut i32) (i32.const 0))
  (global $initialized (mut i32) (i32.const 0))
  (func $start (global.set $started (i32.add (global.get $started) (i32.const 1))))
  (start $start)
  (func (export "_initialize")
    ;; The start function comes first: an initializer that finds it undone counts as many.
    (global.set $initialized (i32.add (global.get $initialized)
      (select (i32.const 1) (i32.const 100) (i32.eq (global.get $started) (i32.const 1))))))
"""
BOTH = "(call $number (i32.add (i32.mul (i32.const 1000) (global.get $initialized)) (global.get $started)))"


def number(answer: bytes) -> int:
    return int.from_bytes(answer, "little", signed=True)


def test_start_and_initialize_run_once_per_instance_in_order_before_the_first_message(host: Host, gear: Gear) -> None:
    plugin = host.load(gear(BOTH, extra=COUNTS))
    assert [number(plugin.call("process", b"x")) for _ in range(3)] == [1001] * 3
    assert list(map(number, plugin.call_many("process", [b"x"] * 3))) == [1001] * 3


def test_a_replaced_instance_starts_anew(host: Host, gear: Gear) -> None:
    body = f"(if (i32.eq (i32.load8_u (local.get $p)) (i32.const 88)) (then (unreachable))) {BOTH}"
    plugin = host.load(gear(body, extra=COUNTS))
    with pytest.raises(GuestTrap):
        plugin.call("process", b"X")
    assert number(plugin.call("process", b"x")) == 1001


def test_what_a_start_function_logs_is_delivered_once(host: Host, gear: Gear, caplog: pytest.LogCaptureFixture) -> None:
    extra = """
      (data (i32.const 16) "starting")
      (func $start (call $log (i32.const 3) (i32.const 16) (i32.const 8)))
      (start $start)"""
    with caplog.at_level(logging.DEBUG, "plugbay.guest"):
        plugin = host.load(gear(imports=LOG, extra=extra), name="starter")
        outcome = plugin.process(Message.new())
    assert outcome.logs == ()
    assert [(record.name, record.levelno, record.message) for record in caplog.records] == [
        ("plugbay.guest.starter", logging.WARNING, "starting")
    ]


@pytest.mark.parametrize("where", ["(func $s {}) (start $s)", '(func (export "_initialize") {})'])
@pytest.mark.parametrize(
    ("body", "limits", "error"),
    [
        ("(unreachable)", Limits(), InitFailed),
        ("(loop $again (br $again))", Limits(deadline=0.05), DeadlineExceeded),
        ("(loop $again (br $again))", Limits(fuel=5000), OutOfFuel),
    ],
)
def test_a_start_up_that_fails_is_refused_at_load(
    host: Host, gear: Gear, where: str, body: str, limits: Limits, error: type[PlugbayError]
) -> None:
    wasm = gear(extra=where.replace("{}", body))
    for _ in range(2):
        with pytest.raises(error):
            host.load(wasm, limits=limits)


# ---- memory ----------------------------------------------------------------------------------------------------------

GROW = "(call $number (memory.grow (i32.load8_u (local.get $p))))"
SIZE = "(call $number (memory.size))"


def grow(pages: int) -> bytes:
    return bytes([pages])


def test_memory_grows_to_the_limit_and_not_a_page_further(host: Host, gear: Gear) -> None:
    plugin = host.load(gear(GROW), limits=Limits(memory_pages=10))
    assert number(plugin.call("process", grow(5))) == 1
    assert number(plugin.call("process", grow(5))) == -1
    assert number(plugin.call("process", grow(4))) == 6
    assert number(plugin.call("process", grow(1))) == -1
    assert number(plugin.call("process", grow(0))) == 10


@pytest.mark.parametrize(
    ("declared", "limit", "last"), [("1 4", 10, 4), ("1 40", 10, 10), ("1", 10, 10), ("3 3", 3, 3), ("0 2", 5, 2)]
)
def test_the_lower_of_two_maxima_holds(host: Host, gear: Gear, declared: str, limit: int, last: int) -> None:
    plugin = host.load(gear(GROW, pages=declared), limits=Limits(memory_pages=limit))
    answers = [number(plugin.call("process", grow(1))) for _ in range(limit + 1)]
    assert max(answers) + 1 == last or (last, max(answers)) == (3, -1)
    assert answers[-1] == -1
    assert number(plugin.call("process", grow(0))) == last


def test_a_memory_that_starts_over_the_limit_is_refused(host: Host, gear: Gear) -> None:
    with pytest.raises(TooLarge, match="starts with 11 pages, over the limit of 10") as caught:
        host.load(gear(pages="11"), limits=Limits(memory_pages=10))
    assert (caught.value.limit, caught.value.expected, caught.value.found) == ("memory_pages", 10, 11)
    assert host.load(gear(pages="10"), limits=Limits(memory_pages=10)).call("process", b"x") == b"x"


def test_a_guest_that_aborts_at_its_memory_limit_ran_out_of_memory(host: Host, gear: Gear) -> None:
    body = """
      (loop $more (br_if $more (i32.ne (i32.const -1) (memory.grow (i32.const 1)))))
      (unreachable)"""
    plugin = host.load(gear(body), limits=Limits(memory_pages=10))
    with pytest.raises(OutOfMemory) as caught:
        plugin.call("process", b"x")
    assert caught.value.limit == "memory_pages"
    assert isinstance(caught.value.__cause__, GuestTrap)


def test_tables_stay_within_their_limit(host: Host, gear: Gear) -> None:
    body = "(call $number (table.grow $t (ref.null func) (i32.load8_u (local.get $p))))"
    plugin = host.load(gear(body, extra="(table $t 1 funcref)"), limits=Limits(table_elements=100))
    assert number(plugin.call("process", grow(99))) == 1
    assert number(plugin.call("process", grow(1))) == -1
    with pytest.raises(TooLarge):
        host.load(gear(extra="(table $t 101 funcref)"), limits=Limits(table_elements=100))


# ---- stack, fuel -----------------------------------------------------------------------------------------------------

RECURSE = """
  (func $down (param $n i32) (result i32)
    (if (result i32) (local.get $n)
      (then (i32.add (i32.const 1) (call $down (i32.sub (local.get $n) (i32.const 1)))))
      (else (i32.const 0))))
"""
DOWN = "(call $number (call $down (i32.load (local.get $p))))"


def depth(levels: int) -> bytes:
    return levels.to_bytes(4, "little")


def test_the_stack_limit_bounds_recursion(host: Host, gear: Gear) -> None:
    wasm = gear(DOWN, extra=RECURSE)
    small = host.load(wasm, limits=Limits(stack_bytes=16 * 1024), name="small")
    large = host.load(wasm, limits=Limits(stack_bytes=1024 * 1024), name="large")
    assert number(large.call("process", depth(5000))) == 5000
    with pytest.raises(GuestTrap, match="call stack exhausted"):
        small.call("process", depth(5000))
    assert number(small.call("process", depth(10))) == 10
    with pytest.raises(GuestTrap, match="call stack exhausted"):
        large.call("process", depth(10**6))


def test_fuel_is_counted_for_each_message_anew(host: Host, gear: Gear) -> None:
    wasm = gear(DOWN, extra=RECURSE)
    plugin = host.load(wasm, limits=Limits(fuel=10_000))
    for _ in range(50):  # together far more than 10,000
        assert number(plugin.call("process", depth(100))) == 100
    assert list(map(number, plugin.call_many("process", [depth(100)] * 50))) == [100] * 50
    with pytest.raises(OutOfFuel):
        plugin.call("process", depth(5000))
    assert number(plugin.call("process", depth(100))) == 100


def test_an_outcome_says_how_much_fuel_it_took(host: Host, echo_gear: bytes) -> None:
    message = Message.new()
    metered = host.load(echo_gear, limits=Limits(fuel=10_000))
    first, second = metered.process_many([message, message])
    assert first.fuel is not None
    assert 0 < first.fuel < 10_000
    assert second.fuel == first.fuel
    assert host.load(echo_gear).process(message).fuel is None


# ---- imports ---------------------------------------------------------------------------------------------------------


def test_an_import_that_nobody_provides_is_named(host: Host, gear: Gear) -> None:
    with pytest.raises(ForbiddenImport, match=r"env\.exec"):
        host.load(gear(imports='(import "env" "exec" (func (param i32)))'))


def test_an_import_may_appear_twice(host: Host, gear: Gear) -> None:
    twice = LOG + LOG.replace("$log", "$again")
    body = """(call $again (i32.const 2) (i32.const 16) (i32.const 2))
              (call $log (i32.const 2) (i32.const 17) (i32.const 1)) (call $copy (local.get $p) (local.get $n))"""
    plugin = host.load(gear(body, imports=twice, extra='(data (i32.const 16) "ab")'))
    assert [line.text for line in plugin.process(Message.new()).logs] == ["ab", "b"]

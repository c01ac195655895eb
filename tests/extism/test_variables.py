"""Variables: what a plugin keeps from call to call, whatever happens to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.extism.conftest import Load
from tests.extism.script import Puppet, Script

from plugbay import Limits
from plugbay.errors import (
    DeadlineExceeded,
    GuestError,
    GuestExit,
    GuestTrap,
    PlugbayError,
    VariableStoreFull,
)

MakePuppet = Callable[..., Puppet]
OVERHEAD = 48
"""Bytes that libextism counts for each variable beside its key and value."""


def setting(key: bytes, value: bytes | None, then: str = "", *arguments: int) -> Script:
    """A script that sets a variable, and then does one thing more."""
    script = Script()
    script.set_var(key, value)
    if then:
        script.call(then, *arguments)
    return script


def run(guest: Puppet, script: Script, function: str = "run") -> bytes:
    return guest.plugin.call(function, script.encode())


# ---- get and set -----------------------------------------------------------------------------------------------------
def test_a_variable_is_there_in_the_next_call(puppet: MakePuppet) -> None:
    guest = puppet()
    assert guest.var(b"k") is None
    for value in (b"v", b"a longer value", b"", b"x" * 100_000, b"\x00\xff"):
        run(guest, setting(b"k", value or None))
        assert guest.var(b"k") == (value or None)


def test_keys_differ_by_every_byte(puppet: MakePuppet) -> None:
    guest = puppet()
    keys = [b"a", b"b", b"ab", b"ba", b"a\x00", b"\x00a", b"A", "é".encode(), b"a" * 5000, b"a" * 4999 + b"b"]
    for key in keys:
        run(guest, setting(key, b"value of " + key))
    assert [guest.var(key) for key in keys] == [b"value of " + key for key in keys]


def test_a_variable_that_is_removed_is_gone(puppet: MakePuppet) -> None:
    guest = puppet()
    run(guest, setting(b"k", b"v"))
    run(guest, setting(b"k", None))
    run(guest, setting(b"never there", None))
    assert guest.var(b"k") is None
    run(guest, setting(b"k", b"again"))
    assert guest.var(b"k") == b"again"


def test_a_value_that_is_read_is_a_copy(puppet: MakePuppet) -> None:
    guest = puppet()
    run(guest, setting(b"k", b"safe"))
    script = Script()
    script.call("store_u8", script.call("var_get", script.block(b"k")), 0, ord("X"))
    run(guest, script)
    assert guest.var(b"k") == b"safe"


@pytest.mark.only("wasmtime", why="libextism adds up all variables for each that is set")
def test_twenty_thousand_variables_that_grow_shrink_and_go(puppet: MakePuppet) -> None:
    guest = puppet(limits=Limits(var_bytes=64 * 1024 * 1024, deadline=60.0))
    count, half = 20_000, 10_000
    for size in (1, 100, 3, 700):
        script = Script()
        script.call("set_many", count, script.block(b"x" * size), 1)
        kept = script.call("count_many", count, script.call("alloc", size), 1)
        assert guest.run(script)[kept] == count
    for _ in range(3):
        script = Script()
        script.call("set_many", half, 0, 1)
        some = script.block(b"y" * 300)
        left = script.call("count_many", count, script.call("alloc", 700), 1)
        script.call("set_many", half, some, 1)
        back = script.call("count_many", count, some, 1)
        ran = guest.run(script)
        assert ran[left] == count - half
        assert ran[back] == half


def test_a_store_that_is_written_again_and_again_does_not_grow(puppet: MakePuppet) -> None:
    guest = puppet(limits=Limits(var_bytes=300_000, deadline=60.0))
    for turn in range(300):
        script = Script()
        script.call("set_many", 100, script.block(bytes([1 + turn % 250]) * (1 + 13 * (turn % 100))), 0)
        run(guest, script)
    script = Script()
    kept = script.call("count_many", 100, script.call("alloc", 1 + 13 * 99), 0)
    assert guest.run(script)[kept] == 100


# ---- how many --------------------------------------------------------------------------------------------------------
@pytest.mark.only("wasmtime", why="libextism's guest that was stopped takes its variables along")
@pytest.mark.parametrize("value", [b"v", b"v" * 1000])
def test_the_store_is_full_at_the_byte_that_libextism_counts(puppet: MakePuppet, value: bytes) -> None:
    cost = OVERHEAD + len(b"k0") + len(value)
    for spare, fitting in ((0, 3), (-1, 2), (cost - 1, 3), (cost, 4)):
        guest = puppet(limits=Limits(var_bytes=3 * cost + spare))
        for number in range(4):
            script = setting(b"k%d" % number, value)
            if number < fitting:
                run(guest, script)
            else:
                with pytest.raises(VariableStoreFull):
                    run(guest, script)
        assert [guest.var(b"k%d" % number) for number in range(4)] == [value] * fitting + [None] * (4 - fitting)


@pytest.mark.parametrize("value", [b"v", b"v" * 1000])
def test_three_variables_fit_or_not_by_a_byte(puppet: MakePuppet, value: bytes) -> None:
    cost = OVERHEAD + len(b"k0") + len(value)
    for spare in (0, -1):
        guest = puppet(limits=Limits(var_bytes=3 * cost + spare))
        run(guest, setting(b"k0", value))
        run(guest, setting(b"k1", value))
        third = setting(b"k2", value)
        if spare == 0:
            run(guest, third)
        else:
            with pytest.raises(VariableStoreFull):
                run(guest, third)


def test_a_value_that_is_replaced_counts_beside_the_new_one(puppet: MakePuppet) -> None:
    guest = puppet(limits=Limits(var_bytes=2 * (OVERHEAD + 1 + 10) - 1))
    run(guest, setting(b"k", b"x" * 10))
    with pytest.raises(VariableStoreFull):
        run(guest, setting(b"k", b"y" * 10))
    run(guest, setting(b"k", b"z" * 9))
    assert guest.var(b"k") == b"z" * 9


def test_what_is_removed_makes_room(puppet: MakePuppet) -> None:
    guest = puppet(limits=Limits(var_bytes=1000))
    for number in range(200):
        run(guest, setting(b"%d" % number, b"x" * 900))
        with pytest.raises(VariableStoreFull):
            run(guest, setting(b"other", b"y" * 100))
        run(guest, setting(b"%d" % number, None))
    assert guest.var(b"199") is None


@pytest.mark.only("wasmtime", why="libextism's guest that was stopped takes its variables along")
def test_a_full_store_fails_its_call_and_keeps_the_rest(puppet: MakePuppet) -> None:
    guest = puppet(limits=Limits(var_bytes=1000))
    script = setting(b"before", b"1")
    script.set_var(b"large", b"x" * 1000)
    script.set_var(b"after", b"2")
    with pytest.raises(VariableStoreFull) as caught:
        run(guest, script)
    assert caught.value.limit == "var_bytes"
    assert [guest.var(key) for key in (b"before", b"large", b"after")] == [b"1", None, None]


def test_no_variables_at_all(puppet: MakePuppet) -> None:
    guest = puppet(limits=Limits(var_bytes=0))
    assert guest.var(b"k") is None
    for value in (b"v", None):
        with pytest.raises(VariableStoreFull):
            run(guest, setting(b"k", value))


# ---- what they survive -----------------------------------------------------------------------------------------------
def fails(guest: Puppet, script: Script, error: type[PlugbayError], function: str = "run") -> None:
    with pytest.raises(error):
        run(guest, script, function)


@pytest.mark.only("wasmtime", why="libextism's guest that was stopped takes its variables along")
def test_variables_survive_what_ends_a_call(puppet: MakePuppet) -> None:
    guest = puppet(limits=Limits(deadline=0.2))
    fails(guest, setting(b"code", b"1"), GuestError, "run_to_code_7")
    fails(guest, setting(b"trap", b"2", "unreachable"), GuestTrap)
    fails(guest, setting(b"exit", b"3", "proc_exit", 3), GuestExit)
    run(guest, setting(b"exited well", b"4", "proc_exit", 0))
    script = setting(b"error", b"5")
    script.call("error_set", script.block(b"failed"))
    fails(guest, script, GuestError)
    fails(guest, setting(b"too late", b"6", "churn", 1 << 60, 8), DeadlineExceeded)
    script = setting(b"full", b"7")
    script.set_var(b"large", b"x" * 2_000_000)
    fails(guest, script, VariableStoreFull)
    keys = (b"code", b"trap", b"exit", b"exited well", b"error", b"too late", b"full")
    assert [guest.var(key) for key in keys] == [b"%d" % number for number in range(1, 8)]


@pytest.mark.only("wasmtime", why="libextism's guest that was stopped takes its variables along")
def test_variables_survive_many_traps_in_a_row(puppet: MakePuppet) -> None:
    guest = puppet()
    for number in range(50):
        fails(guest, setting(b"k%d" % number, b"x" * number * 100 or None, "unreachable"), GuestTrap)
    assert [guest.var(b"k%d" % number) for number in range(50)] == [b"x" * number * 100 or None for number in range(50)]
    fails(guest, setting(b"k7", None, "unreachable"), GuestTrap)
    assert guest.var(b"k7") is None


@pytest.mark.only("wasmtime", why="libextism's guest that was stopped takes its variables along")
def test_variables_survive_a_trap_in_a_batch(puppet: MakePuppet) -> None:
    guest = puppet()
    scripts = [setting(b"a", b"1"), setting(b"b", b"2", "unreachable"), setting(b"c", b"3", "proc_exit", 0)]
    with pytest.raises(PlugbayError):
        guest.plugin.call_many("run", [script.encode() for script in scripts])
    assert [guest.var(key) for key in (b"a", b"b", b"c")] == [b"1", b"2", b"3"]


@pytest.mark.only("wasmtime", why="libextism's guest that was stopped takes its variables along")
def test_limits_count_the_variables_of_a_replaced_instance(puppet: MakePuppet) -> None:
    guest = puppet(limits=Limits(var_bytes=2 * (OVERHEAD + 1 + 10)))
    fails(guest, setting(b"a", b"x" * 10, "unreachable"), GuestTrap)
    fails(guest, setting(b"b", b"x" * 10, "unreachable"), GuestTrap)
    fails(guest, setting(b"c", b"x"), VariableStoreFull)
    run(guest, setting(b"a", None))
    run(guest, setting(b"c", b"x"))
    assert (guest.var(b"a"), guest.var(b"b"), guest.var(b"c")) == (None, b"x" * 10, b"x")


def test_start_begins_without_variables_and_leaves_none(load: Load) -> None:
    guest = load("""
      (func $count (local $old i64)
        (local.set $old (call $var_get (call $block (i32.const 0) (i32.const 3))))
        (call $var_set (call $block (i32.const 0) (i32.const 3)) (call $block (i32.const 0) (i32.const 5)))
        (call $answer_u64 (call $length (local.get $old))))
      (func (export "_start") (call $count))
      (func (export "count") (call $count))""")
    five, none = (5).to_bytes(8, "little"), bytes(8)
    assert [guest.call("count", b"") for _ in range(2)] == [none, five]
    assert guest.call("_start", b"") == five
    assert [guest.call("_start", b"") for _ in range(3)] == [none] * 3
    assert guest.call_many("_start", [b""] * 3) == [none] * 3
    assert [guest.call("count", b"") for _ in range(2)] == [none, five]


def test_instances_have_variables_of_their_own(puppet: MakePuppet) -> None:
    one, two = puppet(), puppet()
    run(one, setting(b"k", b"one"))
    assert two.var(b"k") is None

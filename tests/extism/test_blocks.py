"""Blocks of memory and their handles."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from tests.extism.script import PAGES, U64, Puppet, Script

from plugbay import Limits
from plugbay.errors import InvalidHandle

MakePuppet = Callable[..., Puppet]
HEAP = Limits(memory_pages=PAGES)
"""Of 3 MiB, the guest's own memory being as large."""
HEAP_BYTES = PAGES * 65536
MISALIGNED, HUGE, BEYOND = 7, U64, 1 << 32
NO_HANDLES = (1, MISALIGNED, 33, 1 << 20, BEYOND, BEYOND + 32, 1 << 63, HUGE)


def test_a_block_is_as_long_as_was_asked(puppet: MakePuppet) -> None:
    sizes = [1, 7, 8, 31, 32, 33, 255, 256, 257, 4095, 65536, 1_000_000]
    script = Script()
    lengths = [script.call("length", script.call("alloc", size)) for size in sizes]
    unsafe = [script.call("length_unsafe", script.call("alloc", size)) for size in sizes]
    ran = puppet().run(script)
    assert [ran[length] for length in lengths] == [ran[length] for length in unsafe] == sizes


def test_blocks_do_not_overlap(puppet: MakePuppet) -> None:
    script = Script()
    sizes = [1, 100, 31, 32, 33, 4000, 8, 70_000, 5]
    blocks = [script.call("alloc", size) for size in sizes]
    ran = puppet().run(script)
    ranges = sorted((ran[block], ran[block] + size) for block, size in zip(blocks, sizes, strict=True))
    assert all(end <= start for (_, end), (start, _) in pairwise(ranges))


@pytest.mark.only("wasmtime", why="libextism stops a guest that is over its memory")
def test_nothing_and_too_much_is_the_null_handle(puppet: MakePuppet) -> None:
    script = Script()
    handles = [script.call("alloc", size) for size in (0, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 32) + 1, 1 << 63, U64)]
    ran = puppet(limits=HEAP).run(script)
    assert [ran[handle] for handle in handles] == [0] * len(handles)


@pytest.mark.only("wasmtime", why="libextism stops a guest that is over its memory")
def test_a_full_memory_is_the_null_handle_until_something_is_freed(puppet: MakePuppet) -> None:
    script = Script()
    first = script.call("alloc", 1_000_000)
    blocks = [script.call("alloc", 200_000) for _ in range(20)]
    script.call("free", first)
    again = script.call("alloc", 1_000_000)
    full = script.call("alloc", 1_000_000)
    ran = puppet(limits=HEAP).run(script)
    fitting = [ran[block] for block in blocks if ran[block]]
    assert 6 <= len(fitting) <= 10
    assert [ran[block] for block in blocks[len(fitting) :]] == [0] * (20 - len(fitting))
    assert ran[again] == ran[first]
    assert ran[full] == 0


@pytest.mark.only("wasmtime", why="libextism's memory holds more than the limit")
def test_a_full_memory_is_empty_again_in_the_next_call(puppet: MakePuppet) -> None:
    guest = puppet(limits=HEAP)
    for _ in range(3):
        script = Script()
        first = script.call("alloc", 1_000_000)
        second = script.call("alloc", 2_000_000)
        third = script.call("alloc", 2_000_000)
        ran = guest.run(script)
        assert ran[first]
        assert ran[second]
        assert not ran[third]


@pytest.mark.only("wasmtime", why="libextism's allocator takes the first block that is not much too large")
def test_a_freed_block_is_used_again(puppet: MakePuppet) -> None:
    for size in (1, 32, 100, 256, 1000, 65537, 900_000):
        script = Script()
        first = script.call("alloc", size)
        guard = script.call("alloc", 1)
        script.call("free", first)
        second = script.call("alloc", size)
        ran = puppet().run(script)
        assert ran[second] == ran[first], size
        assert ran[guard] not in (0, ran[first])


@pytest.mark.only("wasmtime", why="libextism splits no block")
def test_a_large_freed_block_is_split(puppet: MakePuppet) -> None:
    script = Script()
    large = script.call("alloc", 100_000)
    end = script.call("alloc", 1)
    script.call("free", large)
    parts = [script.call("alloc", size) for size in (40_000, 30_000, 64, 1000)]
    ran = puppet().run(script)
    assert all(ran[large] <= ran[part] < ran[end] for part in parts)


@pytest.mark.parametrize("size", [1, 33, 1000, 100_000])
def test_memory_stays_bounded_however_often_blocks_are_made(puppet: MakePuppet, size: int) -> None:
    script = Script()
    first = script.call("alloc", size)
    script.call("free", first)
    last = script.call("churn", 300_000 if size <= 1000 else 20_000, size)
    after = script.call("alloc", 1_000_000)
    ran = puppet(limits=HEAP.with_changes(deadline=60.0)).run(script)
    assert ran[last] == ran[first]
    assert ran[after]


@pytest.mark.only("wasmtime", why="libextism looks through all blocks for each handle")
def test_ten_million_blocks_are_made_and_freed_in_one_call(puppet: MakePuppet) -> None:
    script = Script()
    others = [script.call("alloc", 40) for _ in range(1000)]
    first = script.call("churn", 1, 40)
    last = script.call("churn", 10_000_000, 40)
    ran = puppet(limits=HEAP.with_changes(deadline=60.0)).run(script)
    assert ran[last] == ran[first]
    assert ran[last] not in [ran[other] for other in others]


def test_a_new_block_is_zeroed(puppet: MakePuppet) -> None:
    guest = puppet()
    for _ in range(2):  # also in the next call
        script = Script()
        script.call("keep", script.call("alloc", 1000))
        used = script.block(b"\xff" * 1000)
        script.call("free", used)
        again = script.call("alloc", 999)
        script.call("keep", again)
        ran = guest.run(script)
        assert ran.kept == (bytes(1000), bytes(999))


# ---- handles that are none -------------------------------------------------------------------------------------------
@pytest.mark.only("wasmtime", why="libextism reads beyond its memory")
def test_what_is_no_handle_has_no_length(puppet: MakePuppet) -> None:
    script = Script()
    block = script.call("alloc", 100)
    lengths = [script.call("length", handle) for handle in (0, *NO_HANDLES)]
    inside = [script.call("length", block + offset) for offset in (1, 8, 31, 32, 64, -1, -32, 1 << 32)]
    ran = puppet().run(script)
    assert [ran[length] for length in (*lengths, *inside)] == [0] * (len(lengths) + len(inside))


def test_a_freed_handle_is_dead_and_may_be_freed_again(puppet: MakePuppet) -> None:
    script = Script()
    block, other = script.block(b"gone"), script.block(b"stays")
    script.call("free", block)
    dead = script.call("length", block)
    script.call("free", block)
    script.call("free", block)
    one, two = script.block(b"one"), script.block(b"two")
    for each in (one, two, other):
        script.call("keep", each)
    ran = puppet().run(script)
    assert ran[dead] == 0
    assert ran[one] != ran[two]
    assert ran.kept == (b"one", b"two", b"stays")


@pytest.mark.only("wasmtime", why="libextism reads beyond its memory")
def test_freeing_what_is_no_handle_does_nothing(puppet: MakePuppet) -> None:
    script = Script()
    block = script.block(b"x" * 100)
    for handle in (0, *NO_HANDLES, block + 1, block + 32, block + (1 << 32)):
        script.call("free", handle)
    script.call("keep", block)
    assert puppet().run(script).kept == (b"x" * 100,)


def test_a_handle_is_dead_in_the_next_call(puppet: MakePuppet) -> None:
    guest = puppet()
    script = Script()
    for _ in range(20):
        script.call("alloc", 100)
    last = script.call("alloc", 100)
    handle = guest.run(script)[last]
    script = Script()
    length = script.call("length", handle)
    assert guest.run(script)[length] == 0


def refuses(guest: Puppet, operation: str, handle: int) -> None:
    script = Script()
    script.call(operation, handle)
    with pytest.raises(InvalidHandle):
        guest.plugin.call("run", script.encode())


@pytest.mark.only("wasmtime", why="libextism reads beyond its memory")
def test_blocks_of_an_earlier_call_are_not_found_inside_new_ones(puppet: MakePuppet) -> None:
    guest = puppet()
    script = Script()
    for _ in range(300):
        script.call("alloc", 1)
    guest.run(script)
    script = Script()
    large = script.call("alloc", 100_000)
    lengths = [script.call("length", large + offset) for offset in range(32, 320 * 32, 32)]
    assert {guest.run(script)[length] for length in lengths} == {0}


def test_what_the_kernel_is_given_it_gives_back(puppet: MakePuppet) -> None:
    guest = puppet(limits=HEAP.with_changes(deadline=60.0), config={"k": "v"})
    script = Script()
    value = script.block(b"x" * 100)
    for _ in range(200):
        script.call("set_many", 100, value, 0)
        script.call("count_many", 100, value, 0)
    after = script.call("alloc", 1_000_000)
    assert guest.run(script)[after]


@pytest.mark.parametrize("operation", ["config_get", "var_get"])
def test_a_question_without_a_handle_is_refused(puppet: MakePuppet, operation: str) -> None:
    guest = puppet()
    for handle in NO_HANDLES:
        refuses(guest, operation, handle)


@pytest.mark.only("wasmtime", why="libextism looks at no line that it does not log, and reads any error that it can")
@pytest.mark.parametrize("operation", ["log_trace", "log_debug", "log_info", "log_warn", "log_error", "error_set"])
def test_a_text_without_a_handle_is_refused(puppet: MakePuppet, operation: str) -> None:
    guest = puppet()
    for handle in NO_HANDLES:
        refuses(guest, operation, handle)


def test_the_null_handle_is_an_empty_text(puppet: MakePuppet) -> None:
    guest = puppet(config={"": "of no name"})
    script = Script()
    script.call("log_info", 0)
    script.call("keep", script.call("config_get", 0))
    script.call("keep", script.call("var_get", 0))
    script.call("var_set", 0, script.block(b"kept"))
    script.call("keep", script.call("var_get", 0))
    script.call("var_set", 0, 0)
    script.call("keep", script.call("var_get", 0))
    assert guest.run(script).kept == (b"of no name", b"", b"kept", b"")


@pytest.mark.parametrize("handle", NO_HANDLES)
def test_a_variable_has_neither_key_nor_value_without_a_handle(puppet: MakePuppet, handle: int) -> None:
    guest = puppet()
    for place in range(2):
        script = Script()
        arguments = [script.block(b"key"), script.block(b"value")]
        script.call("var_set", *arguments[:place], handle, *arguments[place + 1 :])
        with pytest.raises(InvalidHandle):
            guest.plugin.call("run", script.encode())
    assert guest.var(b"key") is None


def test_a_handle_that_was_given_away_is_dead(puppet: MakePuppet) -> None:
    script = Script()
    key, value, wanted, asked, line = (script.block(text) for text in (b"k", b"v", b"k", b"c", b"line"))
    script.call("var_set", key, value)
    script.call("var_get", wanted)
    script.call("config_get", asked)
    script.call("log_info", line)
    # Each of these gave its arguments back to the allocator, so new blocks may lie there; none is made before this.
    lengths = [script.call("length", handle) for handle in (key, value, asked, line)]
    ran = puppet().run(script)
    assert [ran[length] for length in lengths[2:]] == [0, 0]


def test_the_same_handle_may_be_key_and_value(puppet: MakePuppet) -> None:
    guest = puppet()
    script = Script()
    block = script.block(b"both")
    script.call("var_set", block, block)
    one, two = script.call("alloc", 4), script.call("alloc", 4)
    ran = guest.run(script)
    assert ran[one] != ran[two]
    assert guest.var(b"both") == b"both"

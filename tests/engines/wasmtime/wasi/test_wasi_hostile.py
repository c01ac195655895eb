"""Pointers and lengths that no guest should pass: an errno, nothing changed, and never a crash."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engines.wasmtime.wasi.conftest import PAGE, PREVIEW_1, Parts, Stopped, World

from plugbay.engines.wasmtime.mailbox import Service
from plugbay.wasi.errnos import Errno

VALID: dict[str, tuple[int, ...]] = {
    "args_sizes_get": (64, 128),
    "environ_sizes_get": (64, 128),
    "clock_res_get": (0, 64),
    "clock_time_get": (0, 0, 64),
    "random_get": (64, 16),
    "fd_fdstat_get": (1, 64),
    "fd_filestat_get": (1, 64),
    "fd_read": (0, 64, 1, 128),
    "fd_write": (1, 64, 1, 128),
    "poll_oneoff": (64, 128, 1, 256),
}
"""Calls that succeed, of every function that touches memory."""
POINTERS = {
    "args_sizes_get": (0, 1), "environ_sizes_get": (0, 1), "clock_res_get": (1,), "clock_time_get": (2,),
    "random_get": (0,), "fd_fdstat_get": (1,), "fd_filestat_get": (1,), "fd_read": (1, 3), "fd_write": (1, 3),
    "poll_oneoff": (0, 1, 3),
}  # fmt: skip


@pytest.mark.parametrize("pointer", [PAGE - 3, PAGE, PAGE + 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF])
@pytest.mark.parametrize(("name", "index"), [(name, index) for name in POINTERS for index in POINTERS[name]])
def test_a_wild_pointer_is_fault_and_changes_nothing(world: World, name: str, index: int, pointer: int) -> None:
    arguments = list(VALID[name])
    assert world.call(name, *arguments) == Errno.SUCCESS
    before = world.get(0, PAGE)
    world.forget()
    arguments[index] = pointer
    assert world.call(name, *arguments) == Errno.FAULT
    assert (world.get(0, PAGE), world.notes, world.requests) == (before, [], [])


@pytest.mark.parametrize("count", [PAGE, 0x10000000, 0x20000000, 0x55555556, 0x80000000, 0xFFFFFFFF])
@pytest.mark.parametrize(("name", "index"), [("random_get", 1), ("fd_read", 2), ("fd_write", 2), ("poll_oneoff", 2)])
def test_a_wild_count_is_fault(world: World, name: str, index: int, count: int) -> None:
    arguments = list(VALID[name])
    arguments[index] = count
    assert world.call(name, *arguments) == Errno.FAULT


@pytest.mark.parametrize("bad", [(PAGE, 1), (PAGE - 1, 2), (0, 0xFFFFFFFF), (0xFFFFFFF0, 0x20), (0xFFFFFFFF, 1)])
def test_one_bad_iovec_and_nothing_is_written(world: World, bad: tuple[int, int]) -> None:
    world.put(64, _iovecs((256, 5), (256, 5), bad))
    assert world.call("fd_write", 1, 64, 3, 32) == Errno.FAULT
    assert (world.notes, world.u32(32)) == ([], 0)


def test_more_than_4_gib_in_one_write_is_inval_and_nothing_is_written(world: World) -> None:
    world.memory.grow(world.store, 1023)
    count = 65
    world.put(64, _iovecs((0, 1024 * PAGE)) * count)
    assert world.call("fd_write", 1, 64, count, 32) == Errno.INVAL
    assert world.notes == []


EDGES = [0, 1, 2, 3, 4, 48, 64, PAGE - 64, PAGE - 4, PAGE - 1, PAGE, 2**31 - 1, 2**31, 2**32 - 16, 2**32 - 1, 2**64 - 1]
ARGUMENT = st.one_of(st.sampled_from(EDGES), st.integers(0, PAGE), st.integers(0, 2**64 - 1))
CALL = st.sampled_from(sorted(PREVIEW_1)).flatmap(
    lambda name: st.tuples(st.just(name), st.tuples(*[ARGUMENT for _ in PREVIEW_1[name]]))
)


@given(calls=st.lists(CALL, min_size=1, max_size=6), garbage=st.binary(max_size=256), refuses=st.booleans())
def test_any_calls_at_all_answer_an_errno_or_exit(
    parts: Parts, calls: list[tuple[str, tuple[int, ...]]], garbage: bytes, refuses: bool
) -> None:
    world = World(parts, answers={service: lambda _: -1 for service in Service} if refuses else {})
    world.put(0, garbage)
    world.put(PAGE - 256, garbage)
    for name, arguments in calls:
        try:
            answer = world.call(name, *arguments)
        except Stopped:
            assert name == "proc_exit"
        else:
            assert answer in set(Errno)


def _iovecs(*pieces: tuple[int, int]) -> bytes:
    return b"".join(struct.pack("<II", *piece) for piece in pieces)

"""The clock, randomness and sleep, which the WASI asks of the host."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import pytest
from tests.engines.wasmtime.wasi.conftest import PAGE, TOP, Parts, World

from plugbay.engines.wasmtime.mailbox import Service
from plugbay.engines.wasmtime.wasi import WASI, WASI_ASKING, wasi_driver
from plugbay.wasi.errnos import Errno

REALTIME, MONOTONIC = 0, 1
IN, OUT, COUNT = 64, 2048, 32
MS = 1_000_000


@dataclass(frozen=True)
class Event:
    userdata: int
    errno: int
    tag: int
    flags: int = 0


def clock(
    userdata: int, timeout: int, *, clock_id: int = MONOTONIC, absolute: bool = False, tag: int = 0, flags: int = 0
) -> bytes:
    return struct.pack("<QB7xI4xQQH6x", userdata, tag, clock_id, timeout, 0, flags | absolute)


def stream(userdata: int, number: int, *, tag: int) -> bytes:
    return struct.pack("<QB7xI28x", userdata, tag, number)


def poll(world: World, *subscriptions: bytes) -> list[Event]:
    world.put(IN, *subscriptions)
    assert world.call("poll_oneoff", IN, OUT, len(subscriptions), COUNT) == Errno.SUCCESS
    events = struct.iter_unpack("<QHB5xQH6x", world.get(OUT, 32 * world.u32(COUNT)))
    return [Event(userdata, errno, tag, flags) for userdata, errno, tag, _, flags in events]


def test_the_functions_that_ask_are_named(world: World) -> None:
    assert set(wasi_driver().provides) > WASI_ASKING
    for name in WASI_ASKING:
        world.requests.clear()
        world.put(IN, clock(0, MS))
        world.call(name.removeprefix(f"{WASI}."), *{"clock_time_get": (0, 0, 8), "random_get": (8, 8)}.get(
            name.removeprefix(f"{WASI}."), (IN, OUT, 1, COUNT)))  # fmt: skip
        assert world.requests


@pytest.mark.parametrize("clock_id", [REALTIME, MONOTONIC])
def test_a_clock_tells_the_hosts_time(world: World, clock_id: int) -> None:
    assert world.call("clock_time_get", clock_id, 0, 64) == Errno.SUCCESS
    assert world.u64(64) == world.now
    assert world.call("clock_res_get", clock_id, 64) == Errno.SUCCESS
    assert world.u64(64) == 1000


def test_the_monotonic_clock_stands_still_while_the_time_of_day_goes_back(world: World) -> None:
    times: list[tuple[int, int]] = []
    start = world.now
    for step in (0, -50, -20, 10):
        world.now = start + step
        world.call("clock_time_get", REALTIME, 0, 64)
        world.call("clock_time_get", MONOTONIC, 0, 72)
        times.append((world.u64(64) - start, world.u64(72) - start))
    assert times == [(0, 0), (-50, 0), (-20, 0), (10, 10)]


@pytest.mark.parametrize("clock_id", [REALTIME, MONOTONIC])
def test_a_clock_that_was_not_granted_is_notcapable(parts: Parts, clock_id: int) -> None:
    world = World(parts, answers={Service.CLOCK: lambda _: -1})
    assert world.call("clock_time_get", clock_id, 0, 64) == Errno.NOTCAPABLE
    assert world.u64(64) == 0


@pytest.mark.parametrize(("size", "pieces"), [(0, []), (5, [5]), (PAGE, [PAGE]), (3 * PAGE + 1, [PAGE] * 3 + [1])])
def test_randomness_comes_in_pieces_of_64_kib(world: World, size: int, pieces: list[int]) -> None:
    world.memory.grow(world.store, 4)
    assert world.call("random_get", 64, size) == Errno.SUCCESS
    assert world.requests == [(Service.RANDOM, piece) for piece in pieces]
    assert world.get(0, size + 128) == bytes(64) + b"\xa5" * size + bytes(64)
    assert world.mailbox.data_len(world.store) <= TOP + 2 * PAGE


@pytest.mark.parametrize("answer", [-1, 15, 17, 2**40])
def test_randomness_that_is_refused_or_of_another_length_is_notcapable(parts: Parts, answer: int) -> None:
    world = World(parts, answers={Service.RANDOM: lambda _: answer})
    assert world.call("random_get", 64, 16) == Errno.NOTCAPABLE
    assert world.get(64, 16) == bytes(16)


def test_a_poll_sleeps_for_the_shortest_wait_and_reports_what_is_due(world: World) -> None:
    events = poll(world, clock(1, 9 * MS), clock(2, 5 * MS), clock(3, 7 * MS, clock_id=REALTIME), clock(4, 5 * MS))
    assert events == [Event(2, 0, 0), Event(4, 0, 0)]
    assert world.requests == [(Service.SLEEP, 5 * MS)]


def test_an_absolute_time_is_waited_for_by_one_look_at_the_clock(world: World) -> None:
    events = poll(
        world,
        clock(1, world.now + 8 * MS, absolute=True),
        clock(2, world.now + 6 * MS, absolute=True, clock_id=REALTIME),
        clock(3, 7 * MS),
    )
    assert events == [Event(2, 0, 0)]
    assert world.requests == [(Service.CLOCK, 0), (Service.SLEEP, 6 * MS)]


@pytest.mark.parametrize("since", [0, 1, 10**18])
def test_a_time_that_has_passed_is_due_without_sleep(world: World, since: int) -> None:
    assert poll(world, clock(1, world.now - since, absolute=True), clock(2, MS)) == [Event(1, 0, 0)]
    assert world.requests == [(Service.CLOCK, 0)]


def test_the_longest_sleep_there_is_reaches_the_host_whole(world: World) -> None:
    assert poll(world, clock(1, 2**64 - 1)) == [Event(1, 0, 0)]
    assert world.requests == [(Service.SLEEP, 2**64 - 1)]


def test_a_stream_is_ready_at_once_and_nothing_sleeps(world: World) -> None:
    events = poll(world, clock(1, MS), stream(2, 0, tag=1), stream(3, 1, tag=2), stream(4, 2, tag=2))
    assert events == [Event(2, 0, 1, flags=1), Event(3, 0, 2), Event(4, 0, 2)]
    assert world.requests == []


def test_what_can_not_be_waited_for_is_an_event_with_its_errno(world: World) -> None:
    assert world.call("fd_close", 2) == Errno.SUCCESS
    events = poll(world, stream(1, 3, tag=1), stream(2, 2, tag=2), clock(3, MS, clock_id=2), clock(4, MS))
    assert events == [Event(1, Errno.BADF, 1), Event(2, Errno.BADF, 2), Event(3, Errno.INVAL, 0)]
    assert world.requests == []


def test_without_a_clock_only_relative_waits_are_possible(parts: Parts) -> None:
    world = World(parts, answers={Service.CLOCK: lambda _: -1})
    assert poll(world, clock(1, MS)) == [Event(1, 0, 0)]
    assert world.requests == [(Service.SLEEP, MS)]
    assert poll(world, clock(2, world.now, absolute=True), clock(3, MS)) == [Event(2, Errno.NOTCAPABLE, 0)]


def test_a_host_without_sleep_is_notsup(parts: Parts) -> None:
    world = World(parts, answers={Service.SLEEP: lambda _: -1})
    world.put(IN, clock(1, MS))
    assert world.call("poll_oneoff", IN, OUT, 1, COUNT) == Errno.NOTSUP


@pytest.mark.parametrize("tag", [3, 255])
def test_an_unknown_kind_of_subscription_is_inval(world: World, tag: int) -> None:
    world.put(IN, clock(1, MS), clock(2, MS, tag=tag))
    assert world.call("poll_oneoff", IN, OUT, 2, COUNT) == Errno.INVAL
    assert world.requests == []


def test_subscriptions_may_fill_the_memory_to_its_end(world: World) -> None:
    many = 100
    world.put(PAGE - 48 * many, *[clock(index, MS) for index in range(many)])
    assert world.call("poll_oneoff", PAGE - 48 * many, 0, many, 32 * many) == Errno.SUCCESS
    assert world.u32(32 * many) == many
    assert [world.u64(32 * index) for index in range(many)] == list(range(many))


def test_events_may_be_written_over_their_subscriptions(world: World) -> None:
    world.put(IN, *[clock(index, MS) for index in range(20)])
    assert world.call("poll_oneoff", IN, IN, 20, COUNT) == Errno.SUCCESS
    assert [world.u64(IN + 32 * index) for index in range(20)] == list(range(20))

"""Results on their way from worker threads to an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

import pytest

from plugbay.errors import GuestError, PluginClosed
from plugbay_adapters.priostack.serving.landing import Landing

if TYPE_CHECKING:
    from plugbay_adapters.priostack.bundle.lane import Lane

Done = Callable[[bytes | BaseException, float], None]


PATIENCE = 20.0


class ScriptedLane:
    """Hands over what ends a call, to be called by the test."""

    def __init__(self) -> None:
        self.calls: list[tuple[bytes, Done]] = []
        self.closed = False

    def submit(self, function: str, payload: bytes, done: Done) -> None:
        if self.closed:
            raise PluginClosed("closed")
        self.calls.append((payload, done))


def from_threads(work: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=step) for step in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_every_call_gets_its_own_result_whatever_thread_it_comes_from() -> None:
    lane = ScriptedLane()

    async def run() -> list[bytes | BaseException]:
        landing = Landing(asyncio.get_running_loop())
        futures = [landing.call(cast("Lane", lane), "echo", b"%d" % number) for number in range(200)]
        ends = [partial(done, payload, 0.0) for payload, done in reversed(lane.calls)]
        await asyncio.to_thread(from_threads, ends)
        return await asyncio.gather(*futures)

    assert asyncio.run(run()) == [b"%d" % number for number in range(200)]


def test_what_arrives_together_wakes_the_loop_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lane = ScriptedLane()

    async def run() -> int:
        loop = asyncio.get_running_loop()
        landing = Landing(loop)
        futures = [landing.call(cast("Lane", lane), "echo", b"") for _ in range(50)]
        wakes: list[object] = []
        wake = loop.call_soon_threadsafe

        def counted(call: Callable[[], None]) -> None:
            wakes.append(call)
            wake(call)

        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
        for _, done in lane.calls[:-1]:  # the loop is busy here, as it would be with other requests
            done(b"", 0.0)
        assert wakes == []
        lane.calls[-1][1](b"", 0.0)
        await asyncio.gather(*futures)
        return len(wakes)

    assert asyncio.run(run()) == 1


def test_a_failure_is_a_result_and_never_an_exception_that_nobody_takes() -> None:
    lane = ScriptedLane()
    error = GuestError("no")

    async def run() -> bytes | BaseException:
        future = Landing(asyncio.get_running_loop()).call(cast("Lane", lane), "echo", b"")
        lane.calls[0][1](error, 0.0)
        return await future

    assert asyncio.run(run()) is error


def test_a_result_that_nobody_waits_for_any_more_is_dropped() -> None:
    lane = ScriptedLane()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        failures: list[object] = []
        loop.set_exception_handler(lambda _, context: failures.append(context))
        landing = Landing(loop)
        futures = [landing.call(cast("Lane", lane), "echo", b"") for _ in range(2)]
        futures[0].cancel()
        for _, done in lane.calls:
            done(b"x", 0.0)
        assert await futures[1] == b"x"
        assert failures == []

    asyncio.run(run())


def test_a_slow_call_holds_up_those_beside_it_for_a_moment_only() -> None:
    lane = ScriptedLane()

    async def run() -> None:
        landing = Landing(asyncio.get_running_loop())
        slow, quick = (landing.call(cast("Lane", lane), "echo", b"") for _ in range(2))
        lane.calls[1][1](b"quick", 0.0)
        assert await asyncio.wait_for(quick, PATIENCE) == b"quick"
        later = landing.call(cast("Lane", lane), "echo", b"")
        lane.calls[2][1](b"later", 0.0)
        assert await asyncio.wait_for(later, PATIENCE) == b"later"
        assert not slow.done()
        lane.calls[0][1](b"slow", 0.0)
        assert await asyncio.wait_for(slow, PATIENCE) == b"slow"

    asyncio.run(run())


def test_a_result_after_the_end_of_the_loop_harms_nobody() -> None:
    lane = ScriptedLane()

    async def run() -> Landing:
        landing = Landing(asyncio.get_running_loop())
        landing.call(cast("Lane", lane), "echo", b"").cancel()
        return landing

    landing = asyncio.run(run())
    lane.calls[0][1](b"late", 0.0)
    assert not landing.arrived


def test_what_a_lane_refuses_is_raised() -> None:
    lane = ScriptedLane()
    lane.closed = True

    async def run() -> None:
        with pytest.raises(PluginClosed):
            Landing(asyncio.get_running_loop()).call(cast("Lane", lane), "echo", b"")

    asyncio.run(run())

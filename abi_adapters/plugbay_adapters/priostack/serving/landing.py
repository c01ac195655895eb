"""Brings the results of worker threads back onto an event loop, many at a time.

A worker that woke the loop for every result would fight with it for the interpreter at every call. So the loop is woken
when as many results are there as calls were submitted since it last looked, and at the latest a millisecond after the
first of those: a slow call among them holds the others up no longer than that, and those that come later not at all.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio

    from plugbay_adapters.priostack.bundle.lane import Lane

PATIENCE: Final = 0.001
"""Seconds that a result may wait for those of calls that were submitted together with its own."""


class Landing:
    """Where the calls of one event loop come back to. Made and used on the loop; only ``done`` runs elsewhere.

    Nothing is locked: a worker puts its result down first and then looks at ``waking`` and ``expected``, the loop
    changes these first and then takes the results. So a result that woke nobody is one that the loop still comes for.
    """

    __slots__ = ("arrived", "expected", "loop", "timed", "waking")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.arrived: deque[_Flight] = deque()
        self.waking = False
        """Whether the loop has been woken and has not come yet."""
        self.expected = 0
        """Results that are worth waiting for. Above 0 only while the timer runs."""
        self.timed = False

    def call(self, lane: Lane, function: str, payload: bytes) -> asyncio.Future[bytes | BaseException]:
        """Submit a call, and get a future of what it returned or raised; the future itself never fails.

        Raises what :meth:`Lane.submit` raises.
        """
        future: asyncio.Future[bytes | BaseException] = self.loop.create_future()
        lane.submit(function, payload, _Flight(self, future).done)
        self.expected += 1
        if not self.timed:
            self.timed = True
            self.loop.call_later(PATIENCE, self._end_waiting)
        return future

    def land(self) -> None:
        """Give all that arrived to those who wait. Runs on the loop."""
        self.waking = False
        arrived, count = self.arrived, 0
        while arrived:
            flight = arrived.popleft()
            count += 1
            if not flight.future.done():  # else nobody waits any more
                flight.future.set_result(flight.result)
        self.expected = max(0, self.expected - count)

    def _end_waiting(self) -> None:
        """What has not arrived by now is slow: it wakes the loop by itself."""
        self.timed = False
        self.expected = 0
        self.land()


class _Flight:
    """One call that is under way."""

    __slots__ = ("future", "landing", "result")

    def __init__(self, landing: Landing, future: asyncio.Future[bytes | BaseException]) -> None:
        self.landing = landing
        self.future = future
        self.result: bytes | BaseException = b""

    def done(self, result: bytes | BaseException, _seconds: float) -> None:
        """The call has ended; runs in the worker thread."""
        landing = self.landing
        self.result = result
        landing.arrived.append(self)
        if landing.waking or len(landing.arrived) < landing.expected:
            return
        landing.waking = True
        try:
            landing.loop.call_soon_threadsafe(landing.land)
        except RuntimeError:  # the loop is closed: the server ended at once, nobody waits
            landing.arrived.clear()

"""Brings the results of worker threads back onto an event loop: one wake-up for all that arrived meanwhile."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from plugbay_adapters.priostack.bundle.lane import Lane


class Landing:
    """Where the calls of one event loop come back to. Made and used on the loop; only ``done`` runs elsewhere."""

    __slots__ = ("arrived", "loop", "waking")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.arrived: deque[_Flight] = deque()
        self.waking = False

    def call(self, lane: Lane, function: str, payload: bytes) -> asyncio.Future[bytes | BaseException]:
        """Submit a call, and get a future of what it returned or raised; the future itself never fails.

        Raises what :meth:`Lane.submit` raises.
        """
        future: asyncio.Future[bytes | BaseException] = self.loop.create_future()
        lane.submit(function, payload, _Flight(self, future).done)
        return future

    def land(self) -> None:
        """Give all that arrived to those who wait. Runs on the loop."""
        self.waking = False  # first: what arrives from here on wakes the loop again, if the loop below should miss it
        arrived = self.arrived
        while arrived:
            flight = arrived.popleft()
            if not flight.future.done():  # else nobody waits any more
                flight.future.set_result(flight.result)


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
        if landing.waking:
            return
        landing.waking = True
        try:
            landing.loop.call_soon_threadsafe(landing.land)
        except RuntimeError:  # the loop is closed: the server ended at once, nobody waits
            landing.arrived.clear()

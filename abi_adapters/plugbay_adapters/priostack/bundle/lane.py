"""A lane: the calls of one plugin on their way to it, bounded in number."""

from __future__ import annotations

import logging
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Final, Protocol

from plugbay.errors import PluginClosed
from plugbay.forks import mend_after_fork
from plugbay_adapters.priostack.bundle.crew import Crew
from plugbay_adapters.priostack.errors import LaneSaturated

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay.plugin import Plugin

    Done = Callable[[bytes | BaseException, float], None]
    Call = tuple[str, bytes, Done, float]

_log = logging.getLogger("plugbay.bundle")
_LOST_AFTER: Final = 0.5
"""Seconds after which a ticket that is missing while no call waits is that of a running call, or lost."""


class CallWatch(Protocol):
    """Counts the calls of a lane. Any thread may tell it; it must be quick and never raise."""

    def ran(self, seconds: float, error: BaseException | None) -> None:
        """A call came to its end, ``seconds`` after it was submitted; ``error`` is what it raised."""
        ...

    def refused(self) -> None:
        """A call was not accepted, because as many wait as may."""
        ...


class Lane:
    """The bounded queue of one plugin's calls; ``workers`` threads run them, as many as the pool has instances.

    A call takes a ticket when it is submitted and gives it back when it has run. There are ``workers`` tickets, and
    ``most_waiting`` more, so the bound holds exactly without a lock; and once :meth:`close` has gathered all of them,
    nothing is on its way any more.
    """

    def __init__(self, plugin: Plugin, *, workers: int, most_waiting: int, watch: CallWatch | None = None) -> None:
        self.plugin = plugin
        self._workers = workers
        self._places = workers + most_waiting
        self._watch = watch
        self._closed = False
        self._begin()
        mend_after_fork(self)

    def submit(self, function: str, payload: bytes, done: Done) -> None:
        """Have the call run; ``done(result, seconds in the guest)`` is told in the worker thread, and must be quick.

        Raises :class:`LaneSaturated` at once when as many calls wait as may, :class:`PluginClosed` when the lane is
        closed; ``done`` is not called then.
        """
        try:
            self._tickets.get_nowait()
        except Empty:
            raise self._refusal() from None
        self._put(function, payload, done)

    def call(self, function: str, payload: bytes) -> bytes:
        """The call, waited for; where as many wait as may, it waits for a place first. Not to be used from ``done``.

        Raises what the call raises, and :class:`PluginClosed` when the lane is closed.
        """
        answer: SimpleQueue[bytes | BaseException] = SimpleQueue()
        self._tickets.get()
        self._put(function, payload, lambda result, _seconds: answer.put(result))
        result = answer.get()
        if isinstance(result, BaseException):
            raise result
        return result

    @property
    def waiting(self) -> int:
        """Calls that were submitted and that no worker is free for."""
        return max(0, self._places - self._gathered - self._tickets.qsize() - self._workers)

    def close(self) -> None:
        """Let what was submitted finish, then end the threads; the plugin stays open. Closing twice is fine.

        What is submitted from now on raises :class:`PluginClosed`. From a ``done`` of this lane it does not wait for
        the threads to end.
        """
        self._closed = True
        with self._closing:
            self._gather()
            self._tickets.put(None)  # goes around among those who wait for one: they see that the lane is closed
            late = self._crew.close()
        for _, _, done, _ in late:
            self._tell(done, self._refusal(), 0.0)

    def after_fork(self) -> None:
        """In a child: the threads are gone, and the calls that were on their way are the parent's."""
        self._begin()

    def _begin(self) -> None:
        self._tickets: SimpleQueue[None] = SimpleQueue()
        for _ in range(self._places):
            self._tickets.put(None)
        self._gathered = 0
        """Tickets that a close holds."""
        self._closing = Lock()
        self._crew: Crew[Call] = Crew(self.plugin.name, self._workers, partial(self._answer, self._tickets))

    def _put(self, function: str, payload: bytes, done: Done) -> None:
        """Hand over a call that has its ticket."""
        if self._closed:
            self._tickets.put(None)
            raise self._refusal()
        try:
            self._crew.put((function, payload, done, perf_counter()))
        except RuntimeError as error:
            self._tickets.put(None)
            raise LaneSaturated(f"no thread can be started: {error}", plugin=self.plugin.name) from error

    def _gather(self) -> None:
        """Take every ticket, so that nothing is on its way to the queue any more."""
        while self._gathered < self._places:
            try:
                self._tickets.get(timeout=_LOST_AFTER)
            except Empty:
                if self._crew.idle:  # Ctrl-C may take one away between two bytecodes
                    return
            else:
                self._gathered += 1

    def _answer(self, tickets: SimpleQueue[None], call: Call) -> None:
        """Run a call that took one of ``tickets``, and tell the result."""
        function, payload, done, submitted = call
        began = perf_counter()
        result = self._run(function, payload)
        ended = perf_counter()
        tickets.put(None)  # first, so that whoever is told can submit the next call
        self._count(ended - submitted, result)
        self._tell(done, result, ended - began)

    def _run(self, function: str, payload: bytes) -> bytes | BaseException:
        try:
            return self.plugin.call(function, payload)
        except BaseException as error:  # noqa: BLE001 # the caller gets it, whatever it is; the thread lives on
            return error

    def _count(self, seconds: float, result: bytes | BaseException) -> None:
        if self._watch is None:
            return
        try:
            self._watch.ran(seconds, result if isinstance(result, BaseException) else None)
        except Exception:  # noqa: BLE001 # a bug in counting must not keep a caller from its result
            _log.exception("%s: a call could not be counted", self.plugin.name)

    def _tell(self, done: Done, result: bytes | BaseException, seconds: float) -> None:
        try:
            done(result, seconds)
        except Exception:  # noqa: BLE001 # a caller that can't take its result must not stop the lane
            _log.exception("%s: what was to be told of a call's result failed", self.plugin.name)

    def _refusal(self) -> PluginClosed | LaneSaturated:
        if self._closed:
            return PluginClosed("the plugin is closed", plugin=self.plugin.name)
        if self._watch is not None:
            self._watch.refused()
        most = self._places - self._workers
        return LaneSaturated(
            f"{most:,} calls wait already",
            plugin=self.plugin.name,
            limit="waiting",
            expected=most,
            hint="load the bundle with more instances, or let more calls wait",
        )

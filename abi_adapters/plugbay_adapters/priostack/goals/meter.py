"""Measures what goals promise: counts every call of a service, and tells whether each goal is met."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final, Literal

from plugbay.forks import hold_during_fork, mend_after_fork
from plugbay_adapters.priostack.goals.board import PAGE, Board, Shape
from plugbay_adapters.priostack.goals.target import Metric, Target, parse_target
from plugbay_adapters.priostack.goals.window import Counted, Window, count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from plugbay_adapters.priostack.bundle.documents import Goal

WINDOW: Final = 60
"""Seconds that goals are measured over: the running one and those before it."""
SERVICES: Final = 256
"""Services that are measured at once. One that had no call for a window gives its place to a new one."""

State = Literal["met", "missed", "no data"]

_SHAPE: Final = Shape(records=SERVICES, record_bytes=(WINDOW + 1) * PAGE)
"""One row more than the window, so that the oldest is not overwritten while a reader adds it up."""
_log = logging.getLogger("plugbay.goals")


@dataclass(frozen=True, slots=True)
class GoalReport:
    """How a goal stands."""

    goal: Goal
    target: Target
    state: State
    measured: float | None
    """In the unit of ``target.value``; None when there is no data."""
    samples: int
    """Calls in the window that ran."""
    window: float
    """Seconds that they are of: less than :data:`WINDOW` soon after the start."""

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "service": self.goal.service,
            "goal": self.goal.name,
            "description": self.goal.description,
            "metric": self.target.metric.value,
            "target": str(self.target),
            "wanted": self.target.value,
            "state": self.state,
            "measured": self.measured,
            "samples": self.samples,
            "window": self.window,
        }


class GoalMeter:
    """Counts calls by service over the last :data:`WINDOW` seconds, in constant memory.

    Any thread may record: a lock is held for the few increments; a thread waits for it only when the interpreter
    switched threads just there. With ``folder``, all workers of a server that name the same folder are measured as one:
    each counts for itself in a file of it, ``worker`` being its number from 0, and every report adds them up. What a
    dead worker counted leaves the window like everything else; the one that takes its place goes on with its number.

    ``clock`` answers in seconds that never jump and are the same in all workers. Raises
    :class:`~plugbay.errors.ConfigInvalid` when the folder can't be used.
    """

    def __init__(
        self,
        *,
        folder: Path | None = None,
        worker: int = 0,
        workers: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._lock = Lock()
        self._windows: dict[str, Window] = {}
        self._told = False
        self._closed = False
        if folder is None:
            self._board = Board.private(_SHAPE, now=clock())
        else:
            self._board = Board.shared(folder / "goals.board", _SHAPE, slot=worker, slots=workers, now=clock())
        hold_during_fork(self._lock)
        mend_after_fork(self)

    def record(self, service: str, seconds: float, *, failed: bool) -> None:
        """Count a call that ran for ``seconds``. Never raises; after :meth:`close` it does nothing."""
        second = int(self._clock())
        with self._lock:
            window = self._windows.get(service)
            if window is None or window.second != second:
                window = self._turn(service, window, second)
                if window is None:
                    return
            window.add(seconds, failed=failed)

    def refuse(self, service: str) -> None:
        """Count a call that failed before it ran, because too many waited: an error without a latency."""
        second = int(self._clock())
        with self._lock:
            window = self._turn(service, self._windows.get(service), second)
            if window is not None:
                window.add_refused()

    def report(self, goals: Sequence[Goal]) -> tuple[GoalReport, ...]:
        """How each goal stands now, in their order. Raises :class:`ValueError` for a target that can't be read."""
        now = self._clock()
        second = int(now)
        span = min(WINDOW - 1 + now - second, now - self._board.made_at)
        counted: dict[str, Counted] = {}
        reports: list[GoalReport] = []
        for goal in goals:
            if goal.service not in counted:
                counted[goal.service] = count(self._board.copies(goal.service), second, WINDOW)
            reports.append(_report(goal, counted[goal.service], max(span, 1.0)))
        return tuple(reports)

    def close(self) -> None:
        """Stop counting. What was counted can still be reported. Closing twice is fine."""
        with self._lock:
            self._closed = True
            self._let_go()

    def after_fork(self) -> None:
        """A forked child counts for itself, and never in the slot of its parent."""
        if self._board.is_shared and not self._closed:
            self._let_go()
            self._board = Board.private(_SHAPE, now=self._clock())

    def _let_go(self) -> None:
        for window in self._windows.values():
            window.release()
        self._windows.clear()
        self._board.close()

    def _turn(self, service: str, window: Window | None, second: int) -> Window | None:
        """The service's window, turned to the second; None when it can't be measured."""
        if self._closed:
            return None
        if window is None:
            record = self._take(service, second)
            if record is None:
                return None
            window = self._windows[service] = Window(record)
        if window.second != second:
            window.turn_to(second)
        return window

    def _take(self, service: str, second: int) -> memoryview | None:
        try:
            record = self._board.record(service)
            if record is not None:
                return record
            for name, window in self._windows.items():
                if window.is_older_than(second - WINDOW):
                    del self._windows[name]
                    window.release()
                    return self._board.rename(name, service)
            reason = f"{SERVICES} services are measured already"
        except OSError as error:
            reason = str(error)
        if not self._told:
            self._told = True
            _log.error("calls of service %s are not measured: %s", service, reason)
        return None


def _report(goal: Goal, counted: Counted, span: float) -> GoalReport:
    target = parse_target(goal.metric, goal.target)
    measured = _measured(target, counted, span)
    state: State = "no data" if measured is None else "met" if target.met_by(measured) else "missed"
    return GoalReport(goal, target, state, measured, counted.calls, span)


def _measured(target: Target, counted: Counted, span: float) -> float | None:
    if target.metric is Metric.THROUGHPUT:
        return counted.calls / span
    if target.metric is Metric.ERROR_RATE:
        return counted.error_rate
    if not counted.calls:
        return None
    if target.quantile is not None:
        return counted.quantile(target.quantile)
    return counted.longest if target.statistic == "max" else counted.average

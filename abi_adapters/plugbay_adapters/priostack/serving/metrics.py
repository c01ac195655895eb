"""Counts what Prometheus may know of a server: requests, failures, reloads; intents and goals are asked for.

Each worker counts in its own slot of a :class:`~plugbay_adapters.priostack.goals.board.Board`, and whichever is asked
adds all of them up. What a dead worker counted stays, so counters never fall; what it had in flight goes with it.
"""

from __future__ import annotations

import logging
from bisect import bisect_left
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Final, Protocol

from plugbay.errors import PlugbayError
from plugbay.forks import hold_during_fork, mend_after_fork
from plugbay_adapters.priostack.goals.board import Board
from plugbay_adapters.priostack.serving.exposition import exposition
from plugbay_adapters.priostack.serving.series import (
    BOUNDS,
    NO_STATUS,
    SHAPE,
    STATUS_OFFSET,
    STATUSES,
    SUM,
    Kind,
    add_up,
    name_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from plugbay_adapters.priostack.goals.meter import GoalReport
    from plugbay_adapters.priostack.intents.report import IntentsReport

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
"""Of what :meth:`ServerMetrics.render` answers."""
UNMATCHED: Final = "unmatched"
"""The endpoint of requests whose path is none of the bundle's, whatever it was."""
OTHER: Final = "other"
"""The method of requests with an unusual one, and the labels of requests once no more can be told apart."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
_SAMPLE_SECONDS: Final = 1.0
_log = logging.getLogger("plugbay.serving")


class MetricSources(Protocol):
    """What is not counted as it happens, but asked for. Any thread may ask."""

    def in_flight(self) -> int:
        """Requests of this worker that are not answered yet."""
        ...

    def waiting(self) -> Mapping[str, int]:
        """Calls of this worker that wait for an instance, by service."""
        ...

    def lines_dropped(self) -> int:
        """Lines of this worker's access log that were lost since it started."""
        ...

    def goals(self) -> Sequence[GoalReport]:
        """How the goals stand, over all workers."""
        ...

    def intents(self) -> IntentsReport:
        """What the intents are doing, over all workers. May raise :class:`~plugbay.errors.PlugbayError`."""
        ...


@dataclass(frozen=True, slots=True)
class _Requests:
    """The record of requests, as counters and as floats."""

    counts: memoryview[int]
    sums: memoryview[float]


class ServerMetrics:
    """The metrics of a worker, and of all that name the same ``folder``; ``worker`` is its number, from 0.

    Any thread may count. Raises :class:`~plugbay.errors.ConfigInvalid` when the folder can't be used.
    """

    def __init__(
        self, sources: MetricSources, *, folder: Path | None = None, worker: int = 0, workers: int = 1
    ) -> None:
        self._sources = sources
        self._lock = Lock()
        self._ended = Event()
        self._sampler: Thread | None = None
        self._lines_dropped = 0
        self._intents_unknown = False
        self._told = False
        if folder is None:
            self._use(Board.private(SHAPE, now=0.0))
        else:
            self._use(Board.shared(folder / "metrics.board", SHAPE, slot=worker, slots=workers, now=0.0))
            # The worker that is asked can't ask the sources of the others.
            self._sampler = Thread(target=self._sample_on, name="metrics", daemon=True)
            self._sampler.start()
        hold_during_fork(self._lock)
        mend_after_fork(self)

    def observe_request(self, endpoint: str, method: str, status: int, seconds: float, *, service: str = "") -> None:
        """Count a request that ended. ``endpoint`` is the name of one of the service, or :data:`UNMATCHED`."""
        if method not in _METHODS:
            method = OTHER
        bucket = bisect_left(BOUNDS, seconds)
        with self._lock:
            requests = self._requests.get((service, endpoint, method)) or self._open(service, endpoint, method)
            counts = requests.counts
            counts[bucket] += 1
            counts[STATUS_OFFSET + status if status in STATUSES else NO_STATUS] += 1
            requests.sums[SUM] += seconds

    def count_failure(self, service: str, code: str) -> None:
        """Count a request to an endpoint that failed, by the code of its error."""
        with self._lock:
            self._add(name_of(Kind.FAILURES, service, code), 1)

    def count_reload(self, *, ok: bool) -> None:
        """Count a reload that was taken into service, or refused."""
        with self._lock:
            self._add(name_of(Kind.RELOADS, "ok" if ok else "refused"), 1)

    def render(self) -> bytes:
        """All metrics of all workers in Prometheus' text format, of :data:`CONTENT_TYPE`. Takes milliseconds."""
        self._sample()
        return exposition(add_up(self._board), self._sources.goals(), self._intents())

    def close(self) -> None:
        """End the thread that samples, if there is one. Closing twice is fine."""
        self._ended.set()
        if self._sampler is not None:
            self._sampler.join()
        self._board.close()

    def after_fork(self) -> None:
        """A forked child counts for itself, and never in the slot of its parent."""
        if self._board.is_shared:
            self._sampler = None
            self._use(Board.private(SHAPE, now=0.0))

    def _use(self, board: Board) -> None:
        self._board = board
        self._requests: dict[tuple[str, str, str], _Requests] = {}
        self._numbers: dict[str, memoryview[int]] = {}
        # Taken at once, so that there is a place for what finds none.
        self._overflow = self._requests_at(board.record(name_of(Kind.REQUESTS, OTHER, OTHER, OTHER)))

    def _open(self, service: str, endpoint: str, method: str) -> _Requests:
        record = self._record(name_of(Kind.REQUESTS, service, endpoint, method))
        found = self._overflow if record is None else self._requests_at(record)
        self._requests[service, endpoint, method] = found
        return found

    def _requests_at(self, record: memoryview | None) -> _Requests:
        assert record is not None, "an empty board has a place"
        return _Requests(record.cast("Q"), record.cast("d"))

    def _number(self, name: str) -> memoryview[int] | None:
        number = self._numbers.get(name)
        if number is None:
            record = self._record(name)
            if record is not None:
                number = self._numbers[name] = record[:8].cast("Q")
        return number

    def _record(self, name: str) -> memoryview | None:
        try:
            return self._board.record(name)
        except OSError as error:
            if not self._told:
                _log.error("some metrics can't be counted: %s", error)
            self._told = True
            return None

    def _add(self, name: str, count: int) -> None:
        number = self._number(name)
        if number is not None:
            number[0] += count

    def _set(self, name: str, value: int) -> None:
        number = self._number(name)
        if number is not None:
            number[0] = value

    def _sample_on(self) -> None:
        while not self._ended.wait(_SAMPLE_SECONDS):
            self._sample()

    def _sample(self) -> None:
        """Write down what this worker has in flight, so that the others can tell."""
        in_flight, waiting, dropped = (
            self._sources.in_flight(),
            self._sources.waiting(),
            self._sources.lines_dropped(),
        )
        with self._lock:
            self._set(name_of(Kind.IN_FLIGHT), in_flight)
            gone = [name for name in self._numbers if name.startswith(name_of(Kind.WAITING, ""))]
            for name in gone:
                self._set(name, 0)
            for service, count in waiting.items():
                self._set(name_of(Kind.WAITING, service), count)
            if dropped > self._lines_dropped:
                self._add(name_of(Kind.LINES_DROPPED), dropped - self._lines_dropped)
            self._lines_dropped = dropped

    def _intents(self) -> IntentsReport | None:
        """None when they are unknown at the moment: the other metrics are told all the same."""
        try:
            report = self._sources.intents()
        except PlugbayError as error:
            if not self._intents_unknown:
                _log.error("the metrics of intents are left out: %s", error)
            self._intents_unknown = True
            return None
        self._intents_unknown = False
        return report

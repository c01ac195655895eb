"""Keeps several worker processes running that share one listening socket."""

from __future__ import annotations

import logging
import os
import selectors
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from plugbay_adapters.priostack.serving.errors import WorkersFailed
from plugbay_adapters.priostack.serving.place import WorkerPlace
from plugbay_adapters.priostack.serving.worker_process import WorkerProcess

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Generator
    from pathlib import Path

    from plugbay_adapters.priostack.serving.settings import ServeSettings

_log = logging.getLogger("plugbay.serving")
_FIRST_DELAY: Final = 0.1
_MOST_DELAY: Final = 10.0
"""Seconds before a worker is started again: doubled each time, until one lived for longer than this."""
_STOPS_THAT_KILL: Final = 3
"""The first signal ends workers gracefully, the second at once, and this one those that are stuck."""
_MOST_FAILURES: Final = 5
"""Workers in a row that died before they served, after which a server without any other gives up."""


class Supervisor:
    """Starts the workers, replaces those that die, hands on signals, and waits for the end of all.

    ``folder`` is where they count together. The socket must be bound; the workers listen on it.
    """

    def __init__(
        self, settings: ServeSettings, listener: socket.socket, folder: Path, *, on_ready: Callable[[int], None]
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._folder = folder
        self._on_ready = on_ready
        self._workers: dict[int, WorkerProcess] = {}
        """By number; one that waits to be started again is not in it."""
        self._due: dict[int, float] = {}
        self._failures = dict.fromkeys(range(settings.workers), 0)
        self._failed_starts = 0
        self._last_error: dict[str, Any] | None = None
        self._announced = False
        self._signals: list[int] = []
        self._stops = 0
        self._selector = selectors.DefaultSelector()

    def run(self) -> bool:
        """Serve until told to stop; whether every worker ended gracefully.

        Raises :class:`WorkersFailed` when they can't be started, or can't be kept running.
        """
        with self._listening_to_signals():
            try:
                for number in range(self._settings.workers):
                    self._start(number)
                while self._workers or (self._due and not self._stops):
                    self._wait()
                    self._handle_signals()
                    self._start_those_due()
            except BaseException:
                self._kill_all()
                raise
        return self._stops == 1

    def _wait(self) -> None:
        """Until a worker says something or dies, a signal comes, or the next worker is to be started."""
        now = time.monotonic()
        timeout = max(0.0, min(self._due.values()) - now) if self._due and not self._stops else None
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                os.read(key.fd, 4096)
            else:
                self._hear(key.data)

    def _hear(self, worker: WorkerProcess) -> None:
        if not worker.read_report():
            self._bury(worker)
        elif worker.ready is not None:
            self._failed_starts = 0
            if not self._announced and all(other.ready for other in self._workers.values()) and not self._due:
                self._announced = True
                self._on_ready(worker.ready["routes"])

    def _start(self, number: int) -> None:
        place = WorkerPlace(number, self._settings.workers, self._folder)
        worker = WorkerProcess(self._settings, place, self._listener)
        self._workers[number] = worker
        self._selector.register(worker.report, selectors.EVENT_READ, worker)

    def _start_those_due(self) -> None:
        now = time.monotonic()
        for number in [number for number, due in self._due.items() if due <= now and not self._stops]:
            del self._due[number]
            self._start(number)

    def _bury(self, worker: WorkerProcess) -> None:
        """A worker has died: unless all are to end, another takes its place after a while."""
        self._selector.unregister(worker.report)
        del self._workers[worker.number]
        how = worker.reap()
        if self._stops:
            return
        if worker.ready is None:
            self._failed_starts += 1
            self._give_up_if_hopeless(worker, how)
        lived = time.monotonic() - worker.started
        failures = 0 if lived > _MOST_DELAY else self._failures[worker.number]
        delay = min(_FIRST_DELAY * 2**failures, _MOST_DELAY)
        self._failures[worker.number] = failures + 1
        self._due[worker.number] = time.monotonic() + delay
        self._say_death(worker, how, delay)

    def _say_death(self, worker: WorkerProcess, how: str, delay: float) -> None:
        _log.error("worker %d (pid %d) %s; another starts in %.1f s", worker.number, worker.pid, how, delay)
        if worker.error is not None and worker.error != self._last_error:
            _log.error("worker %d: [%s] %s", worker.number, worker.error["code"], worker.error["reason"])
        self._last_error = worker.error

    def _give_up_if_hopeless(self, worker: WorkerProcess, how: str) -> None:
        others = any(other.ready for other in self._workers.values())
        if self._announced and (others or self._failed_starts < _MOST_FAILURES):
            return
        facts = worker.error or {}
        reason = str(facts.get("reason", f"worker {worker.number} {how} before it served"))
        found, hint = facts.get("code"), facts.get("hint")
        raise WorkersFailed(f"the workers can't be started: {reason}", found=found, hint=str(hint) if hint else None)

    def _handle_signals(self) -> None:
        taken, self._signals = self._signals, []
        for number in taken:
            ends = number != signal.SIGHUP
            self._stops += ends
            if ends:
                self._listener.close()  # the workers close theirs: from then on nobody can connect
            for worker in self._workers.values():
                if ends:
                    worker.signal(signal.SIGTERM if self._stops < _STOPS_THAT_KILL else signal.SIGKILL)
                else:
                    worker.reload()

    def _kill_all(self) -> None:
        for worker in self._workers.values():
            worker.signal(signal.SIGKILL)
            while worker.read_report():
                time.sleep(0.01)
            worker.reap()

    @contextmanager
    def _listening_to_signals(self) -> Generator[None]:
        """A signal writes a byte into a pipe that the selector waits on, so none is missed between two looks."""
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        self._selector.register(reader, selectors.EVENT_READ, None)
        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        old_fd = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        before = {number: signal.signal(number, lambda number, _: self._signals.append(number)) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(old_fd)
            self._selector.close()
            os.close(reader)
            os.close(writer)

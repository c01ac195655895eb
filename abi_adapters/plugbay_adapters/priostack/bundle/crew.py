"""The threads that run a lane's calls: one as long as calls are quick, more when they are not.

A call of a few microseconds costs less than handing the interpreter from one thread to another, so several threads on
one queue would spend their time fighting for it. One of them, the runner, takes whatever comes. While anything waits, a
helper looks after it again and again: when the runner is stuck in a slow call, or all calls take long, it takes calls
too, and has the next helper look.
"""

from __future__ import annotations

import logging
from queue import Empty, SimpleQueue
from threading import Lock, Thread, current_thread
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Job = TypeVar("Job")

_log = logging.getLogger("plugbay.bundle")
SLOW: Final = 0.01
"""Seconds of a job after which others do not wait for it any more. Python may keep a quick one from the interpreter for
half of that."""
_LOOK: Final = 0.001
"""Seconds between two looks."""
_QUICK: Final = 100e-6
"""Seconds of a job up to which a second thread costs more than it brings."""
_FORGET: Final = 1.05
"""By how much the quickest job of late counts as slower with each that was not so quick."""
_NEVER: Final = float("inf")


class Crew(Generic[Job]):
    """At most ``size`` daemon threads, started when they are needed; ``run`` does a job and must not raise."""

    def __init__(self, name: str, size: int, run: Callable[[Job], None]) -> None:
        self._name = name
        self._size = size
        self._run = run
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._wanted: SimpleQueue[None] = SimpleQueue()
        """Each has a helper look after the runner."""
        self._watched = size == 1
        """Whether a helper looks; nobody does where the runner is alone."""
        self._slow_from = _NEVER
        """When the runner's job will be slow."""
        self._quickest = _NEVER
        """Seconds of the quickest job of late: how long jobs take when nothing gets in their way."""
        self._ending = False
        self._helping = 0
        """Helpers that have a job."""
        self._threads: list[Thread] = []
        self._starting = Lock()

    def put(self, job: Job) -> None:
        """Have a job run. Raises ``RuntimeError`` when the system has no thread for it."""
        if not self._threads:
            self._start(self._take_all, most=1)
        self._jobs.put(job)
        if not self._watched:
            self._watched = True
            self._want_helper()

    @property
    def idle(self) -> bool:
        """Whether no job waits."""
        return self._jobs.empty()

    def close(self) -> list[Job]:
        """End the threads, each after the jobs that were put before; what was put later and has not run.

        From one of the threads it does not wait for them. Closing twice is fine.
        """
        with self._starting:
            self._ending = True
            threads = tuple(self._threads)
        for _ in threads:  # a second close puts them again, for nobody
            self._jobs.put(None)
            self._wanted.put(None)
        if current_thread() in threads:
            return []
        for thread in threads:
            thread.join()
        left = [self._jobs.get() for _ in range(self._jobs.qsize())]
        return [job for job in left if job is not None]

    def _start(self, work: Callable[[], None], *, most: int) -> None:
        """Start one more thread, unless there are ``most``."""
        with self._starting:
            if len(self._threads) < most and not self._ending:
                thread = Thread(target=work, name=f"{self._name}-{len(self._threads) + 1}", daemon=True)
                thread.start()
                self._threads.append(thread)

    def _want_helper(self) -> None:
        """Have one more helper look: a new one when all there are have jobs."""
        enough = min(self._size, self._helping + 2)
        if len(self._threads) < enough:
            try:
                self._start(self._help, most=enough)
            except RuntimeError as error:  # the others do it alone
                _log.warning("%s: no further thread can be started: %s", self._name, error)
        if self._wanted.empty():
            self._wanted.put(None)

    def _take_all(self) -> None:
        """The runner."""
        while (job := self._jobs.get()) is not None:
            began = perf_counter()
            self._slow_from = began + SLOW
            self._run(job)
            self._slow_from = _NEVER
            self._quickest = min(self._quickest * _FORGET, perf_counter() - began)
            del job  # it must not live until the next one

    def _help(self) -> None:
        """A helper."""
        while True:
            self._wanted.get()
            while self._keep_watch():
                if not self._needs_help():
                    sleep(_LOOK)
                    continue
                try:
                    job = self._jobs.get_nowait()
                except Empty:
                    continue
                if job is None:
                    return
                self._run_beside(job)
                del job

    def _run_beside(self, job: Job) -> None:
        """Run a job in a helper, which can't look meanwhile: another one does."""
        with self._starting:
            self._helping += 1
        if self._keep_watch():
            self._want_helper()
        self._run(job)
        with self._starting:
            self._helping -= 1

    def _keep_watch(self) -> bool:
        """Whether anything waits; else the watch is over, and whoever puts a job begins another.

        The watch is given up before the look, so that a job is seen either here or by who puts it.
        """
        self._watched = False
        if self._jobs.empty():
            return False
        self._watched = True
        return True

    def _needs_help(self) -> bool:
        return self._ending or self._quickest > _QUICK or perf_counter() > self._slow_from

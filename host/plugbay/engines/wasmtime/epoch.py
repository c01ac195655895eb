"""One thread per process that advances the epoch of every open engine.

No thread survives ``fork``. This one is stopped before and started again on both sides, so that it is never caught in
the middle of anything. Python 3.12 and later warn of the fork all the same, since they count threads after it.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import Final
from weakref import WeakSet

import wasmtime

TICK_SECONDS: Final = 0.01
"""Seconds between two ticks: deadlines are exact to one or two of them."""


class EpochTicker:
    """Ticks every registered engine, for as long as one is registered."""

    def __init__(self) -> None:
        self._engines: WeakSet[wasmtime.Engine] = WeakSet()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def register(self, engine: wasmtime.Engine) -> None:
        """Tick the engine until it is unregistered or freed."""
        with self._lock:
            self._engines.add(engine)
            self._start()

    def unregister(self, engine: wasmtime.Engine) -> None:
        """Stop ticking the engine."""
        with self._lock:
            self._engines.discard(engine)

    @property
    def alive(self) -> bool:
        """Whether the thread runs in this process."""
        return self._thread is not None and self._thread.is_alive()

    def before_fork(self) -> None:
        """Stop the thread; the lock is held until the fork is over, so that nobody starts another."""
        thread = self._thread
        self._stop.set()
        if thread is not None:
            thread.join()
        self._lock.acquire()

    def after_fork(self) -> None:
        """Go on, in the parent and in the child alike."""
        self._stop = threading.Event()
        self._thread = None
        if self._engines:
            self._start()
        self._lock.release()

    def _start(self) -> None:
        if not self.alive:
            self._thread = threading.Thread(target=self._run, args=(self._stop,), name="plugbay-epoch", daemon=True)
            self._thread.start()

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(TICK_SECONDS):
            with self._lock:
                engines = list(self._engines)
                if not engines:
                    self._thread = None
                    return
            for engine in engines:
                engine.increment_epoch()


@cache
def process_ticker() -> EpochTicker:
    """The process's ticker, made at the first call: one per process by nature, so it can't belong to one host."""
    ticker = EpochTicker()
    os.register_at_fork(before=ticker.before_fork, after_in_parent=ticker.after_fork, after_in_child=ticker.after_fork)
    return ticker

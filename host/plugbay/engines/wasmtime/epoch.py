"""One thread per process that advances the epoch of every open engine.

The thread does not survive ``fork`` (nor does any other); the child starts its own as soon as it runs.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Final
from weakref import WeakSet

import wasmtime

from plugbay.forks import mend_after_fork

TICK_SECONDS: Final = 0.01
"""Seconds between two ticks: deadlines are exact to one or two of them."""


class EpochTicker:
    """Ticks every registered engine, for as long as one is registered."""

    def __init__(self) -> None:
        self._engines: WeakSet[wasmtime.Engine] = WeakSet()
        self._lock = threading.Lock()
        self._wake = threading.Event()
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

    def after_fork(self) -> None:
        """Start a thread of the child's own; the lock may have been held when the parent forked."""
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread = None
        if self._engines:
            self._start()

    def _start(self) -> None:
        if not self.alive:
            self._thread = threading.Thread(target=self._run, name="plugbay-epoch", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._wake.wait(TICK_SECONDS):
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
    mend_after_fork(ticker)
    return ticker

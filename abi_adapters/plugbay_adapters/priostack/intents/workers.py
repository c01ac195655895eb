"""The threads of an intent engine: workers that run what is due, and a caretaker."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from plugbay.errors import ConfigInvalid, PluginClosed
from plugbay_adapters.priostack.errors import SensorQueueUnusable

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger("plugbay.intents")

POLL: Final = 0.5
"""Seconds after which an idle worker looks for what other processes accepted."""
_TEND: Final = 1.0
"""Seconds between two rounds of the caretaker."""
_REST: Final = 1.0
"""Seconds of rest after a failure of the queue or of our own."""


class Workers:
    """Threads that call ``step`` until there is nothing to do, and ``tend`` every second.

    ``step`` gets the number of its worker and answers for how many seconds there is nothing to do, 0 when it did
    something. What either raises is logged, and it goes on: a thread ends only by :meth:`stop`, or when the queue is
    closed.
    """

    def __init__(self, step: Callable[[int], float], tend: Callable[[], float], count: int) -> None:
        if count < 1:
            raise ConfigInvalid("an engine needs a worker", function="workers", expected="1 or more", found=count)
        self._step = step
        self._tend = tend
        self._count = count
        self._wish = False
        self._in_trouble = False
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._change = threading.Condition()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._stopped: list[threading.Thread] = []
        self._slots = itertools.count()
        self.changes = 0
        """Counts what may give someone work or an answer."""

    def start(self) -> None:
        """Start the threads, unless they run."""
        with self._lock:
            self._wish = True
            if self._threads:
                return
            self._stop = stop = threading.Event()
            self._begin(
                threading.Thread(target=self._tend_on, args=(stop,), name="plugbay-intents-caretaker", daemon=True)
            )
            for _ in range(self._count):
                self._begin(self._worker(next(self._slots), stop))

    def _begin(self, thread: threading.Thread) -> None:
        thread.start()
        self._threads.append(thread)

    def _worker(self, slot: int, stop: threading.Event) -> threading.Thread:
        """A worker. No slot is used twice: one that was stopped may still have its run."""
        name = f"plugbay-intents-{slot}"
        return threading.Thread(target=self._step_on, args=(slot, stop), name=name, daemon=True)

    def resume(self) -> None:
        """Start the threads in a forked child whose parent had them."""
        if self._wish and not self._threads:
            self.start()

    def stop(self, timeout: float | None) -> int:
        """Let the threads end after what they do, and wait up to ``timeout`` seconds; how many still work then."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._lock:
            self._wish = False
            self._stopped = stopped = [thread for thread in self._stopped + self._threads if thread.is_alive()]
            self._threads = []
            self._stop.set()
        self.wake()
        for thread in stopped:
            if thread is not threading.current_thread():  # a function may close the engine that runs it
                thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
        return sum(thread.is_alive() for thread in stopped)

    def wake(self) -> None:
        """Something changed: workers and those who wait for events look at once."""
        with self._change:
            self.changes += 1
            self._change.notify_all()

    def wait_for_change(self, seen: int, seconds: float) -> None:
        """Wait until there was another change than those ``seen``, at most so long."""
        with self._change:
            if self.changes == seen:
                self._change.wait(seconds)

    def rest(self) -> bool:
        """Wait a moment before something that failed is tried again; False when it is not to be tried again."""
        return bool(self._threads) and not self._stop.wait(_REST)

    def note_trouble(self, error: SensorQueueUnusable) -> None:
        """The queue can't be used: log it, once until it can be used again."""
        if not self._in_trouble:
            self._in_trouble = True
            _log.error("intents stand still, trying again every second: %s", error)

    def note_success(self) -> None:
        """The queue can be used."""
        if self._in_trouble:
            self._in_trouble = False
            _log.warning("intents run again: the sensor queue is usable")

    def after_fork(self) -> None:
        """In a forked child: no thread lives."""
        self._begin_anew()

    def _step_on(self, slot: int, stop: threading.Event) -> None:
        while not stop.is_set():
            seen = self.changes
            pause = self._guarded(lambda: self._step(slot), stop)
            if pause is None:
                stop.wait(_REST)
            elif pause > 0 and not stop.is_set():
                self.wait_for_change(seen, min(pause, POLL))

    def _tend_on(self, stop: threading.Event) -> None:
        while True:
            self._guarded(self._tend, stop)
            if stop.wait(_TEND):
                return

    def _guarded(self, work: Callable[[], float], stop: threading.Event) -> float | None:
        """What the work answers; None when it failed, which is logged."""
        try:
            answer = work()
        except SensorQueueUnusable as error:
            self.note_trouble(error)
        except PluginClosed:
            stop.set()  # the queue was closed first: there is nothing left to do
        except Exception:  # noqa: BLE001 # intents must go on, whatever one of them met
            _log.exception("a thread of the intents failed, and goes on")
        else:
            self.note_success()
            return answer
        return None

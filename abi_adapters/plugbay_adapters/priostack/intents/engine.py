"""Runs the intents of a bundle when their sensors fire."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

from plugbay.errors import GuestError, PlugbayError, PluginClosed
from plugbay.forks import mend_after_fork
from plugbay_adapters.priostack.errors import SensorQueueUnusable, UnknownSensor
from plugbay_adapters.priostack.intents.backoff import Backoff
from plugbay_adapters.priostack.intents.claiming import NothingDue
from plugbay_adapters.priostack.intents.finishing import Attempt
from plugbay_adapters.priostack.intents.followups import read_followups
from plugbay_adapters.priostack.intents.lookup import IntentLookup
from plugbay_adapters.priostack.intents.outcome_log import log_outcome
from plugbay_adapters.priostack.intents.owner import Owner
from plugbay_adapters.priostack.intents.payload import encode_payload
from plugbay_adapters.priostack.intents.recovery import LEASE, OwnerWatch
from plugbay_adapters.priostack.intents.workers import POLL, Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugbay_adapters.priostack.bundle.documents import Intent
    from plugbay_adapters.priostack.intents.claiming import Claim
    from plugbay_adapters.priostack.intents.event import SensorEvent
    from plugbay_adapters.priostack.intents.finishing import Ended
    from plugbay_adapters.priostack.intents.queue import SensorQueue
    from plugbay_adapters.priostack.intents.report import IntentsReport

_log = logging.getLogger("plugbay.intents")

_OWN_SLOT: Final = -1
"""Of :meth:`IntentEngine.step`; the workers have those from 0 on."""
_MOST_ERROR: Final = 2_000
"""Characters that are kept of an error."""


class IntentEngine:
    """Accepts sensor events, and runs each matching intent in threads of its own once started.

    ``intents_of`` answers which intents listen to a sensor, at the time of the call: a reload may change them.
    ``all_intents`` names all of them for :meth:`report`; without it only those that ever had a run are listed.
    ``run`` calls the function of an intent with the payload and gives its output; what it raises is a failed attempt.
    ``timer`` measures how long attempts take, in seconds.
    """

    def __init__(
        self,
        queue: SensorQueue,
        intents_of: Callable[[str], Sequence[Intent]],
        run: Callable[[Intent, bytes], bytes],
        *,
        all_intents: Callable[[], Sequence[Intent]] | None = None,
        workers: int = 2,
        backoff: Backoff | None = None,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._queue = queue
        self._lookup = IntentLookup(intents_of, all_intents)
        self._call = run
        self._backoff = backoff or Backoff()
        self._timer = timer
        self._owner = Owner.of_this_process()
        self._watch = OwnerWatch()
        self._workers = Workers(self._step, self.tend, workers)
        self._last_beat = time.monotonic()
        mend_after_fork(self)

    def fire(self, sensor: str, payload: object) -> SensorEvent:
        """Accept an event: durable once this returns. Works before :meth:`start` too.

        ``payload`` is the input of the functions: ``bytes`` are JSON as it is, anything else is written as JSON.
        Raises UnknownSensor, SensorQueueFull, SensorQueueUnusable, InputTooLarge (a payload over the bound) and
        ConfigInvalid (a payload that is no JSON).
        """
        intents = self._lookup.listeners(sensor)
        if not intents:
            hint = "fire a sensor that an intent names as whenSensor"
            raise UnknownSensor(f"no intent listens to the sensor {sensor!r:.200}", found=sensor, hint=hint)
        event = self._queue.accept(sensor, encode_payload(payload, self._queue.bounds.payload_bytes), intents)
        self._workers.resume()
        self._workers.wake()
        return event

    def check(self) -> None:
        """Raises SensorQueueUnusable when the queue can't be read; cheap, for readiness probes."""
        self._queue.check()

    def event(self, event_id: str) -> SensorEvent | None:
        """An event as it stands; None when there is none of that id, or no longer. Raises SensorQueueUnusable."""
        return self._queue.event(event_id)

    def wait(self, event_id: str, timeout: float | None = None) -> SensorEvent | None:
        """The event once it is finished, or as it stands after ``timeout`` seconds (see ``finished``)."""
        self._workers.resume()
        deadline = float("inf") if timeout is None else time.monotonic() + timeout
        while True:
            seen = self._workers.changes
            event = self._queue.event(event_id)
            left = deadline - time.monotonic()
            if event is None or event.finished or left <= 0:
                return event
            self._workers.wait_for_change(seen, min(left, POLL))

    def report(self) -> IntentsReport:
        """What all intents are doing. Raises SensorQueueUnusable."""
        return self._queue.report(self._lookup.all(), self._lookup.intent_now)

    def start(self) -> None:
        """Run what waits, in the background, until :meth:`close`. Starting twice is starting once."""
        self._workers.start()

    def step(self) -> bool:
        """Run one run that is due, in this thread; whether there was one. For programs that want no background.

        Only one thread may do so at a time. Raises SensorQueueUnusable.
        """
        return self._step(_OWN_SLOT) == 0

    def tend(self) -> int:
        """One round of care: take over from processes that are gone, give up what is too late, drop old history.

        Once started, the engine does it by itself. How many runs were taken over. Raises SensorQueueUnusable.
        """
        alive = time.monotonic() - self._last_beat > LEASE / 6
        taken = self._queue.tend(self._owner, self._watch, self._lookup.intent_now, alive=alive)
        if alive:
            self._last_beat = time.monotonic()
        if taken:
            _log.warning("took over %d runs of a process that is gone; they start again", taken)
            self._workers.wake()
        return taken

    def close(self, timeout: float | None = None) -> None:
        """Start no further run, and wait up to ``timeout`` seconds for those that run. The queue stays open.

        Runs that wait stay in the queue. One that still runs afterwards counts if it ends before its process does, and
        else starts again in another.
        """
        working = self._workers.stop(timeout)
        if working:
            _log.warning("%d threads of the intents still work after %s s", working, timeout)
            return
        try:
            self._queue.retire(self._owner)
        except (SensorQueueUnusable, PluginClosed) as error:
            _log.warning("the sensor queue does not know that its engine was closed: %s", error)

    def after_fork(self) -> None:
        """In a forked child: another owner, and threads that start when they are first needed."""
        self._workers.after_fork()
        self._owner = Owner.of_this_process()
        self._watch = OwnerWatch()

    def _step(self, slot: int) -> float:
        """Run what is due; for how many seconds there is nothing to do, 0 when there was something."""
        claim = self._queue.claim(self._owner, slot, self._lookup.intent_now)
        if isinstance(claim, NothingDue):
            return POLL if claim.wait is None else claim.wait
        attempt = self._attempt(claim)
        ended = self._finish(claim, attempt)
        log_outcome(claim, attempt, ended)
        self._workers.wake()
        return 0

    def _attempt(self, claim: Claim) -> Attempt:
        """Call the function of the intent once."""
        failure: BaseException | None = None
        result = b""
        began = self._timer()
        try:
            result = self._call(claim.intent, claim.payload)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 # whatever it is, it is this run's failure and nobody else's
            failure = error
        seconds = self._timer() - began
        expected = claim.intent.expected_duration
        slow = expected is not None and seconds > expected
        if failure is None:
            return Attempt(seconds, slow, followups=read_followups(result))
        _log_failure(claim, failure)
        return Attempt(seconds, slow, error=_text_of(failure), delay=self._backoff.delay(claim.attempt))

    def _finish(self, claim: Claim, attempt: Attempt) -> Ended | None:
        """Record how it went; while the queue can't be used this worker waits: it must not forget what it did."""
        while True:
            try:
                return self._queue.finish(claim, attempt, self._lookup.listeners)
            except SensorQueueUnusable as error:
                self._workers.note_trouble(error)
                if not self._workers.rest():
                    raise


def _log_failure(claim: Claim, failure: BaseException) -> None:
    """Tell where it failed: an error of plugbay's says where in the guest, of any other only a traceback does."""
    # What a function says of itself needs no backtrace; of a trap it is all that there is to go by.
    level = logging.DEBUG if isinstance(failure, GuestError) else logging.INFO
    name, event = claim.intent.name, claim.event
    if isinstance(failure, PlugbayError):
        _log.log(level, "intent %s raised (event %s): %s", name, event, failure)
    else:
        _log.log(level, "intent %s raised (event %s)", name, event, exc_info=failure)


def _text_of(error: BaseException) -> str:
    """What is kept of an error: one of ours by its code and reason, another by its type. Always encodable."""
    text = f"{error.code}: {error.reason}" if isinstance(error, PlugbayError) else f"{type(error).__name__}: {error}"
    return text[:_MOST_ERROR].encode("utf-8", "replace").decode("utf-8")

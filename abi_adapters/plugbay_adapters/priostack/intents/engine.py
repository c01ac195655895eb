"""Runs the intents of a bundle when their sensors fire."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugbay_adapters.priostack.bundle.documents import Intent
    from plugbay_adapters.priostack.intents.event import SensorEvent
    from plugbay_adapters.priostack.intents.queue import SensorQueue
    from plugbay_adapters.priostack.intents.report import IntentsReport


class IntentEngine:
    """Accepts sensor events, and runs each matching intent in threads of its own once started.

    ``intents_of`` answers which intents listen to a sensor, at the time of the call: a reload may change them.
    ``all_intents`` names all of them for :meth:`report`; without it only those that ever had a run are listed.
    ``run`` calls the function of an intent with the payload and gives its output; what it raises is a failed attempt.
    """

    def __init__(
        self,
        queue: SensorQueue,
        intents_of: Callable[[str], Sequence[Intent]],
        run: Callable[[Intent, bytes], bytes],
        *,
        all_intents: Callable[[], Sequence[Intent]] | None = None,
        workers: int = 2,
    ) -> None:
        raise NotImplementedError

    def fire(self, sensor: str, payload: object) -> SensorEvent:
        """Accept an event: durable once this returns. Works before :meth:`start` too.

        ``payload`` is the input of the functions: ``bytes`` are JSON as it is, anything else is written as JSON.
        Raises UnknownSensor, SensorQueueFull, SensorQueueUnusable, InputTooLarge (a payload over the bound) and
        ConfigInvalid (a payload that is no JSON).
        """
        raise NotImplementedError

    def event(self, event_id: str) -> SensorEvent | None:
        """An event as it stands; None when there is none of that id, or no longer. Raises SensorQueueUnusable."""
        raise NotImplementedError

    def wait(self, event_id: str, timeout: float | None = None) -> SensorEvent | None:
        """The event once it is finished, or as it stands after ``timeout`` seconds (see ``finished``)."""
        raise NotImplementedError

    def report(self) -> IntentsReport:
        """What all intents are doing. Raises SensorQueueUnusable."""
        raise NotImplementedError

    def start(self) -> None:
        """Run what waits, in the background, until :meth:`close`. Starting twice is starting once."""
        raise NotImplementedError

    def close(self, timeout: float | None = None) -> None:
        """Start no further run, and wait up to ``timeout`` seconds for those that run. The queue stays open."""
        raise NotImplementedError

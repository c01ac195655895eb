"""Intents with a clock and functions that a test holds in its hands: nothing sleeps, no module is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from plugbay_adapters.priostack.bundle.documents import Handler, Intent
from plugbay_adapters.priostack.bundle.problem import Place
from plugbay_adapters.priostack.intents.backoff import Backoff
from plugbay_adapters.priostack.intents.engine import IntentEngine
from plugbay_adapters.priostack.intents.queue import SensorQueue

if TYPE_CHECKING:
    from plugbay_adapters.priostack.intents.bounds import QueueBounds
    from plugbay_adapters.priostack.intents.event import SensorEvent
    from plugbay_adapters.priostack.intents.report import IntentReport

START = 1_800_000_000 * 10**9
SECOND = 10**9


def intent(
    name: str = "greet",
    sensor: str = "arrived",
    *,
    cooldown: float | None = None,
    retries: int = 0,
    expected_duration: float | None = None,
    expires_in: float | None = None,
) -> Intent:
    """An intent whose function has its name."""
    handler = Handler("users", name)
    place = Place("services/users.yaml", 1)
    times = (cooldown, retries, expected_duration, expires_in)
    return Intent(name, "users", sensor, handler, "workflow", *times, place)


class Clock:
    """Seconds since a start that only the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> int:
        return START + round(self.now * SECOND)


class Workbench:
    """An engine on a queue. ``functions`` has what a function does, by its name; without one it answers ``{}``."""

    def __init__(self, url: str, *intents: Intent, bounds: QueueBounds | None = None, workers: int = 2) -> None:
        self.intents = list(intents)
        self.clock = Clock()
        self.stopwatch = 0.0
        self.functions: dict[str, Callable[[bytes], bytes]] = {}
        self.calls: list[tuple[str, bytes]] = []
        self.queue = SensorQueue.open(url, bounds=bounds, clock=self.clock)
        self.engine = self.another_engine(workers=workers)

    def another_engine(self, queue: SensorQueue | None = None, workers: int = 2) -> IntentEngine:
        return IntentEngine(
            queue or self.queue,
            lambda sensor: [one for one in self.intents if one.sensor == sensor],
            self._call,
            all_intents=lambda: self.intents,
            workers=workers,
            backoff=Backoff(chance=lambda: 0.0),
            timer=lambda: self.stopwatch,
        )

    def _call(self, intent: Intent, payload: bytes) -> bytes:
        self.calls.append((intent.name, payload))
        function = self.functions.get(intent.name)
        return b"{}" if function is None else function(payload)

    def fire(self, sensor: str = "arrived", payload: object = None) -> SensorEvent:
        return self.engine.fire(sensor, payload)

    def run_all(self) -> int:
        """Run what is due; how many attempts that were."""
        count = 0
        while self.engine.step():
            count += 1
        return count

    def event(self, event: SensorEvent) -> SensorEvent:
        found = self.engine.event(event.id)
        assert found is not None
        return found

    def states(self, event: SensorEvent) -> dict[str, str]:
        """The state of each run of an event, by its intent."""
        return {run.intent: run.state.text for run in self.event(event).runs}

    def report(self, name: str = "greet") -> IntentReport:
        (found,) = [one for one in self.engine.report().intents if one.intent == name]
        return found

    def close(self) -> None:
        self.engine.close(10)
        self.queue.close()


def fails(text: str = "broken") -> Callable[[bytes], bytes]:
    """A function that fails."""

    def function(_: bytes) -> bytes:
        raise RuntimeError(text)

    return function


def answers(result: bytes) -> Callable[[bytes], bytes]:
    """A function that always answers the same."""
    return lambda _: result

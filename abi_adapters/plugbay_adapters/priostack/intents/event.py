"""Sensor events: that something happened, and the runs that it caused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugbay_adapters.priostack.intents.run import time_text

if TYPE_CHECKING:
    from plugbay_adapters.priostack.intents.run import IntentRun


@dataclass(frozen=True, slots=True)
class SensorEvent:
    """An accepted event as of one moment. It is durable: it outlives the process that took it."""

    id: str
    """A UUID v7."""
    sensor: str
    accepted: int
    """Unix nanoseconds."""
    depth: int
    """0 for an event from outside; one more than its cause's for an event that the result of a run fired."""
    runs: tuple[IntentRun, ...]
    """One for each intent that listens to the sensor, those that were skipped included."""
    finished: bool
    """Whether its runs, and those of all events that they fired, have come to an end."""

    def to_dict(self) -> dict[str, object]:
        """The event as plain values, times as RFC 3339 text."""
        return {
            "id": self.id,
            "sensor": self.sensor,
            "accepted": time_text(self.accepted),
            "depth": self.depth,
            "finished": self.finished,
            "runs": [run.to_dict() for run in self.runs],
        }

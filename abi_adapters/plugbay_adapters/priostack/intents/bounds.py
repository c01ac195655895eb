"""How much a sensor queue may hold."""

from __future__ import annotations

from dataclasses import dataclass, fields

from plugbay.errors import ConfigInvalid


@dataclass(frozen=True, slots=True)
class QueueBounds:
    """How much a sensor queue may hold. Raises :class:`~plugbay.errors.ConfigInvalid` for a bound below 1.

    The results of runs may fire until twice as much as ``waiting`` and ``stored_bytes`` is full: what was accepted is
    to come to its end while new events are refused.
    """

    waiting: int = 100_000
    """Runs that wait. Over it, events are refused with SensorQueueFull."""
    payload_bytes: int = 1024 * 1024
    """The payload of one event, as JSON."""
    stored_bytes: int = 1024 * 1024 * 1024
    """The payloads of all events, finished ones included; the oldest finished ones make room for new ones."""
    history: int = 10_000
    """Finished events that are kept for reports."""
    history_seconds: float = 7 * 86400.0
    """How long they are kept. Runs whose intent is gone wait for it as long."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value >= 1:
                raise ConfigInvalid("a bound of the sensor queue is too low", function=field.name, expected="1 or more")

"""What the intents of a bundle are doing, for operators: the content of ``/_intents``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugbay_adapters.priostack.intents.run import time_text

if TYPE_CHECKING:
    from plugbay_adapters.priostack.intents.run import IntentRun


@dataclass(frozen=True, slots=True)
class IntentCounts:
    """Runs of one intent by state. Those that still wait or run are there now; the others are counted for ever."""

    waiting: int = 0
    retrying: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    expired: int = 0
    skipped: int = 0
    slow: int = 0
    """Attempts that took longer than expected; they are counted by their state as well."""

    def to_dict(self) -> dict[str, int]:
        """The counts by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class IntentReport:
    """One intent as of one moment. Timestamps are Unix nanoseconds; None is "not yet" or "does not apply"."""

    intent: str
    sensor: str
    service: str | None
    """None when the bundle no longer has the intent: its runs wait for it to come back."""
    handler: str | None
    primitive: str | None
    counts: IntentCounts
    last_started: int | None = None
    last_ended: int | None = None
    last_error: str | None = None
    last_error_at: int | None = None
    next_due: int | None = None
    """When the next of its runs may start; a time that has passed says that the run waits for a free worker."""
    cooldown_until: int | None = None
    """Until when events are skipped; None when none are."""

    def to_dict(self) -> dict[str, object]:
        """The report as plain values, times as RFC 3339 text; what does not apply is left out."""
        facts: dict[str, object] = {
            "intent": self.intent,
            "sensor": self.sensor,
            "service": self.service,
            "handler": self.handler,
            "primitiveIntent": self.primitive,
            "counts": self.counts.to_dict(),
            "lastStarted": time_text(self.last_started),
            "lastEnded": time_text(self.last_ended),
            "lastError": self.last_error,
            "lastErrorAt": time_text(self.last_error_at),
            "nextDue": time_text(self.next_due),
            "cooldownUntil": time_text(self.cooldown_until),
            "orphaned": True if self.service is None else None,
        }
        return {name: value for name, value in facts.items() if value is not None}


@dataclass(frozen=True, slots=True)
class IntentsReport:
    """All intents as of one moment, and the newest runs, newest first."""

    intents: tuple[IntentReport, ...]
    recent: tuple[IntentRun, ...]
    waiting: int
    """Runs of all intents that wait, retries included."""
    waiting_bound: int
    """At how many waiting runs further events are refused."""

    def to_dict(self) -> dict[str, object]:
        """The report as plain values."""
        return {
            "waiting": self.waiting,
            "waitingBound": self.waiting_bound,
            "intents": [report.to_dict() for report in self.intents],
            "recent": [run.to_dict() for run in self.recent],
        }

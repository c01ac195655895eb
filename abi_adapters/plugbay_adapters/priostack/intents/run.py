"""Runs: each is one intent's answer to one sensor event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum


class RunState(IntEnum):
    """Where a run stands. The numbers are those of the queue's file; they never change their meaning."""

    WAITING = 0
    """Accepted, never started."""
    RETRYING = 1
    """It failed, or its process died; it starts again when it is due."""
    RUNNING = 2
    DONE = 3
    FAILED = 4
    """Its last retry failed too."""
    EXPIRED = 5
    """It could not be started in the time that its intent gives it."""
    SKIPPED = 6
    """Its event fired within the cooldown of the intent."""

    @property
    def text(self) -> str:
        """The name as reports spell it."""
        return self.name.lower()

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to the run."""
        return self >= RunState.DONE


@dataclass(frozen=True, slots=True)
class IntentRun:
    """One run as of one moment. Timestamps are Unix nanoseconds; None is "not yet" or "does not apply"."""

    intent: str
    sensor: str
    event: str
    """The id of the event."""
    state: RunState
    attempts: int = 0
    """How often it was started; more than one says that it failed, or that its process died."""
    due: int | None = None
    """WAITING, RETRYING: when it may start. SKIPPED: when the cooldown is over, at the earliest."""
    started: int | None = None
    """The start of the last attempt."""
    ended: int | None = None
    seconds: float | None = None
    """How long the last attempt took."""
    slow: bool = False
    """The last attempt took longer than the intent expects."""
    error: str | None = None
    """What the last failed attempt said."""
    problems: tuple[str, ...] = ()
    """What was wrong with the sensors in its result; the run itself is done."""

    def to_dict(self) -> dict[str, object]:
        """The run as plain values, times as RFC 3339 text; what does not apply is left out."""
        facts: dict[str, object] = {
            "intent": self.intent,
            "sensor": self.sensor,
            "event": self.event,
            "state": self.state.text,
            "attempts": self.attempts,
            "due": time_text(self.due),
            "started": time_text(self.started),
            "ended": time_text(self.ended),
            "seconds": self.seconds,
            "slow": self.slow or None,
            "error": self.error,
            "problems": list(self.problems) or None,
        }
        return {name: value for name, value in facts.items() if value is not None}


def time_text(at: int | None) -> str | None:
    """A timestamp in Unix nanoseconds as RFC 3339 text in UTC, to the millisecond; None for None."""
    if at is None:
        return None
    moment = datetime.fromtimestamp(at // 1_000_000 / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

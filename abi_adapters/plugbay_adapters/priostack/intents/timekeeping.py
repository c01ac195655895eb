"""The time of a queue: that of the system's clock, but never running back.

Times of the queue are compared over restarts and processes, so they are wall-clock times, and a wall clock can be set
back. Then everything that waits is moved back by as much: a retry that was due in 4 s is due in 4 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

_LONGEST: Final = 100 * 365.25 * 86400.0
"""Seconds. Longer times are as long, so that every time fits into the 64 bits that SQLite has for it."""

_STEP: Final = 1_000_000_000
"""Nanoseconds by which a clock may be behind before it counts as set back; within that, time stands still."""


def nanoseconds(seconds: float) -> int:
    """A duration in nanoseconds."""
    return round(min(seconds, _LONGEST) * 1e9)


def keep_time(connection: sqlite3.Connection, now: int, *, mend: bool) -> int:
    """The present for a transaction, in Unix nanoseconds. ``mend``: move what waits when the clock was set back."""
    (latest,) = connection.execute("SELECT clock FROM totals").fetchone()
    if now >= latest:
        return now
    if latest - now < _STEP or not mend:
        return int(latest)
    connection.execute("UPDATE runs SET due = due - ? WHERE state < 2", (latest - now,))
    connection.execute("UPDATE intents SET started = started - ?", (latest - now,))
    return now


def mark_time(connection: sqlite3.Connection, now: int) -> None:
    """Keep the time of the last change; the transaction commits it."""
    connection.execute("UPDATE totals SET clock = ?", (now,))

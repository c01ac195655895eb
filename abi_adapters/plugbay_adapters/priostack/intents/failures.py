"""Turns errors of SQLite and of the system into the one that users of a sensor queue know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay.sqlite_failures import error_name, way_out
from plugbay_adapters.priostack.errors import SensorQueueUnusable

if TYPE_CHECKING:
    import sqlite3

_HINTS: Final = {
    "SQLITE_NOTADB": "the file is damaged or of another kind: give the sensor queue a file of its own",
    "SQLITE_CORRUPT": "the file is damaged: stop the server, move the file away and restore it from a backup",
    "SQLITE_BUSY": "another process holds the file: let no other program write to it",
}


def unusable(path: str | None, error: sqlite3.Error | OSError) -> SensorQueueUnusable:
    """The error of a queue for one of SQLite or the system, which becomes its cause. ``path`` None is in memory."""
    if isinstance(error, SensorQueueUnusable):
        return error
    if isinstance(error, OSError):
        reason = f"the sensor queue {path} can't be used: {error.strerror}"
        made = SensorQueueUnusable(reason, hint="its folder must exist and be writable")
    else:
        reason = f"the sensor queue {path or 'in memory'} failed: {error}"
        made = SensorQueueUnusable(reason, found=error_name(error), hint=way_out(error, _HINTS))
    made.__cause__ = error
    return made


def moved(path: str) -> SensorQueueUnusable:
    """The error of a queue whose file is not where it was opened."""
    return SensorQueueUnusable(
        f"the sensor queue {path} was moved, deleted or replaced while in use",
        hint="put the file back, or restart the server to begin with the one that is there",
    )

"""Turns errors of SQLite and of the system into the one that users of a sensor queue know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay_adapters.priostack.errors import SensorQueueUnusable

if TYPE_CHECKING:
    import sqlite3

_HINTS: Final = {
    "SQLITE_FULL": "free some disk space",
    "SQLITE_IOERR": "free some disk space, and look at the health of the disk",
    "SQLITE_CANTOPEN": "the folder must exist and be writable",
    "SQLITE_READONLY": "the file and its folder must be writable",
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
        name = error_name(error)
        hint = _HINTS.get(name) or _HINTS.get("_".join(name.split("_")[:2]))
        made = SensorQueueUnusable(f"the sensor queue {path or 'in memory'} failed: {error}", found=name, hint=hint)
    made.__cause__ = error
    return made


def error_name(error: sqlite3.Error | OSError) -> str:
    """The name that SQLite gives the error, such as ``SQLITE_IOERR_WRITE``; else that of its class."""
    return str(getattr(error, "sqlite_errorname", type(error).__name__))


def moved(path: str) -> SensorQueueUnusable:
    """The error of a queue whose file is not where it was opened."""
    return SensorQueueUnusable(
        f"the sensor queue {path} was moved, deleted or replaced while in use",
        hint="put the file back, or restart the server to begin with the one that is there",
    )

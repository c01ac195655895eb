"""What SQLite calls its errors, and the way out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

_HINTS: Final = {
    "SQLITE_FULL": "free some disk space",
    "SQLITE_IOERR": "free some disk space, and look at the health of the disk",
    "SQLITE_CANTOPEN": "the folder must exist and be writable",
    "SQLITE_READONLY": "the file and its folder must be writable",
}


def error_name(error: Exception) -> str:
    """The name that SQLite gives the error, such as ``SQLITE_IOERR_WRITE``; else that of its class."""
    return str(getattr(error, "sqlite_errorname", type(error).__name__))


def way_out(error: sqlite3.Error, hints: Mapping[str, str]) -> str | None:
    """The hint for an error: of ``hints``, which has the database's own by their names, else the general one.

    A name that has none gets that of its kind: ``SQLITE_IOERR_WRITE`` that of ``SQLITE_IOERR``.
    """
    known = {**_HINTS, **hints}
    name = error_name(error)
    return known.get(name) or known.get("_".join(name.split("_")[:2]))

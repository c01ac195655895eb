"""The compare-and-set of a commit, inside an open SQLite transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.state.contract import ABSENT, check_complete, check_quota, check_version, entry_bytes

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

_ENTRY_SIZE = "SELECT length(value) FROM entries WHERE namespace = ? AND key = ?"
_ENTRY_VERSION = "SELECT version FROM entries WHERE namespace = ? AND key = ?"
_ENTRIES = "SELECT count(*) FROM entries WHERE namespace = ?"
_DELETE = "DELETE FROM entries WHERE namespace = ? AND key = ?"
_WRITE = (
    "INSERT INTO entries (namespace, key, value, version) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value, version = excluded.version"
)


def apply(
    connection: sqlite3.Connection,
    namespace: str,
    expected: Mapping[str, int],
    writes: Mapping[str, bytes | None],
    quota_bytes: int,
    *,
    complete: bool,
) -> None:
    """Check the versions and the quota, then write. The caller holds the write lock, commits, and rolls back on errors.

    Raises :class:`~plugbay.errors.StateConflict`, :class:`~plugbay.errors.StateQuotaExceeded` and ``sqlite3.Error``.
    """
    space, used, revision = _namespace(connection, namespace)
    for key, version in expected.items():
        row = connection.execute(_ENTRY_VERSION, (space, key)).fetchone()
        check_version(namespace, key, version, ABSENT if row is None else row[0])
    if complete:
        (found,) = connection.execute(_ENTRIES, (space,)).fetchone()
        check_complete(namespace, expected, found)
    wanted = used + sum(_growth(connection, space, key, value) for key, value in writes.items())
    check_quota(namespace, used, wanted, quota_bytes)
    version = revision + 1
    connection.executemany(_DELETE, [(space, key) for key, value in writes.items() if value is None])
    connection.executemany(_WRITE, [(space, key, value, version) for key, value in writes.items() if value is not None])
    connection.execute("UPDATE namespaces SET used = ?, revision = ? WHERE id = ?", (wanted, version, space))


def _namespace(connection: sqlite3.Connection, name: str) -> tuple[int, int, int]:
    """Id, bytes used and revision of a namespace, made if need be.

    Its row outlives its last key: the revision goes on where it was, so that no version ever comes back.
    """
    query = "SELECT id, used, revision FROM namespaces WHERE name = ?"
    row = connection.execute(query, (name,)).fetchone()
    if row is None:
        connection.execute("INSERT INTO namespaces (name, used, revision) VALUES (?, 0, ?)", (name, ABSENT))
        row = connection.execute(query, (name,)).fetchone()
    space, used, revision = row
    return space, used, revision


def _growth(connection: sqlite3.Connection, space: int, key: str, value: bytes | None) -> int:
    """By how many bytes a write makes the namespace larger."""
    row = connection.execute(_ENTRY_SIZE, (space, key)).fetchone()
    before = 0 if row is None else entry_bytes(key) + row[0]
    after = 0 if value is None else entry_bytes(key, value)
    return after - before

"""A state store in one SQLite file: survives restarts, shared safely by threads and processes of one machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from plugbay.state.contract import Versioned
from plugbay.state.sqlite_commit import apply
from plugbay.state.sqlite_pool import ConnectionPool

if TYPE_CHECKING:
    from collections.abc import Mapping

_OF_NAMESPACE = "FROM entries JOIN namespaces ON namespaces.id = entries.namespace WHERE namespaces.name = ?"
_GET = "SELECT value, version " + _OF_NAMESPACE + " AND key = ?"
_ALL = "SELECT key, value, version " + _OF_NAMESPACE
_NAMES = (
    "SELECT name FROM namespaces WHERE EXISTS (SELECT 1 FROM entries WHERE entries.namespace = namespaces.id)"
    " ORDER BY name"
)


class SqliteStore:
    """A :class:`~plugbay.state.StateStore` in a SQLite file with a write-ahead log.

    A commit survives the death of its process, also by ``kill -9``; after a power cut the last ones may be gone, the
    file stays consistent (``synchronous = NORMAL``). Only a commit locks the file, for as long as it writes; another
    writer waits for it up to ``busy_timeout`` seconds.

    A connection serves one thread at a time and is never used in a forked child, which opens its own.

    Raises :class:`~plugbay.errors.StateUnavailable` when the file can't be opened or is no state database.
    """

    def __init__(self, path: str | os.PathLike[str], *, busy_timeout: float = 5.0) -> None:
        self._pool = ConnectionPool(os.fspath(path), busy_timeout)

    def get(self, namespace: str, key: str) -> Versioned | None:
        """The value of a key; None when there is none."""
        with self._pool.connection() as connection:
            row = connection.execute(_GET, (namespace, key)).fetchone()
            return None if row is None else Versioned(*row)

    def snapshot(self, namespace: str) -> dict[str, Versioned]:
        """Every key of a namespace as of one moment."""
        with self._pool.connection() as connection:
            return {key: Versioned(value, version) for key, value, version in connection.execute(_ALL, (namespace,))}

    def commit(
        self,
        namespace: str,
        expected: Mapping[str, int],
        writes: Mapping[str, bytes | None],
        *,
        quota_bytes: int,
        complete: bool = False,
    ) -> None:
        """Store ``writes`` if every key of ``expected`` still has that version; see the contract."""
        with self._pool.connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                apply(connection, namespace, expected, writes, quota_bytes, complete=complete)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def namespaces(self) -> list[str]:
        """The namespaces that hold at least one key, sorted."""
        with self._pool.connection() as connection:
            return [name for (name,) in connection.execute(_NAMES)]

    def close(self) -> None:
        """Close the connections; those at work are closed when their call ends."""
        self._pool.close()

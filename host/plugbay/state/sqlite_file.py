"""A state database's file: its tables, how a connection is set up, and the check that a file is one."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time

from plugbay.errors import StateUnavailable

APPLICATION_ID = 0x706C7567
"""Marks a SQLite file as a plugbay state database: ``plug`` in ASCII, in the header field made for it."""

SCHEMA_VERSION = 1
"""Kept in the file's ``user_version``; another one is refused."""

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE namespaces (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    used INTEGER NOT NULL,
    revision INTEGER NOT NULL
);
CREATE TABLE entries (
    namespace INTEGER NOT NULL REFERENCES namespaces (id),
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (namespace, key)
) WITHOUT ROWID;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""


def create_private(path: str) -> None:
    """Create the file, readable by its owner only, unless it exists. SQLite gives its side files the same mode.

    An existing file is not even opened: closing it again would drop the locks that SQLite holds on it in this process.
    Raises ``OSError``.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def connect(path: str, busy_timeout: float) -> sqlite3.Connection:
    """A connection set up for state: write-ahead log, explicit transactions; creates the tables in an empty file.

    Waits up to ``busy_timeout`` seconds for other writers, then and whenever it is used. Raises ``sqlite3.Error``, and
    :class:`~plugbay.errors.StateUnavailable` for a database of another program or of a newer plugbay.
    """
    # Used by one thread at a time, but not always by the same one.
    connection = sqlite3.connect(path, timeout=busy_timeout, isolation_level=None, check_same_thread=False)
    deadline = time.monotonic() + busy_timeout
    try:
        while not _set_up(connection, path, last_try=time.monotonic() > deadline):
            time.sleep(0.005)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection, path: str, *, last_try: bool) -> bool:
    """Make the connection ready; False when another process was in the way.

    SQLite waits for locks by itself, but not while a file changes to the write-ahead log.
    """
    try:
        if not _is_ours(connection, path):
            _use_write_ahead_log(connection, path)
            connection.executescript(_SCHEMA)
        connection.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.OperationalError:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if last_try:
            raise
        return False
    return True


def _is_ours(connection: sqlite3.Connection, path: str) -> bool:
    """Whether the file has our tables; False for an empty one."""
    application = _pragma(connection, "application_id")
    version = _pragma(connection, "user_version")
    if application == APPLICATION_ID and version == SCHEMA_VERSION:
        return True
    if application == APPLICATION_ID:
        raise StateUnavailable(
            f"{path} was written by a newer plugbay", expected=SCHEMA_VERSION, found=version, hint="upgrade plugbay"
        )
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application or version or tables:
        raise StateUnavailable(f"{path} is a database of another program", hint="give the state a file of its own")
    return False


def _use_write_ahead_log(connection: sqlite3.Connection, path: str) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StateUnavailable(f"{path} can't have a write-ahead log", found=mode, hint="use a file on a local disk")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)

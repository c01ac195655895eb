"""A sensor queue's file: its tables, how a connection is set up, and the check that a file is one."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import Final

from plugbay_adapters.priostack.errors import SensorQueueUnusable

APPLICATION_ID: Final = 0x706C7371
"""Marks a SQLite file as a sensor queue: ``plsq`` in ASCII, in the header field made for it."""

SCHEMA_VERSION: Final = 1
"""Kept in the file's ``user_version``; another one is refused."""

_TABLES: Final = """
CREATE TABLE totals (
    waiting INTEGER NOT NULL,   -- runs that wait, retries included
    bytes INTEGER NOT NULL,     -- of all payloads
    finished INTEGER NOT NULL,  -- events that are kept as history
    served INTEGER NOT NULL,    -- counts claims
    clock INTEGER NOT NULL      -- the time of the last change
);
INSERT INTO totals VALUES (0, 0, 0, 0, 0);
CREATE TABLE intents (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    sensor TEXT NOT NULL,
    served INTEGER NOT NULL DEFAULT 0,  -- totals.served at its last claim: who waited longest is next
    started INTEGER,                    -- the first attempt of its last run: the cooldown counts from it
    ended INTEGER,
    slow INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    error_at INTEGER,
    UNIQUE (name, sensor)
);
CREATE TABLE counts (
    intent INTEGER NOT NULL REFERENCES intents (number),
    state INTEGER NOT NULL,
    runs INTEGER NOT NULL,
    PRIMARY KEY (intent, state)
) WITHOUT ROWID;
CREATE TABLE events (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    sensor TEXT NOT NULL,
    payload BLOB NOT NULL,
    accepted INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    root INTEGER NOT NULL,                  -- the event from outside that it came from, or itself
    open INTEGER NOT NULL DEFAULT 0,        -- at the root: unfinished runs of all events that came from it
    triggered INTEGER NOT NULL DEFAULT 0,   -- at the root: events that came from it
    finished INTEGER                        -- at the root: when the last of those runs ended
);
CREATE INDEX events_by_root ON events (root);
CREATE INDEX events_by_finish ON events (finished) WHERE finished IS NOT NULL;
CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    event INTEGER NOT NULL REFERENCES events (number),
    intent INTEGER NOT NULL REFERENCES intents (number),
    state INTEGER NOT NULL,
    due INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    deaths INTEGER NOT NULL DEFAULT 0,      -- attempts that ended with their process
    owner TEXT,
    slot INTEGER,
    started INTEGER,
    ended INTEGER,
    seconds REAL,
    slow INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    problems TEXT                           -- a JSON array of texts
);
CREATE INDEX runs_by_event ON runs (event);
CREATE INDEX runs_by_due ON runs (intent, state, due);
CREATE INDEX runs_by_owner ON runs (owner, slot) WHERE state = 2;
CREATE TABLE owners (
    token TEXT PRIMARY KEY,
    process TEXT NOT NULL,
    beat INTEGER NOT NULL
) WITHOUT ROWID;
"""
_MARKS: Final = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};"

_JOURNAL_BYTES: Final = 64 * 1024 * 1024
"""To how much the write-ahead log is cut down after a burst."""


def create_private(path: str) -> None:
    """Create the file, readable by its owner only, unless it exists; its name is durable afterwards.

    An existing file is not even opened: closing it again would drop the locks that SQLite holds on it in this process.
    Raises ``OSError``.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        folder = os.open(Path(path).absolute().parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def connect(path: str, busy_timeout: float) -> sqlite3.Connection:
    """A connection set up for a queue, with its tables made in an empty file; ``:memory:`` is one of its own.

    Waits up to ``busy_timeout`` seconds for other writers, then and whenever it is used. Raises ``sqlite3.Error``, and
    :class:`SensorQueueUnusable` for a database of another program or of a newer plugbay.
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
            connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} {_MARKS} COMMIT;")
        connection.execute(f"PRAGMA journal_size_limit = {_JOURNAL_BYTES}")
        connection.execute("PRAGMA fullfsync = ON")  # macOS: an fsync alone does not reach the disk there
        connection.execute("BEGIN IMMEDIATE")  # a file that is only readable is told now, not at the first event
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if last_try or not _is_passing(error):
            raise
        return False
    return True


def _is_passing(error: sqlite3.OperationalError) -> bool:
    """Whether another process may have caused it: a lock, or the tables that it made first."""
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_ERROR)


def _is_ours(connection: sqlite3.Connection, path: str) -> bool:
    """Whether the file has our tables; False for an empty one."""
    connection.execute("BEGIN")  # of one moment: another process may be making the tables
    application, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    connection.execute("ROLLBACK")
    if application == APPLICATION_ID and version == SCHEMA_VERSION:
        return True
    if application == APPLICATION_ID:
        raise SensorQueueUnusable(
            f"{path} was written by a newer plugbay", expected=SCHEMA_VERSION, found=version, hint="upgrade plugbay"
        )
    if application or version or tables:
        raise SensorQueueUnusable(
            f"{path} is a database of another program", hint="give the sensor queue a file of its own"
        )
    return False


def _use_write_ahead_log(connection: sqlite3.Connection, path: str) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode not in ("wal", "memory"):
        raise SensorQueueUnusable(f"{path} can't have a write-ahead log", found=mode, hint="use a file on a local disk")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)

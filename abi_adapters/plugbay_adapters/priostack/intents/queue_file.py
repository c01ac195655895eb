"""A sensor queue's file: its marks, its tables, and how a connection is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay.sqlite_database import SqliteDatabase, check_writable
from plugbay_adapters.priostack.errors import SensorQueueUnusable

if TYPE_CHECKING:
    import sqlite3

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

_JOURNAL_BYTES: Final = 64 * 1024 * 1024
"""To how much the write-ahead log is cut down after a burst."""

_SETTINGS: Final = f"""
PRAGMA journal_size_limit = {_JOURNAL_BYTES};
PRAGMA fullfsync = ON;  -- macOS: an fsync alone does not reach the disk there
"""

QUEUE: Final = SqliteDatabase(
    owner="the sensor queue",
    application_id=0x706C7371,  # "plsq" in ASCII
    schema_version=1,
    tables=_TABLES,
    settings=_SETTINGS,
    error=SensorQueueUnusable,
)
"""What a sensor queue is. Another schema version is refused."""


def connect(path: str | None, busy_timeout: float) -> sqlite3.Connection:
    """A connection to a queue that can be written; ``path`` None is one of its own in memory.

    Raises ``sqlite3.Error`` and :class:`SensorQueueUnusable`.
    """
    connection = QUEUE.connect(path, busy_timeout)
    try:
        check_writable(connection)
    except BaseException:
        connection.close()
        raise
    return connection

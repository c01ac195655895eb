"""A state database's file: its marks, its tables, and how a connection is set up."""

from __future__ import annotations

from typing import Final

from plugbay.errors import StateUnavailable
from plugbay.sqlite_database import SqliteDatabase

_TABLES: Final = """
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
"""

STATE: Final = SqliteDatabase(
    owner="the state",
    application_id=0x706C7567,  # "plug" in ASCII
    schema_version=1,
    tables=_TABLES,
    settings="PRAGMA synchronous = NORMAL;",
    error=StateUnavailable,
)
"""What a state database is. Another schema version is refused."""

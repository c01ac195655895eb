"""SQLite files that plugbay writes: how one is made, told from those of others, and connected to."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from plugbay.errors import PlugbayError

_PAUSE: Final = 0.005
"""Seconds before another try to set a connection up."""

_PASSING: Final = frozenset((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_ERROR))
"""What another process may have caused: a lock, or the tables that it made first (a plain SQLITE_ERROR)."""


@dataclass(frozen=True, slots=True)
class SqliteDatabase:
    """One kind of database file: its marks, its tables, and the error for a file that can't be one.

    ``application_id`` and ``schema_version`` are kept in the fields of the file's header that are made for them
    (``application_id``, ``user_version``). ``tables`` and ``settings`` are statements, each with its semicolon: those
    that fill a new file, and those that every connection begins with. ``owner`` is what the file belongs to, as in
    "give the state a file of its own".
    """

    owner: str
    application_id: int
    schema_version: int
    tables: str
    settings: str
    error: type[PlugbayError]

    def connect(self, path: str | None, busy_timeout: float) -> sqlite3.Connection:
        """A connection with a write-ahead log and explicit transactions; makes the tables in an empty file.

        ``path`` None is a database of its own in memory. Waits up to ``busy_timeout`` seconds for other writers, then
        and whenever it is used. Raises ``sqlite3.Error``, and the kind's own error for a database of another program
        or of a newer plugbay.
        """
        # Used by one thread at a time, but not always by the same one.
        connection = sqlite3.connect(
            ":memory:" if path is None else path, timeout=busy_timeout, isolation_level=None, check_same_thread=False
        )
        deadline = time.monotonic() + busy_timeout
        try:
            while not self._set_up(connection, path, last_try=time.monotonic() > deadline):
                time.sleep(_PAUSE)
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_up(self, connection: sqlite3.Connection, path: str | None, *, last_try: bool) -> bool:
        """Make the connection ready; False when another process was in the way.

        SQLite waits for locks by itself, but not while a file changes to the write-ahead log.
        """
        try:
            if not self._is_made(connection, path):
                self._use_write_ahead_log(connection, path)
                connection.executescript(f"BEGIN IMMEDIATE; {self.tables} {self._marks()} COMMIT;")
            connection.executescript(self.settings)
        except sqlite3.OperationalError as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if last_try or error.sqlite_errorcode & 0xFF not in _PASSING:
                raise
            return False
        return True

    def _is_made(self, connection: sqlite3.Connection, path: str | None) -> bool:
        """Whether the file has our tables; False for an empty one."""
        connection.execute("BEGIN")  # marks and tables of one moment: another process may be making them
        application, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("ROLLBACK")
        if (application, version) == (self.application_id, self.schema_version):
            return True
        if application == self.application_id:
            reason = f"{path} was written by a newer plugbay"
            raise self.error(reason, expected=self.schema_version, found=version, hint="upgrade plugbay")
        if application or version or tables:
            hint = f"give {self.owner} a file of its own"
            raise self.error(f"{path} is a database of another program", hint=hint)
        return False

    def _marks(self) -> str:
        return f"PRAGMA application_id = {self.application_id}; PRAGMA user_version = {self.schema_version};"

    def _use_write_ahead_log(self, connection: sqlite3.Connection, path: str | None) -> None:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != ("memory" if path is None else "wal"):
            raise self.error(f"{path} can't have a write-ahead log", found=mode, hint="use a file on a local disk")


def create_private(path: str) -> None:
    """Create the file, readable by its owner only, unless it exists; its name is durable afterwards.

    SQLite gives its side files the same mode. An existing file is not even opened: closing it again would drop the
    locks that SQLite holds on it in this process. Raises ``OSError``.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with contextlib.suppress(PermissionError):  # a folder may be writable and not readable
            _flush_folder(Path(path).absolute().parent)


def check_writable(connection: sqlite3.Connection) -> None:
    """Tell a file that can only be read now, not at the first write. Raises ``sqlite3.OperationalError``.

    It does not wait: whoever has the file locked for writing says that it can be written.
    """
    patience = _pragma(connection, "busy_timeout")
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        connection.execute("BEGIN IMMEDIATE")  # which alone begins a reading transaction on a file like that
        connection.execute(f"PRAGMA user_version = {_pragma(connection, 'user_version')}")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute(f"PRAGMA busy_timeout = {patience}")


def leave_to_parent(connection: sqlite3.Connection) -> None:
    """In a forked child: have the parent's connection never closed here, not even when nothing refers to it any more.

    SQLite forbids every use of a connection across a fork, the close that comes with deallocation included; hence the
    reference that is never given back.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


def _flush_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)

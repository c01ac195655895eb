"""The connections of a SQLite store: one thread at a time each, never carried across a fork."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from plugbay.errors import ConfigInvalid, PluginClosed, StateUnavailable
from plugbay.forks import hold_during_fork, mend_after_fork
from plugbay.sqlite_database import check_writable, create_private, leave_to_parent
from plugbay.sqlite_failures import error_name, way_out
from plugbay.state.sqlite_file import STATE

if TYPE_CHECKING:
    from collections.abc import Generator

_HINTS = {
    "SQLITE_NOTADB": "the file is damaged or of another kind: give the state a file of its own",
    "SQLITE_CORRUPT": "the file is damaged: restore it from a backup",
    "SQLITE_BUSY": "another process holds the file: raise busy_timeout, or run fewer writers",
}


class ConnectionPool:
    """Connections to one state database, opened as threads need them and kept for the next call.

    Errors of SQLite become :class:`~plugbay.errors.StateUnavailable` here, and only here.
    """

    def __init__(self, path: str, busy_timeout: float) -> None:
        self._path = path
        self._busy_timeout = busy_timeout
        self._idle: list[sqlite3.Connection] = []
        self._busy: set[sqlite3.Connection] = set()
        self._closed = False
        self._lock = threading.Lock()
        with self._translated():
            create_private(path)
        with self.connection() as connection:
            check_writable(connection)
        hold_during_fork(self._lock)  # so that the lists are consistent in the child
        mend_after_fork(self)

    @contextmanager
    def connection(self) -> Generator[sqlite3.Connection]:
        """A connection for one call. One that failed is closed, not used again."""
        with self._translated():
            connection = self._take()
            try:
                yield connection
            except sqlite3.Error:
                self._busy.discard(connection)
                connection.close()
                raise
            except BaseException:
                self._give_back(connection)
                raise
            self._give_back(connection)

    def close(self) -> None:
        """Close the idle connections; those at work are closed when their call ends."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def after_fork(self) -> None:
        """In a forked child: leave the parent's connections alone, not even closing them, and start without any."""
        for connection in (*self._idle, *self._busy):
            leave_to_parent(connection)
        self._idle = []
        self._busy = set()

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise PluginClosed("the state store is closed")
            if self._idle:
                connection = self._idle.pop()
                self._busy.add(connection)
                return connection
        connection = STATE.connect(self._path, self._busy_timeout)
        self._busy.add(connection)
        return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            self._busy.discard(connection)
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except StateUnavailable:
            raise
        except sqlite3.Error as error:
            reason = f"the state database {self._path} failed: {error}"
            raise StateUnavailable(reason, found=error_name(error), hint=way_out(error, _HINTS)) from error
        except OSError as error:
            reason = f"the state database {self._path} can't be used: {error.strerror}"
            raise StateUnavailable(reason, hint="its folder must exist and be writable") from error
        except UnicodeEncodeError as error:
            raise ConfigInvalid("a state namespace or key is not Unicode text", found=ascii(error.object)) from error

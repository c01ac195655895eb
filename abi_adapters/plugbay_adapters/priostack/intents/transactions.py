"""Transactions on a sensor queue's file: those of threads that come together are committed together.

A commit that must be durable waits for the disk, milliseconds on many machines. Whoever comes meanwhile is served by
the next commit, all by one.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from plugbay.errors import PluginClosed
from plugbay.forks import hold_during_fork, mend_after_fork
from plugbay_adapters.priostack.errors import SensorQueueUnusable
from plugbay_adapters.priostack.intents.queue_file import connect, create_private
from plugbay_adapters.priostack.intents.timekeeping import keep_time, mark_time

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_MOST_TOGETHER: Final = 128
"""Operations of one commit: no caller waits for more of others' work than that."""

_LEADER_LOST: Final = 1.0
"""Seconds after which a caller that leads without committing is given up: a KeyboardInterrupt can hit anywhere."""

_HINTS: Final = {
    "SQLITE_FULL": "free some disk space",
    "SQLITE_IOERR": "free some disk space, and look at the health of the disk",
    "SQLITE_CANTOPEN": "the folder must exist and be writable",
    "SQLITE_READONLY": "the file and its folder must be writable",
    "SQLITE_NOTADB": "the file is damaged or of another kind: give the sensor queue a file of its own",
    "SQLITE_CORRUPT": "the file is damaged: stop the server, move the file away and restore it from a backup",
    "SQLITE_BUSY": "another process holds the file: let no other program write to it",
}


@dataclass(frozen=True, slots=True)
class Transaction:
    """What an operation works with."""

    connection: sqlite3.Connection
    now: int
    """Unix nanoseconds; never earlier than in any transaction before, in any process."""


class _Entry(Generic[T]):
    """An operation that waits for its commit."""

    def __init__(self, operation: Callable[[Transaction], T], *, durable: bool) -> None:
        self._operation = operation
        self._outcome: T | Exception | None = None
        self._failed = False
        self.durable = durable
        self.is_done = False

    def run(self, transaction: Transaction) -> None:
        """Run it, perhaps again after a failed commit; its own error undoes it alone, those of SQLite pass through."""
        connection = transaction.connection
        connection.execute("SAVEPOINT operation")
        try:
            self._outcome, self._failed = self._operation(transaction), False
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001 # any error is the caller's to see, and none of the others'
            self._outcome, self._failed = error, True
            connection.execute("ROLLBACK TO operation")
        connection.execute("RELEASE operation")

    def fail(self, error: Exception) -> None:
        """End it with an error."""
        self._outcome, self._failed, self.is_done = error, True, True

    def result(self) -> T:
        """What the operation returned; raises what it raised, or why it could not be committed."""
        if self._failed:
            assert isinstance(self._outcome, Exception)
            raise self._outcome
        return self._outcome  # type: ignore[return-value] # not failed: it is what the operation returned


class Transactions:
    """All access to the file of a queue, by one connection. ``path`` None keeps everything in memory.

    Errors of SQLite become :class:`SensorQueueUnusable` here, and only here. After a fork the child has a connection of
    its own, and an empty queue if it was in memory: what the parent accepted is the parent's to run.
    """

    def __init__(self, path: str | None, busy_timeout: float, clock: Callable[[], int]) -> None:
        self._path = path
        self._busy_timeout = busy_timeout
        self._clock = clock
        self._pending: deque[_Entry[object]] = deque()
        self._turn = threading.Condition()
        self._is_led = False
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._open()
        hold_during_fork(self._lock)  # so that no transaction is in the middle in the child
        mend_after_fork(self)

    def write(self, operation: Callable[[Transaction], T], *, durable: bool) -> T:
        """Run the operation in a transaction and commit it; ``durable``: it survives a power cut once this returns.

        An operation that is not durable survives the death of the process, and is as durable as the next durable one.
        It may be run more than once and must have no other effect than on the database.
        """
        entry: _Entry[T] = _Entry(operation, durable=durable)
        self._pending.append(entry)  # type: ignore[arg-type] # only its own caller takes the result out
        while self._lead_or_wait(entry):
            try:
                with self._lock:
                    self._commit(self._waiting_entries() or [entry])  # type: ignore[list-item] # the same
            finally:
                self._let_others_lead()
        return entry.result()

    def read(self, operation: Callable[[Transaction], T]) -> T:
        """Run the operation on one moment's state. It must not write."""
        with self._lock:
            try:
                connection = self._usable()
                connection.execute("BEGIN")
                try:
                    return operation(Transaction(connection, keep_time(connection, self._clock(), mend=False)))
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
            except SensorQueueUnusable:
                raise
            except (sqlite3.Error, OSError) as error:
                raise self._given_up(error) from error

    def close(self) -> None:
        """Close the connection; later calls raise PluginClosed."""
        with self._lock:
            self._closed = True
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def after_fork(self) -> None:
        """In a forked child: leave the parent's connection alone, not even closing it, and start without one.

        SQLite forbids every use of a connection across a fork, the close that comes with deallocation included; hence
        the reference that is never given back.
        """
        if self._connection is not None:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._connection))
        self._connection = None
        self._pending = deque()
        self._turn = threading.Condition()
        self._is_led = False

    def _commit(self, entries: list[_Entry[object]]) -> None:
        """Run and commit the entries together; if that fails, each for itself, so that one harms no other."""
        began = False
        try:
            connection = self._usable()
            # As the last commit is: with NORMAL the log is written but not flushed.
            level = "FULL" if any(entry.durable for entry in entries) else "NORMAL"
            connection.execute(f"PRAGMA synchronous = {level}")
            connection.execute("BEGIN IMMEDIATE")
            began = True
            self._run(connection, entries)
        except (sqlite3.Error, OSError, PluginClosed) as error:
            reported = error if isinstance(error, PluginClosed) else self._given_up(error)
            if began and len(entries) > 1:
                for entry in entries:
                    self._commit([entry])
                return
            for entry in entries:
                entry.fail(reported)
        except BaseException:  # KeyboardInterrupt: it is this caller's, while the others' operations are in its hands
            if began and not self._rolled_back():
                self._finish(entries)
            raise
        else:
            self._finish(entries)

    def _run(self, connection: sqlite3.Connection, entries: list[_Entry[object]]) -> None:
        before = connection.total_changes
        transaction = Transaction(connection, keep_time(connection, self._clock(), mend=True))
        for entry in entries:
            entry.run(transaction)
        if connection.total_changes == before:
            connection.execute("ROLLBACK")  # nothing to write: nothing to wait for
            return
        mark_time(connection, transaction.now)
        connection.execute("COMMIT")

    def _lead_or_wait(self, entry: _Entry[T]) -> bool:
        """Wait until the entry is done, or until it is this caller's turn to commit for all; whether it is.

        Waiting for the lock instead would let a newcomer slip in, and commit alone what could have been together.
        """
        with self._turn:
            while not entry.is_done and self._is_led:
                if not self._turn.wait(_LEADER_LOST) and not self._lock.locked():
                    break
            self._is_led = self._is_led or not entry.is_done
            return not entry.is_done

    def _let_others_lead(self) -> None:
        with self._turn:
            self._is_led = False
            self._turn.notify_all()

    @staticmethod
    def _finish(entries: list[_Entry[object]]) -> None:
        for entry in entries:
            entry.is_done = True

    def _rolled_back(self) -> bool:
        """Undo the transaction that is in the middle, if one is."""
        connection = self._connection
        if connection is None or not connection.in_transaction:
            return False
        connection.execute("ROLLBACK")
        return True

    def _waiting_entries(self) -> list[_Entry[object]]:
        return [self._pending.popleft() for _ in range(min(len(self._pending), _MOST_TOGETHER))]

    def _usable(self) -> sqlite3.Connection:
        """The connection, opened anew after a failure. Raises PluginClosed, sqlite3.Error and OSError."""
        if self._closed:
            raise PluginClosed("the sensor queue is closed")
        if self._path is not None and _identity(self._path) != self._identity:
            # The connection, if there is one, still writes to the file that is gone: what it accepted would be lost.
            raise SensorQueueUnusable(
                f"the sensor queue {self._path} was moved, deleted or replaced while in use",
                hint="put the file back, or restart the server to begin with the one that is there",
            )
        if self._connection is None:
            self._connection = connect(self._path or ":memory:", self._busy_timeout)
        return self._connection

    def _open(self) -> None:
        """Open the file for the first time, and make it if it does not exist."""
        try:
            if self._path is not None:
                create_private(self._path)
            self._connection = connect(self._path or ":memory:", self._busy_timeout)
            self._identity = None if self._path is None else _identity(self._path)
        except (sqlite3.Error, OSError) as error:
            raise self._given_up(error) from error

    def _given_up(self, error: sqlite3.Error | OSError) -> Exception:
        """The typed error for one of SQLite or the system; the connection that failed is not used again."""
        self._rolled_back()
        if isinstance(error, SensorQueueUnusable):
            return error
        connection = self._connection
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        if connection is not None and self._path is not None and name != "SQLITE_BUSY":
            self._connection = None
            connection.close()
        if isinstance(error, OSError):
            reason = f"the sensor queue {self._path} can't be used: {error.strerror}"
            return SensorQueueUnusable(reason, hint="its folder must exist and be writable")
        reason = f"the sensor queue {self._path or 'in memory'} failed: {error}"
        return SensorQueueUnusable(reason, found=name, hint=_HINTS.get(name) or _HINTS.get(name.rsplit("_", 1)[0]))


def _identity(path: str) -> tuple[int, int] | None:
    """Which file has the path now; None when there is none. Raises ``OSError`` when that can't be told."""
    try:
        found = os.stat(path)  # noqa: PTH116 # on the way of every commit: Path.stat takes three times as long
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino

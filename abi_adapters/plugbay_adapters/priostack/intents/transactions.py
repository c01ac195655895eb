"""Transactions on a sensor queue's file: those of threads that come together are committed together.

A commit that must be durable waits for the disk, milliseconds on many machines. Whoever comes meanwhile is served by
the next commit, all by one.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from plugbay.errors import PluginClosed
from plugbay.forks import hold_during_fork, mend_after_fork
from plugbay.sqlite_database import create_private, leave_to_parent
from plugbay.sqlite_failures import error_name
from plugbay_adapters.priostack.errors import SensorQueueUnusable
from plugbay_adapters.priostack.intents.failures import moved, unusable
from plugbay_adapters.priostack.intents.operation import Operation, Transaction
from plugbay_adapters.priostack.intents.queue_file import connect
from plugbay_adapters.priostack.intents.timekeeping import keep_time, mark_time

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_MOST_TOGETHER: Final = 128
"""Operations of one commit: no caller waits for more of others' work than that."""

_LEADER_LOST: Final = 1.0
"""Seconds after which a caller that leads without committing is given up: a KeyboardInterrupt can hit anywhere."""


class Transactions:
    """All access to the file of a queue, by one connection. ``path`` None keeps everything in memory.

    Errors of SQLite become :class:`SensorQueueUnusable` here, and only here. After a fork the child has a connection of
    its own, and an empty queue if it was in memory: what the parent accepted is the parent's to run.
    """

    def __init__(self, path: str | None, busy_timeout: float, clock: Callable[[], int]) -> None:
        self._path = path
        self._busy_timeout = busy_timeout
        self._clock = clock
        self._pending: deque[Operation[object]] = deque()
        self._turn = threading.Condition()
        self._is_led = False
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._open()
        hold_during_fork(self._lock)  # so that no transaction is in the middle in the child
        mend_after_fork(self)

    def write(self, work: Callable[[Transaction], T], *, durable: bool) -> T:
        """Do the work in a transaction and commit it; ``durable``: it survives a power cut once this returns.

        Work that is not durable survives the death of the process, and is as durable as the next that is. It may be
        done more than once and must have no other effect than on the database.
        """
        operation: Operation[T] = Operation(work, durable=durable)
        self._pending.append(operation)  # type: ignore[arg-type] # only its caller takes the result out
        while self._lead_or_wait(operation):
            try:
                with self._lock:
                    self._commit(self._waiting_operations() or [operation])  # type: ignore[list-item] # the same
            finally:
                self._let_others_lead()
        return operation.result()

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Do the work on one moment's state. It must not write."""
        with self._lock:
            try:
                connection = self._usable()
                connection.execute("BEGIN")
                try:
                    return work(Transaction(connection, keep_time(connection, self._clock(), mend=False)))
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
            except SensorQueueUnusable:
                raise
            except (sqlite3.Error, OSError) as error:
                self._give_up(error)
                raise unusable(self._path, error) from error

    def close(self) -> None:
        """Close the connection; later calls raise PluginClosed."""
        with self._lock:
            self._closed = True
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def after_fork(self) -> None:
        """In a forked child: leave the parent's connection alone, not even closing it, and start without one."""
        if self._connection is not None:
            leave_to_parent(self._connection)
        self._connection = None
        self._pending = deque()
        self._turn = threading.Condition()
        self._is_led = False

    def _commit(self, operations: list[Operation[object]]) -> None:
        """Run and commit the operations together; if that fails, each for itself, so that one harms no other."""
        began = False
        try:
            connection = self._usable()
            # As the last commit is: with NORMAL the log is written but not flushed.
            level = "FULL" if any(operation.durable for operation in operations) else "NORMAL"
            connection.execute(f"PRAGMA synchronous = {level}")
            connection.execute("BEGIN IMMEDIATE")
            began = True
            self._run(connection, operations)
        except PluginClosed as error:
            for operation in operations:
                operation.fail(error)
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)
            if began and len(operations) > 1:
                for operation in operations:
                    self._commit([operation])
                return
            for operation in operations:
                operation.fail(unusable(self._path, error))
        except BaseException:  # KeyboardInterrupt: it is this caller's, while the others' operations are in its hands
            if began and not self._rolled_back():
                self._finish(operations)
            raise
        else:
            self._finish(operations)

    def _run(self, connection: sqlite3.Connection, operations: list[Operation[object]]) -> None:
        before = connection.total_changes
        transaction = Transaction(connection, keep_time(connection, self._clock(), mend=True))
        for operation in operations:
            operation.run(transaction)
        if connection.total_changes == before:
            connection.execute("ROLLBACK")  # nothing to write: nothing to wait for
            return
        mark_time(connection, transaction.now)
        connection.execute("COMMIT")

    def _lead_or_wait(self, operation: Operation[T]) -> bool:
        """Wait until the operation is done, or until it is this caller's turn to commit for all; whether it is.

        Waiting for the lock instead would let a newcomer slip in, and commit alone what could have been together.
        """
        with self._turn:
            while not operation.is_done and self._is_led:
                if not self._turn.wait(_LEADER_LOST) and not self._lock.locked():
                    break
            self._is_led = self._is_led or not operation.is_done
            return not operation.is_done

    def _let_others_lead(self) -> None:
        with self._turn:
            self._is_led = False
            self._turn.notify_all()

    @staticmethod
    def _finish(operations: list[Operation[object]]) -> None:
        for operation in operations:
            operation.is_done = True

    def _rolled_back(self) -> bool:
        """Undo the transaction that is in the middle, if one is."""
        connection = self._connection
        if connection is None or not connection.in_transaction:
            return False
        with suppress(sqlite3.Error):  # what SQLite can't undo now is undone when the file is opened again
            connection.execute("ROLLBACK")
        return True

    def _waiting_operations(self) -> list[Operation[object]]:
        return [self._pending.popleft() for _ in range(min(len(self._pending), _MOST_TOGETHER))]

    def _usable(self) -> sqlite3.Connection:
        """The connection, opened anew after a failure. Raises PluginClosed, sqlite3.Error and OSError."""
        if self._closed:
            raise PluginClosed("the sensor queue is closed")
        if self._path is not None and _identity(self._path) != self._identity:
            # The connection, if there is one, still writes to the file that is gone: what it accepted would be lost.
            raise moved(self._path)
        if self._connection is None:
            self._connection = connect(self._path, self._busy_timeout)
        return self._connection

    def _open(self) -> None:
        """Open the file for the first time, and make it if it does not exist."""
        try:
            if self._path is not None:
                create_private(self._path)
            self._connection = connect(self._path, self._busy_timeout)
            self._identity = None if self._path is None else _identity(self._path)
        except SensorQueueUnusable:
            raise
        except (sqlite3.Error, OSError) as error:
            raise unusable(self._path, error) from error

    def _give_up(self, error: sqlite3.Error | OSError) -> None:
        """Undo what the failed transaction did; its connection is not used again unless only a lock was in the way."""
        self._rolled_back()
        connection = self._connection
        harmless = isinstance(error, SensorQueueUnusable) or error_name(error) == "SQLITE_BUSY"
        if connection is not None and self._path is not None and not harmless:
            self._connection = None
            connection.close()


def _identity(path: str) -> tuple[int, int] | None:
    """Which file has the path now; None when there is none. Raises ``OSError`` when that can't be told."""
    try:
        found = os.stat(path)  # noqa: PTH116 # on the way of every commit: Path.stat takes three times as long
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino

"""Operations on a sensor queue: what runs in a transaction, and what becomes of it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Transaction:
    """What an operation works with."""

    connection: sqlite3.Connection
    now: int
    """Unix nanoseconds; never earlier than in any transaction before, in any process."""


class Operation(Generic[T]):
    """A piece of work that waits for its commit. ``durable``: the commit is to wait for the disk."""

    def __init__(self, work: Callable[[Transaction], T], *, durable: bool) -> None:
        self._work = work
        self._outcome: T | Exception | None = None
        self._failed = False
        self.durable = durable
        self.is_done = False
        """Committed, or failed for good; set by whoever commits."""

    def run(self, transaction: Transaction) -> None:
        """Do it, perhaps again after a failed commit; its own error undoes it alone, those of SQLite pass through."""
        connection = transaction.connection
        connection.execute("SAVEPOINT operation")
        try:
            self._outcome, self._failed = self._work(transaction), False
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
        """What the work returned; raises what it raised, or why it could not be committed."""
        if self._failed:
            assert isinstance(self._outcome, Exception)
            raise self._outcome
        return self._outcome  # type: ignore[return-value] # not failed: it is what the work returned

"""Finished events are kept for reports: so many, so long, and as far as there is room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay_adapters.priostack.intents.timekeeping import nanoseconds

if TYPE_CHECKING:
    from plugbay_adapters.priostack.intents.bounds import QueueBounds
    from plugbay_adapters.priostack.intents.operation import Transaction

_MOST_AT_ONCE: Final = 200
"""Events that are dropped in one transaction, so that no other waits long for it; the rest follows."""

_OLDEST: Final = "SELECT number, finished FROM events WHERE finished IS NOT NULL ORDER BY finished LIMIT 1"


def prune(transaction: Transaction, bounds: QueueBounds) -> None:
    """Drop finished events, oldest first, that are too many or too old."""
    earliest = transaction.now - nanoseconds(bounds.history_seconds)
    for _ in range(_MOST_AT_ONCE):
        (finished,) = transaction.connection.execute("SELECT finished FROM totals").fetchone()
        oldest = transaction.connection.execute(_OLDEST).fetchone()
        if oldest is None or (finished <= bounds.history and oldest[1] > earliest):
            return
        _drop(transaction, oldest[0])


def make_room(transaction: Transaction, size: int, most: int) -> bool:
    """Drop finished events, oldest first, until ``size`` bytes more are within ``most``; whether that succeeded."""
    while True:
        (used,) = transaction.connection.execute("SELECT bytes FROM totals").fetchone()
        if used + size <= most:
            return True
        oldest = transaction.connection.execute(_OLDEST).fetchone()
        if oldest is None:
            return False
        _drop(transaction, oldest[0])


def _drop(transaction: Transaction, root: int) -> None:
    """Drop an event and all that came from it."""
    connection = transaction.connection
    sums = "SELECT count(*), sum(length(payload)) FROM events WHERE root = ?"
    events, size = connection.execute(sums, (root,)).fetchone()
    connection.execute("DELETE FROM runs WHERE event IN (SELECT number FROM events WHERE root = ?)", (root,))
    connection.execute("DELETE FROM events WHERE root = ?", (root,))
    connection.execute("UPDATE totals SET finished = finished - ?, bytes = bytes - ?", (events, size))

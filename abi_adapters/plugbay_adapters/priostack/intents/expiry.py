"""Gives up runs that could not be started in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay_adapters.priostack.intents.ledger import StoredRun, move
from plugbay_adapters.priostack.intents.run import RunState
from plugbay_adapters.priostack.intents.timekeeping import nanoseconds

if TYPE_CHECKING:
    from plugbay_adapters.priostack.intents.operation import Transaction

_MOST_AT_ONCE: Final = 500
"""Runs of one intent in one transaction, so that no other waits long for it; the rest follows."""

_LATE: Final = (
    "SELECT runs.number, root FROM runs JOIN events ON events.number = runs.event"
    " WHERE intent = ? AND state = ? AND due <= ? ORDER BY due LIMIT ?"
)


def expire(transaction: Transaction, intent: int, seconds: float | None) -> None:
    """Give up the intent's runs that have waited for their first start for ``seconds``; None is for ever."""
    if seconds is not None:
        _give_up(transaction, intent, RunState.WAITING, seconds, "was not started in time")


def expire_orphans(transaction: Transaction, intent: int, seconds: float) -> None:
    """Give up what has waited for ``seconds`` for an intent that the bundle no longer has."""
    for state in (RunState.WAITING, RunState.RETRYING):
        _give_up(transaction, intent, state, seconds, "the bundle no longer has the intent")


def _give_up(transaction: Transaction, intent: int, state: RunState, seconds: float, reason: str) -> None:
    connection = transaction.connection
    latest = transaction.now - nanoseconds(seconds)
    for number, root in connection.execute(_LATE, (intent, state, latest, _MOST_AT_ONCE)).fetchall():
        connection.execute("UPDATE runs SET error = coalesce(error, ?) WHERE number = ?", (reason, number))
        move(transaction, StoredRun(number, intent, root, state), RunState.EXPIRED)

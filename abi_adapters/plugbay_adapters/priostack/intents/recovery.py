"""Takes over the runs of processes that are gone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from plugbay_adapters.priostack.intents.finishing import MOST_DEATHS, note_error, try_again
from plugbay_adapters.priostack.intents.ledger import StoredRun, move
from plugbay_adapters.priostack.intents.owner import is_certainly_gone
from plugbay_adapters.priostack.intents.run import RunState

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_adapters.priostack.intents.operation import Transaction
    from plugbay_adapters.priostack.intents.owner import Owner

LEASE: Final = 60.0
"""Seconds without a sign of life after which an owner is given up whose process can't be seen to have ended."""

_OTHERS: Final = "SELECT token, process, beat FROM owners WHERE token <> ?"
_HELD: Final = (
    "SELECT runs.number, runs.intent, events.root, runs.deaths FROM runs"
    " JOIN events ON events.number = runs.event WHERE runs.state = 2 AND runs.owner = ?"
)


class OwnerWatch:
    """Tells by their beats which owners are alive. A lease is measured here, so no wall clock can end it early."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._seen: dict[str, tuple[int, float]] = {}

    def gone(self, transaction: Transaction, owner: Owner) -> list[str]:
        """The tokens of the owners, other than ``owner``, that are gone."""
        now = self._timer()
        found = transaction.connection.execute(_OTHERS, (owner.token,)).fetchall()
        self._seen = {token: self._since(token, beat, now) for token, _, beat in found}
        return [
            token for token, process, _ in found if is_certainly_gone(process) or now - self._seen[token][1] > LEASE
        ]

    def _since(self, token: str, beat: int, now: float) -> tuple[int, float]:
        """The beat, and since when it is the same."""
        known = self._seen.get(token)
        return known if known is not None and known[0] == beat else (beat, now)


def beat(transaction: Transaction, owner: Owner) -> None:
    """Give a sign of life, if the owner is known; one that holds nothing need not be."""
    transaction.connection.execute("UPDATE owners SET beat = beat + 1 WHERE token = ?", (owner.token,))


def give_up(transaction: Transaction, token: str) -> int:
    """Let the runs of a gone owner start again, now; how many they are."""
    held = recover(transaction, _HELD, (token,))
    transaction.connection.execute("DELETE FROM owners WHERE token = ?", (token,))
    return held


def give_up_slot(transaction: Transaction, token: str, slot: int) -> int:
    """Let the run start again that a worker has by the file while it asks for another: its end was not recorded."""
    return recover(transaction, _HELD + " AND runs.slot = ?", (token, slot))


def recover(transaction: Transaction, query: str, values: tuple[object, ...]) -> int:
    """Let the running runs that a query finds start again."""
    rows = transaction.connection.execute(query, values).fetchall()
    for number, intent, root, deaths in rows:
        run = StoredRun(number, intent, root, RunState.RUNNING)
        transaction.connection.execute("UPDATE runs SET deaths = deaths + 1 WHERE number = ?", (number,))
        if deaths + 1 < MOST_DEATHS:
            try_again(transaction, run, transaction.now)
        else:
            note_error(transaction, run, f"its process ended {MOST_DEATHS} times while it ran")
            move(transaction, run, RunState.FAILED)
    return len(rows)

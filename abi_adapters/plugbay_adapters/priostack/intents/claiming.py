"""Claims the next run for a worker: intents take turns, and of one intent what is due longest comes first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugbay_adapters.priostack.intents.expiry import expire
from plugbay_adapters.priostack.intents.ledger import StoredRun, move
from plugbay_adapters.priostack.intents.run import RunState
from plugbay_adapters.priostack.intents.timekeeping import nanoseconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_adapters.priostack.bundle.documents import Intent
    from plugbay_adapters.priostack.intents.operation import Transaction
    from plugbay_adapters.priostack.intents.owner import Owner

_IN_TURN = (
    "SELECT number, name, sensor, started FROM intents WHERE EXISTS"
    " (SELECT 1 FROM counts WHERE counts.intent = intents.number AND state < 2 AND runs > 0) ORDER BY served, number"
)
_FIRST = "SELECT number, due FROM runs WHERE intent = ? AND state = ? ORDER BY due LIMIT 1"
_RUN = (
    "SELECT runs.attempts, events.root, events.depth, events.id, events.payload FROM runs"
    " JOIN events ON events.number = runs.event WHERE runs.number = ?"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that a worker has, and nobody else until the worker's process is gone."""

    run: StoredRun
    intent: Intent
    event: str
    payload: bytes
    depth: int
    attempt: int
    """1 for the first."""
    owner: str
    slot: int


@dataclass(frozen=True, slots=True)
class NothingDue:
    """No run may start now; in ``wait`` seconds the next one may, None if none waits for a time."""

    wait: float | None


def claim(
    transaction: Transaction, owner: Owner, slot: int, intent_now: Callable[[str, str], Intent | None]
) -> Claim | NothingDue:
    """The next run for the worker ``slot`` of ``owner``.

    ``intent_now`` gives an intent by its name and its sensor as it is now; None when the bundle does not have it: then
    its runs wait.
    """
    soonest: int | None = None
    for number, name, sensor, started in transaction.connection.execute(_IN_TURN).fetchall():
        intent = intent_now(name, sensor)
        if intent is None:
            continue
        expire(transaction, number, intent.expires_in)
        found = _first_startable(transaction, number, started, intent.cooldown)
        if found is None:
            continue
        run, state, at = found
        if at <= transaction.now:
            return _take(transaction, owner, slot, intent, StoredRun(run, number, 0, state))
        soonest = at if soonest is None else min(soonest, at)
    return NothingDue(None if soonest is None else (soonest - transaction.now) / 1e9)


def _first_startable(
    transaction: Transaction, intent: int, started: int | None, cooldown: float | None
) -> tuple[int, RunState, int] | None:
    """The run of the intent that may start first, its state, and when it may; None when none waits.

    Events that fall into the cooldown were skipped when they came; it still holds runs back if the intent got it later.
    """
    held = 0 if started is None or not cooldown else started + nanoseconds(cooldown)
    found: list[tuple[int, RunState, int]] = []
    for state, earliest in ((RunState.WAITING, held), (RunState.RETRYING, 0)):
        row = transaction.connection.execute(_FIRST, (intent, state)).fetchone()
        if row is not None:
            number, due = row
            found.append((number, state, max(due, earliest)))
    return min(found, key=lambda one: (one[2], one[0]), default=None)


def _take(transaction: Transaction, owner: Owner, slot: int, intent: Intent, run: StoredRun) -> Claim:
    connection, now = transaction.connection, transaction.now
    attempts, root, depth, event, payload = connection.execute(_RUN, (run.number,)).fetchone()
    connection.execute("INSERT OR IGNORE INTO owners VALUES (?, ?, 0)", (owner.token, owner.process))
    move(transaction, StoredRun(run.number, run.intent, root, run.state), RunState.RUNNING)
    start = "UPDATE runs SET owner = ?, slot = ?, started = ?, attempts = attempts + 1 WHERE number = ?"
    connection.execute(start, (owner.token, slot, now, run.number))
    connection.execute("UPDATE totals SET served = served + 1")
    turn = "UPDATE intents SET served = (SELECT served FROM totals) WHERE number = ?"
    connection.execute(turn, (run.intent,))
    if run.state is RunState.WAITING:
        connection.execute("UPDATE intents SET started = ? WHERE number = ?", (now, run.intent))
    running = StoredRun(run.number, run.intent, root, RunState.RUNNING)
    return Claim(running, intent, event, payload, depth, attempts + 1, owner.token, slot)

"""Ends an attempt: the run is done, is tried again or has failed, and what its result fires is accepted with that."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from plugbay_adapters.priostack.errors import SensorQueueFull
from plugbay_adapters.priostack.intents.accepting import Cause, accept
from plugbay_adapters.priostack.intents.followups import Followups
from plugbay_adapters.priostack.intents.ledger import StoredRun, move
from plugbay_adapters.priostack.intents.run import RunState
from plugbay_adapters.priostack.intents.timekeeping import nanoseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugbay_adapters.priostack.bundle.documents import Intent
    from plugbay_adapters.priostack.intents.bounds import QueueBounds
    from plugbay_adapters.priostack.intents.claiming import Claim
    from plugbay_adapters.priostack.intents.followups import Followup
    from plugbay_adapters.priostack.intents.operation import Transaction

MOST_DEPTH: Final = 8
"""How many events may follow from each other, the one from outside not counted."""
MOST_TRIGGERED: Final = 100
"""How many events may follow from one that came from outside."""
MOST_DEATHS: Final = 5
"""How often a run may take its process with it, or look as if it had, before it counts as failed."""
_MOST_PROBLEMS: Final = 10


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt went. ``error`` None is success; ``delay``: seconds until the next attempt if it failed."""

    seconds: float
    slow: bool
    error: str | None = None
    delay: float = 0.0
    followups: Followups = field(default_factory=Followups)


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a run. ``accepted`` counts the events that its result fired."""

    state: RunState
    problems: tuple[str, ...] = ()
    accepted: int = 0
    due: int | None = None


def finish(
    transaction: Transaction,
    claim: Claim,
    attempt: Attempt,
    listeners: Callable[[str], Sequence[Intent]],
    bounds: QueueBounds,
) -> Ended | None:
    """End the attempt; None when the run was taken over by another worker, whose attempt counts then."""
    connection = transaction.connection
    mine = (
        "SELECT attempts - deaths FROM runs WHERE number = ? AND state = 2 AND owner = ? AND slot = ? AND attempts = ?"
    )
    row = connection.execute(mine, (claim.run.number, claim.owner, claim.slot, claim.attempt)).fetchone()
    if row is None:
        return None
    record = "UPDATE runs SET seconds = ?, slow = ? WHERE number = ?"
    connection.execute(record, (attempt.seconds, attempt.slow, claim.run.number))
    ended = "UPDATE intents SET ended = ?, slow = slow + ? WHERE number = ?"
    connection.execute(ended, (transaction.now, attempt.slow, claim.run.intent))
    if attempt.error is None:
        return _done(transaction, claim, attempt.followups, listeners, bounds)
    note_error(transaction, claim.run, attempt.error)
    if row[0] > claim.intent.retries:
        move(transaction, claim.run, RunState.FAILED)
        return Ended(RunState.FAILED)
    due = transaction.now + nanoseconds(attempt.delay)
    try_again(transaction, claim.run, due)
    return Ended(RunState.RETRYING, due=due)


def try_again(transaction: Transaction, run: StoredRun, due: int) -> None:
    """Let a running run start again at ``due``."""
    again = "UPDATE runs SET due = ?, owner = NULL, slot = NULL WHERE number = ?"
    transaction.connection.execute(again, (due, run.number))
    move(transaction, run, RunState.RETRYING)


def note_error(transaction: Transaction, run: StoredRun, error: str) -> None:
    """Keep what went wrong, at the run and at its intent."""
    connection = transaction.connection
    connection.execute("UPDATE runs SET error = ? WHERE number = ?", (error, run.number))
    at_intent = "UPDATE intents SET error = ?, error_at = ? WHERE number = ?"
    connection.execute(at_intent, (error, transaction.now, run.intent))


def _done(
    transaction: Transaction,
    claim: Claim,
    followups: Followups,
    listeners: Callable[[str], Sequence[Intent]],
    bounds: QueueBounds,
) -> Ended:
    problems, accepted = list(followups.problems), 0
    for followup in followups.events:
        problem = _fire(transaction, claim, followup, listeners, bounds)
        if problem is None:
            accepted += 1
        else:
            problems.append(problem)
    kept = _bounded(problems)
    if kept:
        record = "UPDATE runs SET problems = ? WHERE number = ?"
        transaction.connection.execute(record, (json.dumps(kept), claim.run.number))
    move(transaction, claim.run, RunState.DONE)  # after what it fired, so that its event does not look finished between
    return Ended(RunState.DONE, kept, accepted)


def _fire(
    transaction: Transaction,
    claim: Claim,
    followup: Followup,
    listeners: Callable[[str], Sequence[Intent]],
    bounds: QueueBounds,
) -> str | None:
    """Accept what a result fires; else why not."""
    connection, root = transaction.connection, claim.run.root
    name = followup.sensor
    intents = listeners(name)
    if not intents:
        return f"no intent listens to the sensor {name!r}"
    if claim.depth >= MOST_DEPTH:
        return f"{name!r} was not fired: {MOST_DEPTH} events followed from each other already"
    (triggered,) = connection.execute("SELECT triggered FROM events WHERE number = ?", (root,)).fetchone()
    if triggered >= MOST_TRIGGERED:
        return f"{name!r} was not fired: {MOST_TRIGGERED} events followed from one already"
    if len(followup.payload) > bounds.payload_bytes:
        return f"{name!r} was not fired: its payload has {len(followup.payload)} bytes, {bounds.payload_bytes} may be"
    try:
        accept(transaction, name, followup.payload, intents, bounds, Cause(root, claim.depth + 1))
    except SensorQueueFull as error:
        return f"{name!r} was not fired: {error.reason}"
    connection.execute("UPDATE events SET triggered = triggered + 1 WHERE number = ?", (root,))
    return None


def _bounded(problems: list[str]) -> tuple[str, ...]:
    if len(problems) <= _MOST_PROBLEMS:
        return tuple(problems)
    return (*problems[:_MOST_PROBLEMS], f"and {len(problems) - _MOST_PROBLEMS} more")

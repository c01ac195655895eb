"""Accepts an event into the queue: the event, and a run for each intent that listens, or none of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugbay.message.identifier import EntityType, id_to_text, new_id
from plugbay_adapters.priostack.errors import SensorQueueFull
from plugbay_adapters.priostack.intents.expiry import expire
from plugbay_adapters.priostack.intents.history import make_room
from plugbay_adapters.priostack.intents.ledger import add, finish_event, intent_row
from plugbay_adapters.priostack.intents.run import RunState
from plugbay_adapters.priostack.intents.timekeeping import nanoseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay_adapters.priostack.bundle.documents import Intent
    from plugbay_adapters.priostack.intents.bounds import QueueBounds
    from plugbay_adapters.priostack.intents.operation import Transaction


@dataclass(frozen=True, slots=True)
class Cause:
    """Where an event comes from that the result of a run fired."""

    root: int
    depth: int


def accept(
    transaction: Transaction,
    sensor: str,
    payload: bytes,
    intents: Sequence[Intent],
    bounds: QueueBounds,
    cause: Cause | None = None,
) -> int:
    """The number of the accepted event. Raises :class:`SensorQueueFull`, then nothing was written."""
    _check_room(transaction, len(intents), len(payload), bounds, times=1 if cause is None else 2)
    number, root = _add_event(transaction, sensor, payload, cause)
    for intent in intents:
        _add_run(transaction, number, root, intent)
    if cause is None:
        finish_event(transaction, root)  # when every run was skipped
    return number


def _check_room(transaction: Transaction, runs: int, size: int, bounds: QueueBounds, *, times: int) -> None:
    (waiting,) = transaction.connection.execute("SELECT waiting FROM totals").fetchone()
    most = times * bounds.waiting
    if waiting + runs > most:
        raise SensorQueueFull(
            f"{waiting} runs of intents wait, and no more than {most} may",
            limit="waiting",
            expected=most,
            found=waiting,
            hint="fire again later; if it stays so, the functions of the intents are too slow, or failing",
        )
    if not make_room(transaction, size, times * bounds.stored_bytes):
        raise SensorQueueFull(
            f"the payloads of unfinished events fill the {bounds.stored_bytes} bytes that the queue may hold",
            limit="stored_bytes",
            expected=bounds.stored_bytes,
            hint="fire again later, or fire smaller payloads",
        )


def _add_event(transaction: Transaction, sensor: str, payload: bytes, cause: Cause | None) -> tuple[int, int]:
    connection, now = transaction.connection, transaction.now
    event_id = id_to_text(new_id(EntityType.MESSAGE))
    values = (event_id, sensor, payload, now, 0 if cause is None else cause.depth, 0 if cause is None else cause.root)
    make = "INSERT INTO events (id, sensor, payload, accepted, depth, root) VALUES (?, ?, ?, ?, ?, ?)"
    number = connection.execute(make, values).lastrowid
    assert number is not None
    connection.execute("UPDATE totals SET bytes = bytes + ?", (len(payload),))
    if cause is None:
        connection.execute("UPDATE events SET root = number WHERE number = ?", (number,))
        return number, number
    return number, cause.root


def _add_run(transaction: Transaction, event: int, root: int, intent: Intent) -> None:
    connection, now = transaction.connection, transaction.now
    number, started = intent_row(connection, intent.name, intent.sensor)
    over = None
    if intent.cooldown:
        expire(transaction, number, intent.expires_in)
        over = _cooldown_over(transaction, number, started, nanoseconds(intent.cooldown))
    if over is None:
        add(transaction, event, root, number, RunState.WAITING, now)
    else:
        add(transaction, event, root, number, RunState.SKIPPED, over)


def _cooldown_over(transaction: Transaction, intent: int, started: int | None, cooldown: int) -> int | None:
    """When the intent's cooldown is over, at the earliest; None when it has none now.

    A run that waits for its first start has the next cooldown: it starts now or later.
    """
    connection, now = transaction.connection, transaction.now
    waits = connection.execute("SELECT 1 FROM runs WHERE intent = ? AND state = 0 LIMIT 1", (intent,)).fetchone()
    if waits is not None:
        return now + cooldown
    return started + cooldown if started is not None and now < started + cooldown else None

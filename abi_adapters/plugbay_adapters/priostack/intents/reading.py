"""Reads events, runs and the state of intents from the queue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from plugbay_adapters.priostack.intents.event import SensorEvent
from plugbay_adapters.priostack.intents.report import IntentCounts, IntentReport
from plugbay_adapters.priostack.intents.run import IntentRun, RunState
from plugbay_adapters.priostack.intents.timekeeping import nanoseconds

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from plugbay_adapters.priostack.bundle.documents import Intent
    from plugbay_adapters.priostack.intents.operation import Transaction

_RUN: Final = (
    "SELECT intents.name, intents.sensor, events.id, runs.state, runs.attempts, runs.due, runs.started, runs.ended,"
    " runs.seconds, runs.slow, runs.error, runs.problems"
    " FROM runs JOIN intents ON intents.number = runs.intent JOIN events ON events.number = runs.event"
)
_EVENT: Final = (
    "SELECT event.number, event.id, event.sensor, event.accepted, event.depth, root.finished FROM events AS event"
    " JOIN events AS root ON root.number = event.root"
)
_INTENTS: Final = "SELECT number, name, sensor, started, ended, slow, error, error_at FROM intents ORDER BY number"
_FIRST_DUE: Final = "SELECT min(due) FROM runs WHERE intent = ? AND state = ?"
_HAS_DUE: Final = frozenset({RunState.WAITING, RunState.RETRYING, RunState.SKIPPED})


def event_by_number(transaction: Transaction, number: int) -> SensorEvent:
    """An event that is there."""
    found = _event(transaction.connection, _EVENT + " WHERE event.number = ?", number)
    assert found is not None
    return found


def event_by_id(transaction: Transaction, event_id: str) -> SensorEvent | None:
    """An event; None when there is none of that id."""
    return _event(transaction.connection, _EVENT + " WHERE event.id = ?", event_id)


def recent_runs(transaction: Transaction, most: int) -> tuple[IntentRun, ...]:
    """The newest runs, newest first."""
    rows = transaction.connection.execute(_RUN + " ORDER BY runs.number DESC LIMIT ?", (most,))
    return tuple(_run(row) for row in rows)


def waiting_runs(transaction: Transaction) -> int:
    """How many runs wait, retries included."""
    (waiting,) = transaction.connection.execute("SELECT waiting FROM totals").fetchone()
    return int(waiting)


def intent_reports(
    transaction: Transaction, intents: Sequence[Intent], intent_now: Callable[[str, str], Intent | None]
) -> tuple[IntentReport, ...]:
    """A report for each of ``intents``, then for others in the file: those that exist, and those with runs left."""
    connection = transaction.connection
    rows = {(row[1], row[2]): row for row in connection.execute(_INTENTS)}
    reports = [_intent_report(transaction, intent, rows.pop((intent.name, intent.sensor), None)) for intent in intents]
    for (name, sensor), row in rows.items():
        intent = intent_now(name, sensor)
        report = _intent_report(transaction, intent, row) if intent else _orphan(transaction, row)
        counts = report.counts
        if intent is not None or counts.waiting or counts.retrying or counts.running:
            reports.append(report)
    return tuple(reports)


def _intent_report(transaction: Transaction, intent: Intent, row: tuple[Any, ...] | None) -> IntentReport:
    facts = (intent.name, intent.sensor, intent.service, str(intent.handler), intent.primitive)
    if row is None:
        return IntentReport(*facts, IntentCounts())
    return _with_row(transaction, facts, row, intent.cooldown)


def _orphan(transaction: Transaction, row: tuple[Any, ...]) -> IntentReport:
    return _with_row(transaction, (row[1], row[2], None, None, None), row, None)


def _with_row(
    transaction: Transaction,
    facts: tuple[str, str, str | None, str | None, str | None],
    row: tuple[Any, ...],
    cooldown: float | None,
) -> IntentReport:
    number, _, _, started, ended, slow, error, error_at = row
    counts = _counts(transaction.connection, number, slow)
    over = started + nanoseconds(cooldown) if cooldown and started is not None else None
    return IntentReport(
        *facts,
        counts,
        last_started=started,
        last_ended=ended,
        last_error=error,
        last_error_at=error_at,
        next_due=_next_due(transaction.connection, number),
        cooldown_until=over if over is not None and over > transaction.now else None,
    )


def _counts(connection: sqlite3.Connection, intent: int, slow: int) -> IntentCounts:
    rows = connection.execute("SELECT state, runs FROM counts WHERE intent = ?", (intent,))
    return IntentCounts(slow=slow, **{RunState(state).text: runs for state, runs in rows})


def _next_due(connection: sqlite3.Connection, intent: int) -> int | None:
    """When the next run of the intent may start; two looks into an index, however many wait."""
    found = (
        connection.execute(_FIRST_DUE, (intent, state)).fetchone()[0] for state in (RunState.WAITING, RunState.RETRYING)
    )
    return min((due for due in found if due is not None), default=None)


def _event(connection: sqlite3.Connection, query: str, key: int | str) -> SensorEvent | None:
    row = connection.execute(query, (key,)).fetchone()
    if row is None:
        return None
    number, event_id, sensor, accepted, depth, finished = row
    runs = connection.execute(_RUN + " WHERE runs.event = ? ORDER BY runs.number", (number,))
    return SensorEvent(event_id, sensor, accepted, depth, tuple(_run(run) for run in runs), finished is not None)


def _run(row: tuple[Any, ...]) -> IntentRun:
    intent, sensor, event, number, attempts, due, started, ended, seconds, slow, error, problems = row
    state = RunState(number)
    return IntentRun(
        intent,
        sensor,
        event,
        state,
        attempts,
        due if state in _HAS_DUE else None,
        started,
        ended,
        seconds,
        bool(slow),
        error,
        tuple(json.loads(problems)) if problems else (),
    )

"""Moves runs from state to state and keeps every count of the queue right: nothing else writes a run's state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugbay_adapters.priostack.intents.run import RunState

if TYPE_CHECKING:
    import sqlite3

    from plugbay_adapters.priostack.intents.operation import Transaction

_COUNT = (
    "INSERT INTO counts (intent, state, runs) VALUES (?, ?, ?)"
    " ON CONFLICT (intent, state) DO UPDATE SET runs = runs + excluded.runs"
)
_WAITING = (RunState.WAITING, RunState.RETRYING)


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as the file has it."""

    number: int
    intent: int
    root: int
    state: RunState


def intent_row(connection: sqlite3.Connection, name: str, sensor: str) -> tuple[int, int | None]:
    """Number and last start of an intent, whose row is made if need be.

    An intent that comes to listen to another sensor is another one: its old runs wait for it to change back.
    """
    query = "SELECT number, started FROM intents WHERE name = ? AND sensor = ?"
    row = connection.execute(query, (name, sensor)).fetchone()
    if row is None:
        # It goes to the end of the queue of intents, behind those that have been served already.
        make = "INSERT INTO intents (name, sensor, served) SELECT ?, ?, served FROM totals"
        connection.execute(make, (name, sensor))
        row = connection.execute(query, (name, sensor)).fetchone()
    number, started = row
    return number, started


def add(transaction: Transaction, event: int, root: int, intent: int, state: RunState, due: int) -> None:
    """A new run, WAITING or SKIPPED."""
    connection = transaction.connection
    ended = transaction.now if state.is_final else None
    make = "INSERT INTO runs (event, intent, state, due, ended) VALUES (?, ?, ?, ?, ?)"
    connection.execute(make, (event, intent, state, due, ended))
    connection.execute(_COUNT, (intent, state, 1))
    if state in _WAITING:
        connection.execute("UPDATE totals SET waiting = waiting + 1")
        connection.execute("UPDATE events SET open = open + 1 WHERE number = ?", (root,))


def move(transaction: Transaction, run: StoredRun, to: RunState) -> None:
    """Give the run another state. The last final one of an event, and of all that came from it, finishes that event."""
    connection = transaction.connection
    connection.execute("UPDATE runs SET state = ? WHERE number = ?", (to, run.number))
    connection.execute(_COUNT, (run.intent, run.state, -1))
    connection.execute(_COUNT, (run.intent, to, 1))
    change = (to in _WAITING) - (run.state in _WAITING)
    if change:
        connection.execute("UPDATE totals SET waiting = waiting + ?", (change,))
    if to.is_final:
        ended = (transaction.now, run.number)
        connection.execute("UPDATE runs SET ended = ?, owner = NULL, slot = NULL WHERE number = ?", ended)
        connection.execute("UPDATE events SET open = open - 1 WHERE number = ?", (run.root,))
        finish_event(transaction, run.root)


def finish_event(transaction: Transaction, root: int) -> None:
    """Make the event, and all that came from it, history if none of their runs is left."""
    connection = transaction.connection
    query = "UPDATE events SET finished = ? WHERE number = ? AND open = 0 AND finished IS NULL"
    if connection.execute(query, (transaction.now, root)).rowcount:
        count = "UPDATE totals SET finished = finished + (SELECT count(*) FROM events WHERE root = ?)"
        connection.execute(count, (root,))

"""The durable queue of sensor events: what was accepted is run, whatever becomes of the process."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plugbay.errors import ConfigInvalid
from plugbay_adapters.priostack.intents.accepting import accept
from plugbay_adapters.priostack.intents.bounds import QueueBounds
from plugbay_adapters.priostack.intents.claiming import Claim, NothingDue, claim
from plugbay_adapters.priostack.intents.expiry import expire, expire_orphans
from plugbay_adapters.priostack.intents.finishing import finish
from plugbay_adapters.priostack.intents.history import prune
from plugbay_adapters.priostack.intents.operation import Transaction
from plugbay_adapters.priostack.intents.reading import (
    event_by_id,
    event_by_number,
    intent_reports,
    recent_runs,
    waiting_runs,
)
from plugbay_adapters.priostack.intents.recovery import beat, give_up, give_up_slot
from plugbay_adapters.priostack.intents.report import IntentsReport
from plugbay_adapters.priostack.intents.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugbay_adapters.priostack.bundle.documents import Intent
    from plugbay_adapters.priostack.intents.event import SensorEvent
    from plugbay_adapters.priostack.intents.finishing import Attempt, Ended
    from plugbay_adapters.priostack.intents.owner import Owner
    from plugbay_adapters.priostack.intents.recovery import OwnerWatch

_FORMS: Final = "queue URLs are memory: and sqlite:PATH"
_RECENT: Final = 50
"""Runs that a report lists."""


class SensorQueue:
    """Events and their runs in one SQLite file, shared by any number of threads and processes of one machine.

    An accepted event survives the death of its process and a power cut. Claims and results survive the death of their
    process; a power cut may undo the last of them, and their runs run again.

    All methods raise :class:`~plugbay_adapters.priostack.errors.SensorQueueUnusable` when the file can't be used, and
    :class:`~plugbay.errors.PluginClosed` after :meth:`close`.
    """

    def __init__(self, transactions: Transactions, bounds: QueueBounds) -> None:
        self._transactions = transactions
        self.bounds = bounds

    @classmethod
    def open(
        cls,
        url: str,
        *,
        bounds: QueueBounds | None = None,
        busy_timeout: float = 5.0,
        clock: Callable[[], int] = time.time_ns,
    ) -> SensorQueue:
        """The queue that a URL names: ``memory:``, or ``sqlite:PATH``, whose file is made in a folder that exists.

        ``busy_timeout``: seconds to wait for other processes that write; ``clock`` gives Unix nanoseconds. Raises
        ConfigInvalid for a malformed URL.
        """
        return cls(Transactions(_path_of(url), busy_timeout, clock), bounds or QueueBounds())

    def accept(self, sensor: str, payload: bytes, intents: Sequence[Intent]) -> SensorEvent:
        """Take an event with a run for each intent; durable once this returns. Raises SensorQueueFull."""

        def operation(transaction: Transaction) -> SensorEvent:
            prune(transaction, self.bounds)
            return event_by_number(transaction, accept(transaction, sensor, payload, intents, self.bounds))

        return self._transactions.write(operation, durable=True)

    def claim(self, owner: Owner, slot: int, intent_now: Callable[[str, str], Intent | None]) -> Claim | NothingDue:
        """The next run for the worker ``slot`` of ``owner``, which has none now.

        ``intent_now`` gives an intent by its name and sensor, None when there is none; it is called within the
        transaction.
        """

        def operation(transaction: Transaction) -> Claim | NothingDue:
            give_up_slot(transaction, owner.token, slot)
            return claim(transaction, owner, slot, intent_now)

        return self._transactions.write(operation, durable=False)

    def finish(self, claimed: Claim, attempt: Attempt, listeners: Callable[[str], Sequence[Intent]]) -> Ended | None:
        """End an attempt, and accept what its result fires, by one commit; None when the run was taken over."""
        return self._transactions.write(
            lambda transaction: finish(transaction, claimed, attempt, listeners, self.bounds), durable=False
        )

    def tend(
        self, owner: Owner, watch: OwnerWatch, intent_now: Callable[[str, str], Intent | None], *, alive: bool
    ) -> int:
        """Take over from owners that are gone, give up what is too late, drop old history.

        ``alive``: tell the others that ``owner`` lives. How many runs were taken over.
        """

        def operation(transaction: Transaction) -> int:
            if alive:
                beat(transaction, owner)
            taken = sum(give_up(transaction, token) for token in watch.gone(transaction, owner))
            self._expire(transaction, intent_now)
            prune(transaction, self.bounds)
            return taken

        return self._transactions.write(operation, durable=False)

    def retire(self, owner: Owner) -> None:
        """Forget an owner that holds nothing any more; what it still holds starts again elsewhere."""
        self._transactions.write(lambda transaction: give_up(transaction, owner.token), durable=False)

    def event(self, event_id: str) -> SensorEvent | None:
        """An event as it stands; None when there is none of that id, or no longer."""
        if not event_id.isascii():
            return None
        return self._transactions.read(lambda transaction: event_by_id(transaction, event_id))

    def report(self, intents: Sequence[Intent], intent_now: Callable[[str, str], Intent | None]) -> IntentsReport:
        """What these intents are doing, and others that have runs."""

        def operation(transaction: Transaction) -> IntentsReport:
            return IntentsReport(
                intent_reports(transaction, intents, intent_now),
                recent_runs(transaction, _RECENT),
                waiting_runs(transaction),
                self.bounds.waiting,
            )

        return self._transactions.read(operation)

    def check(self) -> None:
        """Raises SensorQueueUnusable when the file can't be read; cheap, for readiness probes."""
        self._transactions.read(waiting_runs)

    def close(self) -> None:
        """Close the file. Close the engine first."""
        self._transactions.close()

    def _expire(self, transaction: Transaction, intent_now: Callable[[str, str], Intent | None]) -> None:
        rows = transaction.connection.execute("SELECT number, name, sensor FROM intents").fetchall()
        for number, name, sensor in rows:
            intent = intent_now(name, sensor)
            if intent is None:
                expire_orphans(transaction, number, self.bounds.history_seconds)
            else:
                expire(transaction, number, intent.expires_in)


def _path_of(url: str) -> str | None:
    scheme, colon, rest = url.partition(":")
    match scheme.lower():
        case "memory" if colon and not rest:
            return None
        case "sqlite" if rest and "\0" not in rest and rest != ":memory:":
            return _expanded(url, rest)
        case _:
            raise ConfigInvalid(f"{url!r} is no URL of a sensor queue", found=url, hint=_FORMS)


def _expanded(url: str, path: str) -> str:
    try:
        return str(Path(path).expanduser().absolute())
    except RuntimeError as error:
        raise ConfigInvalid(f"the path of the sensor queue can't be expanded: {error}", found=url) from error

"""What a gear left for one message, read from its row and made into an outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plugbay.engines.wasmtime.mailbox import CODE_MASK, HAS_RECORDS, Record, Row, Status
from plugbay.engines.wasmtime.records import LogReader
from plugbay.guest_output import read_messages
from plugbay.outcome import Disposition, LogRecord, Outcome

if TYPE_CHECKING:
    from plugbay.engines.wasmtime.driven import DrivenInstance
    from plugbay.errors import PlugbayError
    from plugbay.limits import Limits
    from plugbay.message import Message

PORT_OUT = "out"


class Reply(NamedTuple):
    """A reply: the encoded result (``b""`` when there is none), the messages emitted before it, logs and reason."""

    disposition: Disposition
    result: bytes
    emitted: tuple[bytes, ...] = ()
    logs: tuple[LogRecord, ...] = ()
    reason: str | None = None


class Failure(NamedTuple):
    """A message that failed, and the log lines that it left before it did."""

    error: PlugbayError
    logs: tuple[LogRecord, ...]


class Records(NamedTuple):
    """The records of a message by kind."""

    logs: tuple[LogRecord, ...]
    emitted: tuple[bytes, ...]
    reason: str | None


_NO_RECORDS = Records((), (), None)


def plain_reply(result: bytes) -> Reply:
    """The reply of a message that led to its result and nothing else."""
    return Reply(Disposition.OK, result)


def read_reply(guest: DrivenInstance, row: Row) -> Reply:
    """The reply in a row and its records."""
    records = split_records(guest.answers.records(row)) if row.status & HAS_RECORDS else _NO_RECORDS
    logs = (*records.logs, *guest.notes())
    match row.status & CODE_MASK:
        case Status.REJECTED:
            return Reply(Disposition.REJECT, b"", (), logs, records.reason)
        case Status.OUTPUT:
            return Reply(Disposition.OK, guest.answers.output(row), records.emitted, logs)
        case _:
            return Reply(Disposition.OK if records.emitted else Disposition.DROP, b"", records.emitted, logs)


def split_records(area: bytes) -> Records:
    """The records of an area by kind, each in order."""
    reader = LogReader()
    emitted: list[bytes] = []
    reason: str | None = None
    for kind, data in reader.take(area):
        if kind == Record.EMIT:
            emitted.append(data)
        else:
            reason = data.decode("utf-8", "replace")
    return Records(reader.finish(), tuple(emitted), reason)


def outcome_of(reply: Reply, *, plugin: str, limits: Limits, fuel: int | None, seconds: float) -> Outcome:
    """The typed outcome; emitted messages come before the result, as they were sent.

    Raises :class:`InvalidOutput` or :class:`TooManyMessages`.
    """
    encoded = (*reply.emitted, reply.result) if reply.result else reply.emitted
    messages: list[Message] = []
    for item in encoded:
        messages += read_messages(item, plugin, most=limits.messages_out, sent=len(messages))
    disposition = Disposition.DROP if reply.disposition is Disposition.OK and not messages else reply.disposition
    sent = tuple((PORT_OUT, message) for message in messages)
    return Outcome(disposition, sent, reply.logs, reply.reason, None, fuel, seconds)

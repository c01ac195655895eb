"""Writes down what failed, with its error and its message, one JSON object a line."""

from __future__ import annotations

from typing import Any

import orjson

from plugbay.errors import MessageRejected, PlugbayError
from plugbay.message import Message
from plugbay.message.ndjson import to_line
from plugbay.outcome import Disposition, Outcome
from plugbay.stream.formats import BadItem


def failure_line(number: int, payload: bytes, outcome: Outcome) -> bytes:
    """A message that failed or was rejected; ``number`` is its line or item, from 1."""
    error = outcome.error
    if error is None:
        error = MessageRejected(outcome.reason or "no reason given")
    message = orjson.loads(to_line(Message.from_cbor(payload)))
    return _line(number, error, message, logs=[[str(record.level), record.text] for record in outcome.logs])


def bad_line(item: BadItem) -> bytes:
    """Input that was no message."""
    return _line(item.number, item.error, None, input=item.text)


def is_failure(outcome: Outcome) -> bool:
    """Whether the message belongs among the failures: it failed, or the plugin rejected it."""
    return outcome.disposition in (Disposition.ERROR, Disposition.REJECT)


def _line(number: int, error: PlugbayError, message: Any, **more: Any) -> bytes:
    facts = {"line": number, "error": error.to_dict(), "message": message}
    facts |= {name: value for name, value in more.items() if value}
    return orjson.dumps(facts, option=orjson.OPT_APPEND_NEWLINE)

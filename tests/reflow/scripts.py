"""Scripts for the actor of :mod:`tests.reflow.machine`, and what comes of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.reflow.machine import op

from plugbay import Message

if TYPE_CHECKING:
    from plugbay import Outcome, Plugin


def script(*operations: bytes) -> Message:
    """The message for port ``script`` that has these operations run."""
    return Message.new({"value": b"".join(operations)})


def run(plugin: Plugin, *operations: bytes) -> Outcome:
    """What comes of a script."""
    return plugin.process(script(*operations), "script")


def told(outcome: Outcome) -> list[tuple[str, Any]]:
    """What left the actor: ports, and plain values or Objects."""
    return [(port, plain(message)) for port, message in outcome.raise_for_error().messages]


def plain(message: Message) -> Any:
    """The plain value or Object that a message carries."""
    return message.data["value"] if set(message.data) == {"value"} else message.data


def returns(result: object) -> bytes:
    """An output: bytes, or JSON."""
    return op("text", 15, _json(result)) + op("output", 15)


def sends(outputs: object) -> bytes:
    return op("text", 14, _json(outputs)) + op("send", 14)


def sets(key: str, value: object) -> bytes:
    return op("text", 13, key.encode()) + op("text", 12, _json(value)) + op("set_state", 13, 12)


def shows(key: str) -> bytes:
    """Send what ``__get_state`` says of a key, which must be an object, out of the ports that it names."""
    return op("text", 13, key.encode()) + op("state", 12, 13) + op("send", 12)


def fails(text: str) -> bytes:
    return op("text", 11, text.encode()) + op("error", 11)


def _json(value: object) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()

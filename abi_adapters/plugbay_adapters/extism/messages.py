"""How a fluxMsg becomes a plain plugin's input, and its output a fluxMsg.

A plain plugin takes bytes, and no rule of Extism's says what they mean. A message goes in as its ``raw`` bytes where it
has any, else as its ``data`` in JSON. An output that is a JSON object becomes ``data``, any other the ``raw`` bytes of
the next message; an empty one drops the message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from plugbay.errors import InvalidMessage
from plugbay.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping


def encode_input(message: Message) -> bytes:
    """The input that a message means. Raises :class:`InvalidMessage` for data that JSON can't hold."""
    if message.raw is not None:
        return message.raw
    try:
        return orjson.dumps(message.data)
    except orjson.JSONEncodeError as error:
        raise InvalidMessage(
            f"data can't go to an Extism plugin as JSON: {error}", function="data", hint="send bytes in raw"
        ) from error


def decode_output(message: Message, output: bytes) -> Message:
    """The message that an output means, an answer to ``message``."""
    data = _object(output)
    return answer_to(message, data or {}, raw=output if data is None else None)


def answer_to(message: Message, data: Mapping[str, Any], *, raw: bytes | None = None) -> Message:
    """A new message that refers to another: its id, trace, source and meta go on."""
    return Message.new(data, message.meta, ref_id=message.id, src_id=message.src_id, trace=message.trace, raw=raw)


def _object(output: bytes) -> dict[str, Any] | None:
    if output[:1] != b"{":
        return None
    try:
        value: dict[str, Any] = orjson.loads(output)
    except orjson.JSONDecodeError:
        return None
    return value

"""How a fluxMsg becomes the input of a function that takes bytes, and its output a fluxMsg.

For plugins whose ABI says nothing of what the bytes mean: Extism's plain ones, PrioStack's functions. A message goes in
as its ``raw`` bytes where it has any, else as its ``data`` in JSON. An output that is a JSON object becomes ``data``,
any other, and one nested deeper than messages may be, the ``raw`` bytes of the next message; an empty one drops the
message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from plugbay.errors import InvalidMessage, InvalidOutput
from plugbay.message import Message
from plugbay.message.rules import validate

if TYPE_CHECKING:
    from collections.abc import Mapping

SURELY_SMALL: Final = 1024 * 1024
"""Bytes of JSON that can't be over what a message may hold."""
_SURELY_SHALLOW: Final = 30


def encode_input(message: Message) -> bytes:
    """The input that a message means. Raises :class:`InvalidMessage` for data that JSON can't hold."""
    if message.raw is not None:
        return message.raw
    try:
        return orjson.dumps(message.data)
    except orjson.JSONEncodeError as error:
        raise InvalidMessage(
            f"data can't go to the plugin as JSON: {error}", function="data", hint="send bytes in raw"
        ) from error


def decode_output(message: Message, output: bytes, *, plugin: str) -> Message:
    """The message that an output means, an answer to ``message``.

    Raises :class:`InvalidOutput` for one that is too large for a message.
    """
    data = _object(output)
    if data is not None:
        answer = answer_to(message, data)
        if surely_fits(output) or _fits(answer):
            return answer
    return required_message(answer_to(message, {}, raw=output), plugin=plugin)


def surely_fits(output: bytes) -> bool:
    """Whether the values of this JSON object fit messages, told without a look at every one of them."""
    shallow = output.count(b"[") + output.count(b"{") <= _SURELY_SHALLOW
    return output[:1] == b"{" and shallow and len(output) <= SURELY_SMALL


def required_message(message: Message, *, plugin: str, port: str | None = None) -> Message:
    """The message; one that no message can be, too deep or too large, raises :class:`InvalidOutput`."""
    try:
        validate(message)
    except InvalidMessage as error:
        where = f"port {port}: " if port is not None else ""
        raise InvalidOutput(
            f"{where}what it returned is no message: {error.reason}",
            plugin=plugin,
            function=port,
            limit=error.limit,
            expected=error.expected,
            found=error.found,
        ) from error
    return message


def answer_to(message: Message, data: Mapping[str, Any], *, raw: bytes | None = None) -> Message:
    """A new message that refers to another: its id, trace, source and meta go on."""
    return Message.new(data, message.meta, ref_id=message.id, src_id=message.src_id, trace=message.trace, raw=raw)


def _fits(message: Message) -> bool:
    try:
        validate(message)
    except InvalidMessage:
        return False
    return True


def _object(output: bytes) -> dict[str, Any] | None:
    if output[:1] != b"{":
        return None
    try:
        value: dict[str, Any] = orjson.loads(output)
    except orjson.JSONDecodeError:
        return None
    return value

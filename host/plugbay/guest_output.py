"""Checks what a guest returned before anything else sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.errors import InvalidMessage, MalformedCbor, MalformedMessage, NotAMessage, TooManyMessages
from plugbay.message.cbor import decode_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay.message import Message

_HINT = "a guest returns one CBOR fluxMsg, or an array of them"


def read_messages(encoded: bytes, plugin: str, *, most: int, sent: int = 0) -> Sequence[Message]:
    """The messages in an output: one, or the many of an array (fan-out); at most ``most`` with those already ``sent``.

    Raises :class:`MalformedCbor`, :class:`NotAMessage` or :class:`TooManyMessages`.
    """
    try:
        messages = decode_many(encoded, most=most - sent)
    except MalformedMessage as error:
        raise MalformedCbor(
            f"returned {len(encoded)} bytes that are not strict CBOR: {error.reason}",
            plugin=plugin,
            found=encoded[:32].hex(" "),
            hint=_HINT,
        ) from error
    except InvalidMessage as error:
        if error.limit == "messages_out":
            raise TooManyMessages.over(plugin, most) from error
        raise NotAMessage(
            f"returned CBOR that is not a fluxMsg: {error.reason}",
            plugin=plugin,
            function=error.function,
            expected=error.expected,
            found=error.found,
            hint=_HINT,
        ) from error
    if sent + len(messages) > most:
        raise TooManyMessages.over(plugin, most)
    return messages

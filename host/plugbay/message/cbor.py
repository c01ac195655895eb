"""fluxMsg in CBOR (RFC 8949), as Go's fxamacker/cbor reads and writes it, strict in both directions.

What is accepted, by :func:`decode` here and by the scanner alike:

- exactly one data item; arrays, maps and strings of indefinite length too, integers in any width;
- nested up to 32 deep, the message counted; a batch (an array of messages) adds its own level;
- text in valid UTF-8, every chunk of an indefinite text by itself; map keys are text and stand once;
- no tags at all, so that nothing turns into a date, a big number or a set unseen; of the simple values only false, true
  and null; integers from -2**63 to 2**64 - 1;
- the fields of the sheet, each of its type: a missing one is its zero value, null is good for ``meta`` and ``data``
  (empty), ``raw`` and ``path``; keys that the sheet does not know are ignored, but what they hold is held to the same
  rules;
- the limits of the bus: 64 hops, 2 MiB (:mod:`plugbay.message.rules`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, NoReturn, cast

import cbor2

from plugbay.errors import InvalidMessage, MalformedMessage
from plugbay.message.identifier import NIL_ID
from plugbay.message.message import PORT_OUT, Hop, Message
from plugbay.message.plain import MAX_DEPTH, refuse, require_plain_map
from plugbay.message.rules import MAX_MESSAGE_BYTES, check_fields, check_size

_FIELDS = frozenset({"id", "ref_id", "trace", "src_id", "meta", "data", "flags", "raw", "path", "ts"})
_HOP_FIELDS = frozenset({"g", "p", "t"})


def encode(message: Message, *, port: str = PORT_OUT) -> bytes:
    """The message's bytes: keys in the order of the sheet, integers in their shortest form, floats in 64 bits.

    A ``port`` other than ``out`` is added as a key of its own, which readers of fluxMsg pass over: it is for people and
    programs that look at what a plugin sent.

    Raises :class:`InvalidMessage` for a field that is no fluxMsg's and over the limits of the bus.
    """
    check_fields(message)
    path = message.path
    fields: dict[str, object] = {
        "id": message.id,
        "ref_id": message.ref_id,
        "trace": message.trace,
        "src_id": message.src_id,
        "meta": message.meta,
        "data": message.data,
        "flags": message.flags,
        "raw": message.raw,
        "path": None if path is None else [{"g": hop.gear, "p": hop.port, "t": hop.time} for hop in path],
        "ts": message.ts,
    }
    if port != PORT_OUT:
        fields["port"] = port
    try:
        encoded = cbor2.dumps(fields)
    except (cbor2.CBOREncodeError, UnicodeEncodeError) as error:
        raise InvalidMessage(f"the message can't be encoded: {error}", hint="is all text valid Unicode?") from error
    if len(encoded) > MAX_MESSAGE_BYTES:
        check_size(message)
    return encoded


def decode(data: bytes) -> Message:
    """The message in these bytes. Raises :class:`InvalidMessage`; see the rules above."""
    message = _message(_load(data, MAX_DEPTH))
    if len(data) > MAX_MESSAGE_BYTES:
        check_size(message)
    return message


def decode_scanned(item: bytes) -> Message:
    """The message in bytes that the scanner called :attr:`~plugbay.message.scanner.Kind.MESSAGE`.

    The same as :func:`decode`, without judging a second time; for any other bytes the result is undefined.
    """
    return _build(cbor2.loads(item))


def decode_many(data: bytes, *, most: int | None = None) -> list[Message]:
    """The messages in these bytes: one for a map, any number for an array of maps, as a guest that fans out returns.

    Raises :class:`InvalidMessage`, which says where in the array the message stands, or has ``limit="messages_out"``
    for an array of more than ``most``: its messages are not made then, for four million fit into 4 MiB.
    """
    if not data or data[0] >> 5 != _ARRAY:
        return [decode(data)]
    promised = _promised(data)
    if promised <= len(data):  # else they can't be there, and it is malformed
        _refuse_more(promised, most)
    items = cast("list[object]", _load(data, MAX_DEPTH + 1))
    _refuse_more(len(items), most)
    messages: list[Message] = []
    for index, item in enumerate(items):
        try:
            message = _message(item)
            if len(data) > MAX_MESSAGE_BYTES:
                check_size(message)
        except InvalidMessage as error:
            error.reason = f"message {index} of the array: {error.reason}"
            raise
        messages.append(message)
    return messages


def _promised(data: bytes) -> int:
    """The entries of an array by its head; 0 when the head does not tell."""
    short = data[0] & 0x1F
    return short if short < 24 else int.from_bytes(data[1 : 1 + (1 << short - 24)], "big") if short < 28 else 0


def _refuse_more(count: int, most: int | None) -> None:
    if most is not None and count > most:
        raise InvalidMessage(
            f"an array of {count} messages, more than {most}", limit="messages_out", expected=most, found=count
        )


def _load(data: bytes, max_depth: int) -> object:
    """The one data item in these bytes, not yet known to be plain."""
    source = BytesIO(data)
    try:
        value: object = cbor2.load(
            source, max_depth=max_depth, allow_duplicate_keys=False, semantic_decoders=_NO_TAGS, tag_hook=_refuse_tag
        )
    except cbor2.CBORDecodeError as error:
        cause = error.__cause__ if isinstance(error.__cause__, InvalidMessage) else error
        raise MalformedMessage(f"the message is not strict CBOR: {cause}", found=str(cause)) from error
    if source.tell() != len(data):
        extra = len(data) - source.tell()
        raise MalformedMessage(
            f"{extra} bytes follow the message", expected="one data item", found=f"{extra} bytes more"
        )
    return value


def _message(value: object) -> Message:
    """The message that a decoded item is; all but its size checked."""
    if type(value) is not dict:
        refuse("message", "map", value)
    fields = cast("dict[str, Any]", value)
    if not _FIELDS.issuperset(fields):
        require_plain_map({key: fields[key] for key in fields if key not in _FIELDS}, "message", 1)
    message = _build(fields)
    check_fields(message)
    return message


def _build(fields: dict[str, Any]) -> Message:
    get = fields.get
    path = get("path")
    return Message(
        get("id", NIL_ID),
        get("ref_id", NIL_ID),
        get("trace", ""),
        get("src_id", NIL_ID),
        {} if (meta := get("meta")) is None else meta,
        {} if (data := get("data")) is None else data,
        get("flags", 0),
        get("raw"),
        None if path is None else _hops(path),
        get("ts", 0),
    )


def _hops(path: object) -> tuple[Hop, ...]:
    if type(path) is not list:
        refuse("path", "array of hops or null", path)
    return tuple(_hop(item, index) for index, item in enumerate(cast("list[object]", path)))


def _hop(value: object, index: int) -> Hop:
    if type(value) is not dict:
        refuse(f"path[{index}]", "map", value)
    fields = cast("dict[str, Any]", value)
    if not _HOP_FIELDS.issuperset(fields):
        require_plain_map({key: fields[key] for key in fields if key not in _HOP_FIELDS}, f"path[{index}]", 3)
    return Hop(fields.get("g", NIL_ID), fields.get("p", NIL_ID), fields.get("t", 0))


def _refuse_tag(_value: object, _immutable: bool) -> NoReturn:
    raise InvalidMessage("tags are not allowed")


class _EveryTag(Mapping[int, cbor2.SemanticDecoderCallback]):
    """A decoder for each tag there is, which refuses it: cbor2 would otherwise apply those that it knows."""

    def __getitem__(self, tag: int) -> cbor2.SemanticDecoderCallback:
        return _refuse_tag

    def __iter__(self) -> Iterator[int]:
        return iter(range(2**64))

    def __len__(self) -> int:
        return sys.maxsize


_ARRAY = 4
_NO_TAGS = _EveryTag()

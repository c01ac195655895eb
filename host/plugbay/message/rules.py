"""What a fluxMsg must be: types of the fields, and the limits that the bus enforces.

One set of rules judges messages on both ways; the fluxrig sheet is their source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from plugbay.errors import InvalidMessage
from plugbay.message.message import Hop
from plugbay.message.plain import refuse, require_plain_map

if TYPE_CHECKING:
    from plugbay.message.message import Message

MAX_HOPS = 64
"""Entries of ``path``."""

MAX_MESSAGE_BYTES = 2 * 1024 * 1024
"""Bytes of ``raw``, of the keys and values of ``meta`` and of the keys and text values of ``data`` itself, in UTF-8."""

_INT64_MIN = -(2**63)
_INT64_MAX = 2**63 - 1
_UINT32_MAX = 2**32 - 1


def validate(message: Message) -> None:
    """Check every field and limit. Raises :class:`InvalidMessage` naming the field, what belongs and what is there."""
    check_fields(message)
    check_size(message)


def check_fields(message: Message) -> None:
    """The types and ranges of the fields, the plainness of ``data``, the number of hops."""
    _check_id("id", message.id)
    _check_id("ref_id", message.ref_id)
    if type(message.trace) is not str:
        refuse("trace", "text", message.trace)
    _check_id("src_id", message.src_id)
    _check_meta(message.meta)
    require_plain_map(message.data, "data", 2)
    flags, raw, ts = message.flags, message.raw, message.ts
    if type(flags) is not int or not 0 <= flags <= _UINT32_MAX:
        refuse("flags", "integer from 0 to 2**32 - 1", flags)
    if raw is not None and type(raw) is not bytes:
        refuse("raw", "bytes or null", raw)
    if message.path is not None:
        _check_path(message.path)
    if type(ts) is not int or not _INT64_MIN <= ts <= _INT64_MAX:
        refuse("ts", "integer of 64 bits with sign", ts)


def check_size(message: Message) -> None:
    """The 2 MiB limit; needs fields that are checked."""
    size = len(message.raw or b"")
    size += sum(_utf8_length(text) for pair in message.meta.items() for text in pair)
    for key, value in message.data.items():
        size += _utf8_length(key) + (_utf8_length(value) if isinstance(value, str) else 0)
    if size > MAX_MESSAGE_BYTES:
        raise InvalidMessage(
            f"raw, meta and the keys and texts of data have {size} bytes together, more than {MAX_MESSAGE_BYTES}",
            limit="message_bytes",
            expected=MAX_MESSAGE_BYTES,
            found=size,
        )


def _check_id(where: str, value: object) -> None:
    if type(value) is not bytes or len(value) != 16:
        refuse(where, "16 bytes", value)


def _check_meta(meta: object) -> None:
    if type(meta) is not dict:
        refuse("meta", "map", meta)
    for key, value in cast("dict[object, object]", meta).items():
        if type(key) is not str:
            refuse("a key of meta", "text", key)
        if type(value) is not str:
            refuse(f"meta.{key}", "text", value)


def _check_path(path: object) -> None:
    if type(path) is not tuple:
        refuse("path", "tuple of hops or null", path)
    hops = cast("tuple[object, ...]", path)
    if len(hops) > MAX_HOPS:
        raise InvalidMessage(
            f"path has {len(hops)} hops, more than {MAX_HOPS}",
            function="path",
            limit="hops",
            expected=MAX_HOPS,
            found=len(hops),
        )
    for index, hop in enumerate(hops):
        if type(hop) is not Hop:
            refuse(f"path[{index}]", "hop", hop)
        _check_id(f"path[{index}].g", hop.gear)
        _check_id(f"path[{index}].p", hop.port)
        if type(hop.time) is not int or not _INT64_MIN <= hop.time <= _INT64_MAX:
            refuse(f"path[{index}].t", "integer of 64 bits with sign", hop.time)


def _utf8_length(text: str) -> int:
    """Bytes of the text in UTF-8; lone surrogates, which have no UTF-8, are refused where the text is encoded."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))

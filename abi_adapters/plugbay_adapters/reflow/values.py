"""Reflow's twelve kinds of message, as Python values and in their JSON form ``{"type": T, "data": D}``."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType
from typing import Any, cast

import orjson

from plugbay_adapters.reflow.jsontext import HugeInteger, Misfit, check_json, name_of


class MessageType(StrEnum):
    """What a port carries, by the names of Reflow's wire form."""

    FLOW = "Flow"
    """A signal without data."""
    EVENT = "Event"
    BOOLEAN = "Boolean"
    INTEGER = "Integer"
    """64 bits with sign."""
    FLOAT = "Float"
    STRING = "String"
    OBJECT = "Object"
    ARRAY = "Array"
    STREAM = "Stream"
    """Bytes; an array of numbers in JSON."""
    OPTIONAL = "Optional"
    ANY = "Any"
    ERROR = "Error"
    """The text of an error."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value on a port.

    ``data`` is None for Flow, bytes for Stream, text for String and Error, and for the others the plain value that JSON
    has for it: any at all for Event, Optional (None when there is none) and Any.
    """

    type: MessageType
    data: Any = None


def encode(value: Value) -> bytes:
    """The value in JSON, tagged with its type. Raises :class:`Misfit` for data that JSON can't hold exactly."""
    kind = value.type
    data = fit(kind, value.data)
    if kind in _NESTING:
        check_json(data)
    elif kind == MessageType.STREAM:
        data = list(data)
    try:
        return _OPENINGS[kind] + orjson.dumps(data) + b"}"
    except orjson.JSONEncodeError as error:
        raise Misfit("valid Unicode", str(error)) from None


def decode(tagged: object) -> Value:
    """The value that a guest tagged, from its JSON as :func:`~plugbay_adapters.reflow.jsontext.loads` gives it.

    ``data`` that is absent is null. Integers may be written ``4.0``, and floats as integers of any length. Raises
    :class:`Misfit`.
    """
    if type(tagged) is not dict:
        raise Misfit("object with type and data", name_of(tagged))
    fields = cast("dict[str, Any]", tagged)
    name: object = fields.get("type")
    if type(name) is not str:
        raise Misfit("text", name_of(name) if "type" in fields else "nothing", ".type")
    kind = _TYPES.get(name)
    if kind is None:
        raise Misfit(f"one of {', '.join(MessageType)}", repr(name[:40]), ".type")
    data: Any = fields.get("data")
    if kind == MessageType.FLOAT and type(data) in _INTEGER_LITERALS:
        # The digits of an integer that stand for a float name the nearest one, as everywhere in JSON.
        data = float(data)
    try:
        data = fit(kind, data)
        if kind in _NESTING:
            check_json(data)
    except Misfit as misfit:
        misfit.where = f".data{misfit.where}"
        raise
    return Value(kind, data)


def fit(kind: MessageType, plain: Any) -> Any:
    """A plain value as the data of that type, changed in form at most: 4.0 and 4, or an array of bytes and bytes.

    What lies inside a container is not looked at. Raises :class:`Misfit`.
    """
    known, convert, expected = _FITS[kind]
    if known is not None and type(plain) is not known:
        converted = convert(plain)
        if converted is None:
            raise Misfit(expected, name_of(plain))
        return converted
    if known is int and not _INT64_MIN <= plain <= _INT64_MAX:
        raise Misfit(expected, name_of(plain))
    if known is float and not math.isfinite(plain):
        raise Misfit(expected, name_of(plain))
    return plain


def kind_of_plain(plain: object) -> MessageType:
    """The type that a plain value has when nothing else tells: by its kind. Raises :class:`Misfit` for no kind."""
    kind = _KINDS.get(type(plain))
    if kind is None:
        raise Misfit("null, boolean, number, text, array or object", name_of(plain))
    return kind


def type_of_plain(plain: object) -> Value:
    """A plain JSON value with the type of its kind, as ``__send_output`` types what it is given.

    null is an empty Optional, and bytes are a Stream. Raises :class:`Misfit` for an integer of more than 64 bits with
    sign and for what JSON can't hold.
    """
    kind = kind_of_plain(plain)
    data = fit(kind, plain)
    if kind in _NESTING:
        check_json(data)
    return Value(kind, data)


def _no_conversion(_plain: object) -> None:
    return None


def _to_integer(plain: object) -> int | None:
    # The bounds themselves are left out: as floats they may be the rounded form of an integer beyond them.
    if type(plain) is float and plain.is_integer() and _INT64_MIN < plain < -_INT64_MIN:
        return int(plain)
    return None


def _to_float(plain: object) -> float | None:
    if type(plain) is int and float(plain) == plain:
        return float(plain)
    return None


def _to_bytes(plain: object) -> bytes | None:
    if type(plain) is not list:
        return None
    numbers = cast("list[object]", plain)
    if not _INTEGERS.issuperset(map(type, numbers)):
        return None
    try:
        return bytes(cast("list[int]", numbers))
    except ValueError:
        return None


_INT64_MIN = -(2**63)
_INT64_MAX = 2**63 - 1
_INTEGERS = frozenset({int})
_INTEGER_LITERALS = frozenset({int, HugeInteger})
_TYPES = {kind.value: kind for kind in MessageType}
_OPENINGS = {kind: f'{{"type":"{kind}","data":'.encode() for kind in MessageType}
_NESTING = frozenset({MessageType.EVENT, MessageType.OBJECT, MessageType.ARRAY, MessageType.OPTIONAL, MessageType.ANY})
_KINDS: dict[type, MessageType] = {
    NoneType: MessageType.OPTIONAL,
    bool: MessageType.BOOLEAN,
    int: MessageType.INTEGER,
    float: MessageType.FLOAT,
    str: MessageType.STRING,
    list: MessageType.ARRAY,
    dict: MessageType.OBJECT,
    bytes: MessageType.STREAM,
}
_Fit = tuple[type | None, Callable[[object], Any], str]
_FITS: dict[MessageType, _Fit] = {
    MessageType.FLOW: (NoneType, _no_conversion, "null"),
    MessageType.EVENT: (None, _no_conversion, ""),
    MessageType.BOOLEAN: (bool, _no_conversion, "boolean"),
    MessageType.INTEGER: (int, _to_integer, "integer from -2**63 to 2**63 - 1"),
    MessageType.FLOAT: (float, _to_float, "finite number that a float of 64 bits holds exactly"),
    MessageType.STRING: (str, _no_conversion, "text"),
    MessageType.OBJECT: (dict, _no_conversion, "object"),
    MessageType.ARRAY: (list, _no_conversion, "array"),
    MessageType.STREAM: (bytes, _to_bytes, "bytes, or an array of integers from 0 to 255"),
    MessageType.OPTIONAL: (None, _no_conversion, ""),
    MessageType.ANY: (None, _no_conversion, ""),
    MessageType.ERROR: (str, _no_conversion, "text"),
}

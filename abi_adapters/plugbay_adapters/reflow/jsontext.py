"""JSON as actors write and read it: exact, or refused."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from types import NoneType
from typing import TYPE_CHECKING, Any, cast

import orjson

from plugbay.message.plain import INT_MAX, INT_MIN, MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_VALUE_DEPTH = MAX_DEPTH - 2
"""Containers that a value may nest: a fluxMsg holds 32, itself and its ``data`` among them."""


class Misfit(Exception):
    """A value is not what belongs there. Never leaves the adapter: whoever knows whose value it is translates it.

    ``where`` is the path inside the value (``.cards[2]``), empty for the value itself.
    """

    def __init__(self, expected: str, found: str, where: str = "") -> None:
        super().__init__(expected, found, where)
        self.expected = expected
        self.found = found
        self.where = where

    def __str__(self) -> str:
        return f"expected {self.expected}, found {self.found}"


class HugeInteger(float):
    """An integer beyond 64 bits, rounded. Good where a float belongs, refused everywhere else."""

    __slots__ = ()


def loads(text: bytes) -> Any:
    """The value of a JSON text, where no number is rounded unseen.

    Integers of more than 64 bits come as :class:`HugeInteger`, and ``-0`` as the float -0.0, as serde has it. Raises
    :class:`Misfit` for anything that is not JSON: NaN, numbers too large for a float and lone surrogates, too.
    """
    try:
        value: object = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        found = f"{error.msg} at character {error.pos}"
        raise Misfit("JSON", found if text else "nothing") from None
    # Looking for suspects costs a fraction of the parser that keeps every digit.
    if _LONG in text.translate(_DIGITS) or (b"-0" in text and _MINUS_ZERO.search(text)):
        return _loads_exact(text)
    return value


def loads_from_guest(text: bytes) -> Any:
    """:func:`loads` that also reads JSON wrapped into a base64 JSON text, as Go guests have been seen to send it."""
    value = loads(text)
    if type(value) is not str:
        return value
    try:
        inner = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Misfit("object", "text that is not base64") from None
    return loads(inner)


def check_json(value: object) -> None:
    """Check that JSON holds the value exactly: plain, integers of 64 bits, finite floats, nested no deeper than 30.

    Raises :class:`Misfit` with the path of the first flaw, shortened. Lone surrogates are left to the encoder.
    """
    kind = type(value)
    if kind not in _CONTAINERS or not _is_clean(value):
        try:
            _find_flaw(value, 1)
        except Misfit as misfit:
            misfit.where = shorten(misfit.where)
            raise


def name_of(value: object) -> str:
    """A value as an error message shows it: its kind, and a number itself. Texts are not shown: they may be secret."""
    kind = type(value)
    if kind is float and not math.isfinite(cast("float", value)):
        return str(value)
    if kind is int or kind is float:
        digits = str(value) if abs(cast("float", value)) < _SHOWN_BELOW else "beyond 64 bits"
        return f"{_NAMES[kind]} {digits}"
    if kind is bytes:
        return f"{len(cast('bytes', value))} bytes"
    if kind is bool:
        return "true" if value else "false"
    return _NAMES.get(kind, kind.__name__)


def shorten(name: str) -> str:
    """The beginning of keys, names or a path that a guest chose, as an error message shows it."""
    return name if len(name) <= _SHOWN_CHARACTERS else f"{name[: _SHOWN_CHARACTERS - 3]}..."


def _is_clean(outermost: object) -> bool:
    """Whether a container has no flaw; level by level, since a call per container would cost twice as much."""
    level: list[object] = [outermost]
    for _ in range(MAX_VALUE_DEPTH):
        below: list[object] = []
        for container in level:
            if type(container) is dict:
                entries = cast("dict[object, object]", container)
                if not _TEXT.issuperset(map(type, entries)):
                    return False
                inner: Iterable[object] = entries.values()
            else:
                inner = cast("list[object]", container)
            for value in inner:
                kind = type(value)
                if kind in _SCALARS:
                    continue
                if kind in _CONTAINERS:
                    below.append(value)
                elif type(value) is int:
                    if not INT_MIN <= value <= INT_MAX:
                        return False
                elif type(value) is not float or not math.isfinite(value):
                    return False
        if not below:
            return True
        if len(below) > _MANY:
            # Perhaps lists that contain themselves, which grow with each level; the other way meets their depth first.
            return False
        level = below
    return False


def _find_flaw(value: object, depth: int) -> None:
    """Raise for the first flaw of a value that would be the ``depth``th container.

    The path is made on the way out: guests choose the keys, and one of megabytes must not be copied for each value.
    """
    kind = type(value)
    if kind in _CONTAINERS:
        if depth > MAX_VALUE_DEPTH:
            raise Misfit(f"at most {MAX_VALUE_DEPTH} containers in each other", "more")
        entries = cast("dict[Any, Any]", value).items() if kind is dict else enumerate(cast("list[Any]", value))
        for key, inner in entries:
            if kind is dict and type(key) is not str:
                raise Misfit("text as a key", name_of(key))
            try:
                _find_flaw(inner, depth + 1)
            except Misfit as misfit:
                misfit.where = f".{key}{misfit.where}" if kind is dict else f"[{key}]{misfit.where}"
                raise
    elif kind is int:
        if not INT_MIN <= cast("int", value) <= INT_MAX:
            raise Misfit("integer of 64 bits", name_of(value))
    elif kind is float:
        if not math.isfinite(cast("float", value)):
            raise Misfit("finite number", name_of(value))
    elif kind not in _SCALARS:
        expected = "integer of 64 bits" if kind is HugeInteger else "null, boolean, number, text, array or object"
        raise Misfit(expected, name_of(value))


def _loads_exact(text: bytes) -> object:
    """What :func:`loads` promises, by the slower parser that shows the digits; the text is known to be JSON."""
    try:
        return json.loads(text, parse_int=_integer)
    except RecursionError:
        raise Misfit("JSON", "containers nested too deep") from None


def _integer(digits: str) -> int | float:
    if digits == "-0":
        return -0.0
    if len(digits) <= 20:
        number = int(digits)
        if INT_MIN <= number <= INT_MAX:
            return number
    return HugeInteger(digits)


_LONG = b"0" * 19
_DIGITS = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else ord(" ") for byte in range(256))
_MINUS_ZERO = re.compile(rb"-0(?![.eE0-9])")
_MANY = 1_000_000
_TEXT = frozenset({str})
_CONTAINERS: frozenset[type] = frozenset({dict, list})
_SCALARS: frozenset[type] = frozenset({str, bool, NoneType})
_SHOWN_BELOW = 2.0**64
_SHOWN_CHARACTERS = 200
_NAMES: dict[type, str] = {
    NoneType: "null",
    str: "text",
    dict: "object",
    list: "array",
    int: "integer",
    float: "number",
    HugeInteger: "integer beyond 64 bits",
}

"""Plain values: what ``data`` may hold, the same on the wire, in NDJSON and in Python.

None, bool, int from -2**63 to 2**64 - 1, float, str that is valid Unicode, bytes, list, and dict with text keys.
Subclasses (an ``IntEnum``, an ``OrderedDict``) are refused, because they would come back as something else.
"""

from __future__ import annotations

from types import NoneType
from typing import Any, NoReturn, cast

from plugbay.errors import InvalidMessage

MAX_DEPTH = 32
"""Containers that may be nested, the message itself counted; fxamacker/cbor's own default."""

INT_MIN = -(2**63)
INT_MAX = 2**64 - 1

_SCALARS = frozenset({str, bool, float, bytes, NoneType})
_NAMES: dict[type, str] = {NoneType: "null", str: "text", dict: "map", list: "array", int: "integer"}


def require_plain_map(value: object, where: str, depth: int) -> None:
    """Check that the value is a plain dict, ``depth`` containers down in the message.

    Raises :class:`InvalidMessage` that names the field, such as ``data.cards[2].pan``.
    """
    if type(value) is not dict:
        refuse(where, "map", value)
    require_depth(where, depth)
    for key, inner in cast("dict[object, object]", value).items():
        if type(key) is not str:
            refuse(f"a key of {where}", "text", key)
        kind = type(inner)
        if kind not in _SCALARS:
            _require_plain_inner(inner, kind, f"{where}.{key}" if where else key, depth)


def _require_plain_list(values: list[object], where: str, depth: int) -> None:
    require_depth(where, depth)
    for index, inner in enumerate(values):
        kind = type(inner)
        if kind not in _SCALARS:
            _require_plain_inner(inner, kind, f"{where}[{index}]", depth)


def _require_plain_inner(value: Any, kind: type, where: str, depth: int) -> None:
    """Check a value that is no plain scalar but perhaps an integer or a container."""
    if kind is int:
        if not INT_MIN <= value <= INT_MAX:
            refuse(where, "integer from -2**63 to 2**64 - 1", value)
    elif kind is dict:
        require_plain_map(value, where, depth + 1)
    elif kind is list:
        _require_plain_list(value, where, depth + 1)
    else:
        refuse(where, "null, boolean, integer, float, text, bytes, array or map", value)


def name_of(value: object) -> str:
    """A value as an error message shows it: its kind, and itself where that is short and helps."""
    kind = type(value)
    name = _NAMES.get(kind, kind.__name__)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return f"{name} {value}" if isinstance(value, (int, float)) and abs(value) < 10**40 else name


def refuse(where: str, expected: str, value: object) -> NoReturn:
    """Raise :class:`InvalidMessage`: the field, what belongs there and what was found."""
    found = name_of(value)
    raise InvalidMessage(f"{where}: expected {expected}, found {found}", function=where, expected=expected, found=found)


def require_depth(where: str, depth: int) -> None:
    """Check that a field is not the more than 32nd container of those around it. Raises :class:`InvalidMessage`."""
    if depth > MAX_DEPTH:  # lists and maps that contain themselves end here too
        name = where if len(where) <= 80 else f"{where[:77]}..."
        raise InvalidMessage(
            f"{name}: nested more than {MAX_DEPTH} deep",
            function=name,
            limit="nesting",
            expected=MAX_DEPTH,
            found=depth,
        )

"""JSON of plugins, read exactly, and how two values differ."""

from __future__ import annotations

import json
from typing import NoReturn, cast


class NotJson(ValueError):
    """Bytes that are no JSON; the text says why."""


def read_json(data: bytes) -> object:
    """The value of a JSON text: integers with every digit, floats as such.

    Raises :class:`NotJson`, for NaN, infinity, and lone surrogates too.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise NotJson(f"no UTF-8 at byte {error.start}") from None
    try:
        value: object = json.loads(text, parse_constant=_refuse_constant, parse_float=_read_float)
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at character {error.pos}" if text else "there is nothing") from None
    except UnicodeEncodeError:
        raise NotJson("a text has half of a surrogate pair") from None
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)[:200]) from None
    return value


def difference(expected: object, found: object, where: str = "") -> str | None:
    """What is different, in one sentence that begins with the path; None when the values are the same.

    Numbers are the same when they have the same value (4 and 4.0), integers to the last bit. Where a float is expected,
    the digits of an integer name the nearest one, as everywhere in JSON. Keys have no order.
    """
    kind = kind_of(expected)
    if kind == kind_of(found):
        if kind == "object":
            return _objects(cast("dict[str, object]", expected), cast("dict[str, object]", found), where)
        if kind == "array":
            return _arrays(cast("list[object]", expected), cast("list[object]", found), where)
        if expected == found or (isinstance(expected, float) and _nearest_float(found) == expected):
            return None
    return f"{where or 'the value'} is {shown(found)}, not {shown(expected)}"


def kind_of(value: object) -> str:
    """What JSON calls a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "text"
        case list():
            return "array"
        case _:
            return "object"


def shown(value: object) -> str:
    """A value for a report, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


def _objects(expected: dict[str, object], found: dict[str, object], where: str) -> str | None:
    for key, value in expected.items():
        inner = f"{where}.{key}" if where else key
        if key not in found:
            return f"{inner} is missing"
        different = difference(value, found[key], inner)
        if different is not None:
            return different
    more = sorted(found.keys() - expected.keys())
    return f"there is {where}{'.' if where else ''}{more[0]}, which should not be" if more else None


def _arrays(expected: list[object], found: list[object], where: str) -> str | None:
    for index, (value, other) in enumerate(zip(expected, found, strict=False)):
        different = difference(value, other, f"{where}[{index}]")
        if different is not None:
            return different
    if len(expected) == len(found):
        return None
    return f"{where or 'the array'} has {len(found)} entries, not {len(expected)}"


def _nearest_float(value: object) -> float | None:
    try:
        return float(cast("float", value))
    except OverflowError:
        return None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _read_float(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"the number {digits[:40]} is too large")
    return value


_SHOWN = 200

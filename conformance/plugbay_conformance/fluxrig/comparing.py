"""Comparing values of CBOR with their types, and showing them to people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, cast

_SHOWN: Final = 160


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first place where two values differ; ``expected`` and ``found`` are shown values."""

    place: str
    expected: str
    found: str


def first_difference(expected: object, found: object, place: str) -> Mismatch | None:
    """Where the values differ, None when they are the same: types count, and NaN is NaN."""
    if type(expected) is not type(found):
        return Mismatch(place, show(expected), show(found))
    if isinstance(expected, dict):
        return _in_maps(cast("dict[object, object]", expected), cast("dict[object, object]", found), place)
    if isinstance(expected, list):
        return _in_lists(cast("list[object]", expected), cast("list[object]", found), place)
    same = _same_float(expected, cast("float", found)) if isinstance(expected, float) else expected == found
    return None if same else Mismatch(place, show(expected), show(found))


def show(value: object) -> str:
    """A value and its type, for people: ``integer 2``, ``float 2.0``, ``bytes h'00ff'``; long ones are cut."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return f"integer {value}"
        case float():
            return f"float {value}"
        case str():
            return f"text {_cut(repr(value), len(value), 'characters')}"
        case bytes():
            return f"bytes h'{value[:64].hex()}'" + (f" … ({len(value)} bytes)" if len(value) > 64 else "")
        case list():
            items = cast("list[object]", value)
            return f"list {_cut(repr(items), len(items), 'elements')}"
        case dict():
            entries = cast("dict[object, object]", value)
            return f"map {_cut(repr(entries), len(entries), 'keys')}"
        case _:
            return f"{type(value).__name__} {value!r}"[:_SHOWN]


def _in_maps(expected: dict[object, object], found: dict[object, object], place: str) -> Mismatch | None:
    for key, value in expected.items():
        if key not in found:
            return Mismatch(f"{place}.{key}", show(value), "no such key")
        difference = first_difference(value, found[key], f"{place}.{key}")
        if difference is not None:
            return difference
    extra = next((key for key in found if key not in expected), None)
    return None if extra is None else Mismatch(f"{place}.{extra}", "no such key", show(found[extra]))


def _in_lists(expected: list[object], found: list[object], place: str) -> Mismatch | None:
    for index, (ours, theirs) in enumerate(zip(expected, found, strict=False)):
        difference = first_difference(ours, theirs, f"{place}[{index}]")
        if difference is not None:
            return difference
    if len(expected) == len(found):
        return None
    return Mismatch(place, f"{len(expected)} elements", f"{len(found)} elements")


def _same_float(expected: float, found: float) -> bool:
    if math.isnan(expected):
        return math.isnan(found)
    return expected == found and math.copysign(1, expected) == math.copysign(1, found)


def _cut(text: str, size: int, unit: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({size} {unit})"

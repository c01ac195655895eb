"""Reflow's twelve types of message in JSON, ``{"type": T, "data": D}``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_INT64: Final = 2**63


def tagged(kind: str, data: object = None) -> dict[str, object]:
    """A value as it stands on a port."""
    return {"type": kind, "data": data}


def misfit(kind: str, data: object) -> str | None:
    """What the data of a type has to be, when this is not it."""
    what, fits = TYPES[kind]
    return None if fits(data) else what


def _is_nothing(data: object) -> bool:
    return data is None


def _is_boolean(data: object) -> bool:
    return isinstance(data, bool)


def _is_integer(data: object) -> bool:
    if isinstance(data, float):
        return data.is_integer() and -_INT64 < data < _INT64
    return isinstance(data, int) and not isinstance(data, bool) and -_INT64 <= data < _INT64


def _is_number(data: object) -> bool:
    return isinstance(data, (int, float)) and not isinstance(data, bool)


def _is_text(data: object) -> bool:
    return isinstance(data, str)


def _is_object(data: object) -> bool:
    return isinstance(data, dict)


def _is_array(data: object) -> bool:
    return isinstance(data, list)


def _is_bytes(data: object) -> bool:
    if not isinstance(data, list):
        return False
    numbers = cast("list[object]", data)
    return all(isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 256 for number in numbers)


def _is_anything(_data: object) -> bool:
    return True


TYPES: Final[Mapping[str, tuple[str, Callable[[object], bool]]]] = {
    "Flow": ("null, or absent", _is_nothing),
    "Event": ("any JSON", _is_anything),
    "Boolean": ("true or false", _is_boolean),
    "Integer": ("an integer of 64 bits", _is_integer),
    "Float": ("a number", _is_number),
    "String": ("a text", _is_text),
    "Object": ("an object", _is_object),
    "Array": ("an array", _is_array),
    "Stream": ("an array of byte numbers", _is_bytes),
    "Optional": ("any JSON", _is_anything),
    "Any": ("any JSON", _is_anything),
    "Error": ("a text", _is_text),
}
"""Each type with what its data is, and the check of that (ABI sheet, "Messages"); 4.0 passes for an Integer."""

SAMPLES: Final[Mapping[str, object]] = {
    "Flow": None,
    "Event": {"kind": "sample"},
    "Boolean": True,
    "Integer": 7,
    "Float": 0.5,
    "String": "sample",
    "Object": {"value": 7},
    "Array": [1, 2, 3],
    "Stream": [115, 97, 109],
    "Optional": 7,
    "Any": "sample",
    "Error": "sample",
}
"""An ordinary value of each type, for actors that nothing is known of."""

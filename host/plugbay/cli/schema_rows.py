"""The fields of a config's JSON Schema in a few words each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DEEPEST = 4
_RANGES = (("minimum", "maximum", ""), ("minLength", "maxLength", " characters"), ("minItems", "maxItems", " items"))
_OPEN_ENDS = (("exclusiveMinimum", "over"), ("exclusiveMaximum", "under"))


class FieldRow(NamedTuple):
    """One field: its dotted name, what it takes, what holds without it ("" = nothing), and what it is for."""

    name: str
    takes: str
    without: str
    description: str


def field_rows(schema: object) -> Iterator[FieldRow]:
    """The fields that a schema declares, those of objects inside it too; what it says beyond that is in its JSON."""
    yield from _fields(_map(schema), "", 1)


def _fields(schema: Mapping[str, Any], prefix: str, depth: int) -> Iterator[FieldRow]:
    required = schema.get("required")
    for name, inner in _map(schema.get("properties")).items():
        field = _map(inner)
        needed = isinstance(required, list) and name in required
        without = f"default {_json(field['default'])}" if "default" in field else "required" * needed
        yield FieldRow(f"{prefix}{name}", _takes(field), without, str(field.get("description", "")))
        if depth < _DEEPEST:
            yield from _fields(field, f"{prefix}{name}.", depth + 1)


def _takes(field: Mapping[str, Any]) -> str:
    """Types and the commonest bounds: ``integer, 1 to 1000``."""
    if "const" in field:
        return _json(field["const"])
    if isinstance(field.get("enum"), list):
        return " or ".join(map(_json, field["enum"]))
    kind = field.get("type", "any")
    parts = [" or ".join(map(str, cast("list[object]", kind))) if isinstance(kind, list) else str(kind)]
    parts += filter(None, (_range(field, least, most, unit) for least, most, unit in _RANGES))
    parts += [f"{word} {_json(field[key])}" for key, word in _OPEN_ENDS if key in field]
    parts += [str(field[key]) for key in ("format", "pattern", "$ref") if key in field]
    return ", ".join(parts)


def _range(field: Mapping[str, Any], least: str, most: str, unit: str) -> str | None:
    low, high = field.get(least), field.get(most)
    if low is None and high is None:
        return None
    if high is None:
        return f"at least {_json(low)}{unit}"
    return f"at most {_json(high)}{unit}" if low is None else f"{_json(low)} to {_json(high)}{unit}"


def _map(value: object) -> Mapping[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _json(value: object) -> str:
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # an integer beyond 64 bits
        return str(value)

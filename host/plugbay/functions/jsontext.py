"""JSON as bytes: fast, and exact where the fast way is not."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any, Final

import orjson

from plugbay.functions.mismatch import Mismatch

_LONG_NUMBER: Final = re.compile(rb"[0-9]{19}")


def parse_json(data: bytes) -> Any:
    """The value that a JSON text stands for; integers are exact, also beyond 64 bits.

    Of a key that stands twice in one object the last counts, as usual in JSON. Raises :class:`Mismatch`.
    """
    try:
        value = orjson.loads(data)
        # orjson makes floats of integers beyond 64 bits.
        return value if _LONG_NUMBER.search(data) is None else json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Mismatch(f"not JSON: {error}") from error


def write_json(value: object) -> bytes:
    """A value as JSON; dataclasses and models are objects. Raises :class:`Mismatch`."""
    try:
        text = orjson.dumps(value, default=_plain)
        if b"null" in text:  # which is also what orjson makes of numbers that JSON can't hold
            json.dumps(value, allow_nan=False, default=_fields)
    except (TypeError, ValueError) as error:
        raise Mismatch(f"can't be written as JSON: {error.__cause__ or error}") from error
    return text


def write_model(value: Any) -> bytes:
    """A pydantic model as JSON, by its own rules."""
    text: str = value.model_dump_json()
    return text.encode()


def _plain(value: Any) -> orjson.Fragment:
    """What orjson asks for a value that it does not know."""
    if callable(getattr(value, "model_dump_json", None)):
        return orjson.Fragment(write_model(value))
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _fields(value: object) -> object:
    """What may hide a number, for the search for numbers that are none; models have written themselves."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return None

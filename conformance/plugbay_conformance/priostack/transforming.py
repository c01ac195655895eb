"""Calls of ``transform``, and what its answers are judged by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn, cast

from plugbay_conformance.case import fail

if TYPE_CHECKING:
    from plugbay_conformance.priostack.byte_functions import ByteFunctions


def transform(functions: ByteFunctions, data: bytes) -> bytes:
    """The answer to these arguments. Raises ``CaseFailed`` when there is none."""
    return functions.expect_output("transform", data).data


def read_object(data: bytes, answer: bytes, parse_float: Any = float, parse_int: Any = int) -> dict[str, Any]:
    """An answer's object. Raises ``CaseFailed`` when it is none."""
    try:
        found = json.loads(answer, parse_float=parse_float, parse_int=parse_int)
    except (ValueError, RecursionError) as error:
        fail("transform does not answer with JSON", expected="a JSON object", found=error, input=data, output=answer)
    if not isinstance(found, dict):
        fail("transform does not answer with an object", expected="an object", found=found, input=data, output=answer)
    return cast("dict[str, Any]", found)


def require_value(key: str, expected: object, found: object, data: bytes, answer: bytes) -> None:
    """Raise ``CaseFailed`` unless what was found under a key is the expected value, and of its type."""
    if found != expected or type(found) is not type(expected):
        refuse_value(key, expected, found, data, answer)


def refuse_value(key: str, expected: object, found: object, data: bytes, answer: bytes) -> NoReturn:
    """Say that a key has another value. Raises ``CaseFailed``."""
    fail(
        f"transform answers with another {key}",
        expected=_shown(expected),
        found=_shown(found),
        input=data[:4096],
        output=answer[:4096],
    )


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:400]

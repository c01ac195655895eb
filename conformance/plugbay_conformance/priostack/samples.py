"""What any function can be given, and what the operations of the contract want."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from plugbay_conformance.case import CaseContext
    from plugbay_conformance.priostack.byte_functions import ByteFunctions

MIB: Final = 1 << 20
MOST_FUNCTIONS: Final = 20
"""Functions of one module that are looked at: with more, some are drawn."""

ORDINARY: Final = (
    b"{}",
    b'{"name":"Ada","email":"ada@example.com"}',
    b"text",
    "Grüße, 世界 🚀".encode(),
    bytes(range(256)),
)
"""Inputs as they come, none of them empty."""

MALFORMED: Final = (
    b'{"',
    b'{"name',
    b'{"name":',
    b'{"name":"Ada"',
    b'{"name":"Ada",}',
    b"{name:1}",
    b'{"name":1,"name":2}',
    b'{"name":["Ada"],"count":{},"ratio":"1","flags":7,"nested":null,"text":false,"level":9,"times":-1}',
    b'{"text":"\\ud800","times":1,"level":"info"}',
    b'{"text":"\xff\xfe","times":1,"level":"info"}',
    b'{"text":"x","times":1e400,"level":""}',
    b'{"text":"x","times":99999999999999999999,"level":null}',
    b"null",
    b"true",
    b"[]",
    b"[1,2",
    b'"text',
    b'"\\u12',
    b"-",
    b"[01,1.,.5,+1,1e]",
    b"nan",
    b"\xef\xbb\xbf{}",
    b"\x00",
    b"\xff\xfe\x00\x01",
    b"\xed\xa0\x80\xf5\x80\x80\x80",
    b" \n\t",
    b"//",
)
"""What is no JSON, no UTF-8 or of unusual types; no text in it asks for much memory."""

TRANSFORM: Final[dict[str, Any]] = {
    "name": "Ada",
    "count": 41,
    "ratio": 1.25,
    "flags": [True, False, False],
    "nested": {"list": [1, None, {"deep": ["é", True]}], "empty": {}},
}
"""Arguments of ``transform``."""
_DEPTH: Final = 20_000


def encoded(value: object) -> bytes:
    """A value as compact JSON, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def deep_inputs() -> dict[str, bytes]:
    """Nested arrays and objects, by what they are called in reports."""
    n = _DEPTH
    return {
        "arrays": b"[" * n + b"]" * n,
        "arrays that are not closed": b"[" * n,
        "objects": b'{"a":' * n + b"1" + b"}" * n,
        "objects that are not closed": b'{"nested":' * n,
        "an array inside an object": b'{"name":' + b"[" * n + b"]" * n + b"}",
    }


def deep_transform() -> bytes:
    """Arguments of ``transform`` that are right, but for the depth of ``nested``."""
    head = encoded({**TRANSFORM, "nested": 0})[: -len(b"0}")]
    return head + b"[" * _DEPTH + b"]" * _DEPTH + b"}"


def kilobyte(context: CaseContext) -> bytes:
    """A JSON text of a kilobyte."""
    return b'"' + bytes(context.random.choices(range(0x61, 0x7B), k=1022)) + b'"'


CONTRACT_FUNCTIONS: Final = frozenset(
    {
        *("contract", "echo", "empty", "reverse", "length", "repeat", "transform", "fail", "fail_object", "trap"),
        *("write_log", "current_time", "random_bytes", "count"),
    }
)
"""The operations of the contract."""


def contract_inputs() -> dict[str, bytes]:
    """For each operation of the contract that always answers with an output, an input that it wants."""
    return {
        "contract": b"",
        "echo": b"echo " * 100,
        "empty": b"",
        "reverse": b"reverse " * 60,
        "length": b"length" * 80,
        "repeat": encoded({"text": "again ✓", "times": 60}),
        "transform": encoded(TRANSFORM),
        "fail_object": b"no such user",
        "current_time": b"",
        "random_bytes": b"20",
        "count": b"",
    }


def probed_functions(context: CaseContext, functions: ByteFunctions) -> tuple[str, ...]:
    """The functions of the module that cases look at; not the contract's ``trap``, which has to trap."""
    names = functions.convention.functions
    if context.subject.contract is not None:
        names = tuple(name for name in names if name != "trap")
    if len(names) <= MOST_FUNCTIONS:
        return names
    chosen = set(context.random.sample(names, MOST_FUNCTIONS))
    return tuple(name for name in names if name in chosen)

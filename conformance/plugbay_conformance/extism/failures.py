"""Cases for the ways to fail of the conformance guest's functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import CaseSkipped, fail
from plugbay_conformance.engines.contract import CallStatus
from plugbay_conformance.extism.making import guest
from plugbay_conformance.extism.plugin import open_plugin

if TYPE_CHECKING:
    from plugbay_conformance.case import Case, CaseContext

_TEXTS: Final = (
    "no",
    "the amount is negative",
    'a "quoted" \\ text: {"error": true}',
    "two\nlines\tand a tab",
    "Grüße, 世界 🚀",
    "long " * 4000,
)
_NO_JSON: Final = (b"", b"{", b"nope", b"[1, 2", b'{"text": "x", "times": }', b"\xff\xfe")
_REQUESTS: Final[dict[str, dict[str, object]]] = {
    "repeat": {"text": "x", "times": 2},
    "transform": {"name": "x", "count": 1, "ratio": 1.5, "flags": [], "nested": None},
    "write_log": {"level": "info", "text": "x"},
    "var_set": {"key": "k", "value": [1]},
}
"""A good request of each function that takes JSON, HTTP apart."""
_NULLABLE: Final = ("value", "nested")
"""Keys whose value may be null: without them a request may be taken for one that has null there."""


def _exact_text(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        for text in _TEXTS:
            error = plugin.error("fail", text.encode())
            if error != text:
                fail(
                    "the error text is not exactly what the function failed with",
                    expected=text[:300],
                    found=error[:300],
                    input=text.encode(),
                )


def _code(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        outcome = plugin.call("fail", b"no")
    if outcome.code is None:
        raise CaseSkipped(f"{context.engine.name} does not tell the code beside an error text")
    if outcome.code == 0:
        fail("a function that failed returned the code 0", expected="another code", found="0", input=b"no")


def _no_json(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        for function in _REQUESTS:
            for payload in _NO_JSON:
                if not plugin.error(function, payload):
                    fail(f"{function} failed without a text", expected="what is wrong", found="no text", input=payload)


def _missing_keys(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        for function, request in _REQUESTS.items():
            for missing in (key for key in request if key not in _NULLABLE):
                payload = json.dumps({key: value for key, value in request.items() if key != missing}).encode()
                if not plugin.error(function, payload):
                    fail(f"{function} failed without a text", expected="what is wrong", found="no text", input=payload)


def _next_call_is_whole(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        for payload in (b"after", b"", b"a longer input than the error text was"):
            plugin.error("fail", b"an error text")
            plugin.require("echo", payload, payload, "the call after a failed one was not answered as usual")
            plugin.require("empty", payload, b"", "the call after a failed one was not answered as usual")


def _trap(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        outcome = plugin.call("trap")
        if outcome.status not in (CallStatus.TRAP, CallStatus.ERROR):
            plugin.refuse("trap", b"", outcome, "the call fails")


CASES: Final[tuple[Case, ...]] = (
    guest(46, "no_json", _no_json),
    guest(47, "missing_keys", _missing_keys),
    guest(50, "exact_text", _exact_text),
    guest(51, "code_beside_text", _code),
    guest(52, "next_call", _next_call_is_whole),
    guest(53, "trap", _trap),
)

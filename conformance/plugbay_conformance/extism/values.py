"""Cases for Reflow's twelve types: what comes in on a port leaves the conformance guest unchanged, with its type."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import fail
from plugbay_conformance.extism.actor import open_actor
from plugbay_conformance.extism.json_values import difference, shown
from plugbay_conformance.extism.making import guest
from plugbay_conformance.extism.message_types import tagged
from plugbay_conformance.extism.plugin import as_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.extism.actor import Actor, Result

_LIST: Final[list[object]] = []
_OBJECT: Final[dict[str, object]] = {}
_NESTED: Final[dict[str, object]] = {
    "a": {"b": {"c": [1, "two", None, True, _OBJECT]}},
    "": "",
    "ключ": "Grüße, 世界 🚀",
}
_BIG: Final = 2**53 + 1
VALUES: Final[Mapping[str, tuple[object, ...]]] = {
    "Flow": (None,),
    "Event": ({"kind": "tick"}, "text", 7, None, [1, [2]], True, _NESTED),
    "Boolean": (False, True),
    "Integer": (0, 1, -1, 2**31, -(2**31) - 1, 2**53, _BIG, -_BIG, 2**63 - 1, -(2**63)),
    "Float": (0.0, 0.1, -2.5, 1e300, 5e-324, 0.30000000000000004, 3.0, -1e-7),
    "String": ("", "text", "Grüße, 世界 🚀", 'a "quoted" \\ back\nslash', "\u0000\u001f", "é" * 3_000, "null"),
    "Object": (_OBJECT, {"a": {"b": 1}}, {"type": "Integer", "data": 4}, _NESTED),
    "Array": (_LIST, [1, "two", None], [[[_LIST]], {"x": [False]}], [0.5] * 200),
    "Stream": (_LIST, [0], list(range(256)), [255] * 1_000),
    "Optional": (None, 7, "text", [1], {"a": None}),
    "Any": (None, True, 7, 0.5, "text", [True], _NESTED),
    "Error": ("broken", "", "Grüße, 世界 🚀", "two\nlines"),
}
"""What is sent of each type, one after the other."""
_MADE: Final[dict[str, object]] = {
    "flow_out": tagged("Flow"),
    "event_out": tagged("Event", {"kind": "tick"}),
    "boolean_out": tagged("Boolean", True),  # a value, no switch
    "integer_out": tagged("Integer", -(2**63)),
    "float_out": tagged("Float", 0.1),
    "string_out": tagged("String", "Grüße, 世界 🚀"),
    "object_out": tagged("Object", {"a": {"b": 1}}),
    "array_out": tagged("Array", [1, "two", None]),
    "stream_out": tagged("Stream", [0, 127, 128, 255]),
    "optional_out": tagged("Optional", 7),
    "any_out": tagged("Any", [True]),
    "error_out": tagged("Error", "broken"),
}
"""What the operation ``types`` makes."""


def _pass_unchanged(kind: str, context: CaseContext) -> None:
    with open_actor(context) as actor:
        for data in VALUES[kind]:
            _require(actor, {f"{kind.lower()}_in": tagged(kind, data)}, f"{kind} did not pass unchanged")


def _flow_without_data(context: CaseContext) -> None:
    with open_actor(context) as actor:
        result = actor.send({"flow_in": {"type": "Flow"}})
        _compare(result, {"flow_out": tagged("Flow")}, "a Flow without data did not pass")


def _all_at_once(context: CaseContext) -> None:
    with open_actor(context) as actor:
        values = {f"{kind.lower()}_in": tagged(kind, data[-1]) for kind, data in VALUES.items()}
        _require(actor, values, "twelve values of one message did not leave in one result")
        some = {name: values[name] for name in ("string_in", "array_in", "integer_in")}
        _require(actor, some, "three values of one message did not leave in one result")


def _big_integers_inside(context: CaseContext) -> None:
    inside: dict[str, object] = {"big": _BIG, "small": -_BIG, "most": 2**63 - 1, "least": -(2**63), "list": [2**60 + 1]}
    with open_actor(context) as actor:
        for kind in ("Object", "Any", "Event", "Optional"):
            values = {f"{kind.lower()}_in": tagged(kind, inside)}
            _require(actor, values, f"integers inside {kind} lost digits")
        _require(actor, {"array_in": tagged("Array", [inside, _BIG])}, "integers inside Array lost digits")


def _made_by_the_guest(context: CaseContext) -> None:
    with open_actor(context) as actor:
        _compare(actor.operate("types"), _MADE, "a value of the guest's own making is wrong")


def _escapes(context: CaseContext) -> None:
    text = 'Grüße, 世界 🚀 "\\/\b\f\n\r\t'
    escaped = json.dumps({"payload": {"string_in": tagged("String", text)}, "config": {}, "state": {}}).encode()
    with open_actor(context) as actor:
        outcome = actor.outcome(escaped.replace(b"/", b"\\/"))
        if outcome.status != "ok":
            actor.plugin.refuse("process", escaped, outcome, "the message succeeds")
        result = json.loads(outcome.output)
    found = as_object(as_object(result["outputs"]) or {}) or {}
    different = difference({"string_out": tagged("String", text)}, found)
    if different is not None:
        fail(f"a text with JSON escapes changed: {different}", expected=shown(text), found=shown(found), input=escaped)


def _require(actor: Actor, values: Mapping[str, object], reason: str) -> None:
    result = actor.send(values)
    _compare(result, {f"{name.removesuffix('_in')}_out": value for name, value in values.items()}, reason)


def _compare(result: Result, expected: Mapping[str, object], reason: str) -> None:
    outputs = {port: _with_data(value) for port, value in result.outputs.items()}
    different = difference(dict(expected), outputs)
    if different is not None:
        fail(
            f"{reason}: {different}",
            expected=shown(dict(expected)),
            found=shown(result.outputs),
            input=result.input,
            output=result.output,
        )


def _with_data(value: object) -> object:
    """A tagged value, in which data that is absent is null."""
    fields = as_object(value)
    return value if fields is None else {"data": None, **fields}


CASES: Final[tuple[Case, ...]] = (
    *(guest(140 + place, kind.lower(), partial(_pass_unchanged, kind)) for place, kind in enumerate(VALUES)),
    guest(140, "flow_without_data", _flow_without_data),
    guest(152, "all_at_once", _all_at_once),
    guest(153, "integers_inside", _big_integers_inside),
    guest(154, "made_by_the_guest", _made_by_the_guest),
    guest(155, "escapes", _escapes),
)

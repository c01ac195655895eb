"""Cases for the operations of the conformance actor: context, state, messages sent meanwhile, failures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import fail
from plugbay_conformance.engines.contract import CallStatus, Setting
from plugbay_conformance.extism.actor import COMPONENT, NODE_ID, context_json, open_actor, operation
from plugbay_conformance.extism.growth import check_growth
from plugbay_conformance.extism.host_calls import LEVELS, check_logged
from plugbay_conformance.extism.json_values import difference, shown
from plugbay_conformance.extism.making import WITH_LOGS, guest
from plugbay_conformance.extism.plugin import as_object

if TYPE_CHECKING:
    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.extism.actor import Result

_LIST: Final[list[object]] = []
_OBJECT: Final[dict[str, object]] = {}
_BIG: Final = 2**53 + 1
_VALUES: Final[tuple[object, ...]] = (
    7,
    _BIG,
    -(2**63),
    0.1,
    "Grüße, 世界 🚀",
    True,
    [1, "two", None, _LIST],
    {"a": {"b": {"c": False}}, "": "empty"},
    "",
)
_SENDS: Final[tuple[tuple[str, list[object]], ...]] = (
    ("progress", list(_VALUES)),
    ("any_out", [None, False]),
    ("none", _LIST),
    ("many", [1] * 100),
)
_CONFIG: Final[dict[str, object]] = {
    "label": "Grüße 🚀",
    "refuse": False,
    "limit": _BIG,
    "ratio": 0.1,
    "nested": {"list": [1, "two", None], "empty": _OBJECT},
}
_STATE: Final[dict[str, object]] = {"count": 4, "kept": [1, "two", None], "ключ": {"big": _BIG}, "ratio": 0.5}


def _contract(context: CaseContext) -> None:
    with open_actor(context) as actor:
        keys = as_object(actor.plugin.answer_json("contract")) or {}
        actor.require_answer(actor.operate("contract"), {"op": "contract", **keys}, "process tells another contract")


def _node(context: CaseContext) -> None:
    with open_actor(context) as actor:
        result = actor.operate("context", config=_CONFIG, state=_STATE)
        _require_keys(result, {"node_id": NODE_ID, "component": COMPONENT})


def _config(context: CaseContext) -> None:
    with open_actor(context) as actor:
        for config in (_CONFIG, _OBJECT, {"label": "another"}):
            _require_keys(actor.operate("context", config=config), {"config": config})


def _state(context: CaseContext) -> None:
    with open_actor(context) as actor:
        for state in (_STATE, _OBJECT, {"one": 1}):
            _require_keys(actor.operate("context", state=state), {"state": state})


def _unknown_operation(context: CaseContext) -> None:
    with open_actor(context) as actor:
        payload = context_json({"op": operation("no_such_thing")})
        outcome = actor.outcome(payload)
        if outcome.status is not CallStatus.ERROR or "no_such_thing" not in outcome.error:
            actor.plugin.refuse("process", payload, outcome, "an error text that names no_such_thing")


def _fail(context: CaseContext) -> None:
    with open_actor(context) as actor:
        for reason in ("no", "the count does not fit", "Grüße, 世界 🚀", 'a "quoted"\nreason', "long " * 2_000):
            payload = context_json({"op": operation("fail", {"reason": reason})})
            outcome = actor.outcome(payload)
            if outcome.status is not CallStatus.ERROR:
                actor.plugin.refuse("process", payload, outcome, "the message fails")
            if outcome.error != reason:
                fail(
                    "the error text is not exactly the reason",
                    expected=reason[:300],
                    found=outcome.error[:300],
                    input=payload,
                )


def _after_failure(context: CaseContext) -> None:
    with open_actor(context) as actor:
        for payload in (context_json({"op": operation("fail", {"reason": "no"})}), b"no JSON"):
            actor.outcome(payload)
            result = actor.operate("count", state={"count": 1})
            actor.require_answer(result, {"op": "count", "count": 2}, "the message after a failed one went wrong")


def _trap(context: CaseContext) -> None:
    with open_actor(context) as actor:
        payload = context_json({"op": operation("trap")})
        outcome = actor.outcome(payload)
        if outcome.status not in (CallStatus.TRAP, CallStatus.ERROR):
            actor.plugin.refuse("process", payload, outcome, "the message fails")


def _state_get(context: CaseContext) -> None:
    keys = {f"key {number} ✓": value for number, value in enumerate(_VALUES)}
    stored = {key: json.dumps(value, ensure_ascii=False).encode() for key, value in keys.items()}
    with open_actor(context, Setting(state=stored)) as actor:
        for key, value in keys.items():
            result = actor.operate("state_get", {"key": key})
            actor.require_answer(result, {"op": "state_get", "value": value}, "__get_state was read in another way")


def _state_get_absent(context: CaseContext) -> None:
    with open_actor(context, Setting(state={"there": b"1"})) as actor:
        for key in ("absent", "ther"):
            result = actor.operate("state_get", {"key": key})
            actor.require_answer(result, {"op": "state_get", "value": None}, "a key that is not there has a value")


def _state_set(context: CaseContext) -> None:
    with open_actor(context, Setting(state={"kept": b'"as it was"'})) as actor:
        expected: dict[str, object] = {"kept": "as it was"}
        for number, value in enumerate(_VALUES):
            key = f"key {number} ✓"
            expected[key] = value
            result = actor.operate("state_set", {"key": key, "value": value})
            actor.require_answer(result, {"op": "state_set"}, "state_set answered otherwise")
            different = difference(expected, actor.plugin.session.state())
            if different is not None:
                fail(
                    f"__set_state was given another value: {different}",
                    expected=shown({key: value}),
                    found=shown(actor.plugin.session.state().get(key)),
                    input=result.input,
                )


def _state_replace(context: CaseContext) -> None:
    with open_actor(context) as actor:
        for new in (_STATE, _OBJECT, {"only": "this"}):
            result = actor.operate("state_replace", {"state": new}, state={"old": 1, "older": 2})
            _require_state(result, new, "the result's state is not the object that was asked for")
            actor.require_answer(result, {"op": "state_replace"}, "state_replace answered otherwise")


def _state_keep(context: CaseContext) -> None:
    with open_actor(context) as actor:
        result = actor.operate("state_keep", state=_STATE)
        _require_state(result, None, "a result that keeps the state has one")
        actor.require_answer(result, {"op": "state_keep"}, "state_keep answered otherwise")


def _count(context: CaseContext) -> None:
    with open_actor(context) as actor:
        for before, after in ((None, 1), (4, 5), (_BIG, _BIG + 1), (-3, -2)):
            state: dict[str, object] = {"kept": _STATE} if before is None else {"kept": _STATE, "count": before}
            result = actor.operate("count", state=state)
            actor.require_answer(result, {"op": "count", "count": after}, "count is wrong")
            _require_state(result, {"kept": _STATE, "count": after}, "count returned another state")


def _send(context: CaseContext) -> None:
    with open_actor(context) as actor:
        for port, values in _SENDS:
            result = actor.operate("send", {"port": port, "values": values})
            sent = actor.plugin.session.sent()
            different = difference([{port: value} for value in values], sent)
            if different is not None:
                fail(
                    f"__send_output was not called once for each value, in order, with plain values: {different}",
                    expected=shown([{port: value} for value in values]),
                    found=shown(sent),
                    input=result.input,
                )
            actor.require_answer(result, {"op": "send", "sent": len(values)}, "send answered otherwise")


def _silent(context: CaseContext) -> None:
    with open_actor(context) as actor:
        result = actor.operate("silent")
        if result.outputs:
            fail("silent answered something", expected="no outputs", found=shown(result.outputs), input=result.input)


def _log(context: CaseContext) -> None:
    with open_actor(context) as actor:
        for level in LEVELS:
            text = f"a line at level {level} ✓"
            result = actor.operate("log", {"level": level, "text": text})
            check_logged(actor.plugin, level, text, result.input)
            actor.require_answer(result, {"op": "log"}, "log answered otherwise")


def _big(context: CaseContext) -> None:
    with open_actor(context) as actor:
        for size in (0, 1, 70_000, 1_100_000):
            result = actor.operate("big", {"size": size})
            actor.require_answer(result, {"op": "big", "text": "x" * size}, f"a text of {size} letters went wrong")


def _no_growth(context: CaseContext) -> None:
    operations = (
        operation("count"),
        operation("context"),
        operation("big", {"size": 300}),
        operation("state_set", {"key": "k", "value": [1, 2, 3]}),
        operation("fail", {"reason": "no"}),
    )
    payloads = [context_json({"op": each}, config={"label": "x"}, state={"count": 1}) for each in operations]
    with open_actor(context) as actor:
        check_growth(actor.plugin, "process", payloads, 5_000)


def _require_keys(result: Result, expected: dict[str, object]) -> None:
    answer = as_object(result.outputs.get("result")) or {}
    data = as_object(answer.get("data")) or {}
    for key, value in expected.items():
        different = difference(value, data.get(key), key)
        if different is not None:
            fail(
                f"the context arrived changed: {different}",
                expected=shown(value),
                found=shown(data.get(key)),
                input=result.input,
                output=result.output,
            )


def _require_state(result: Result, expected: object, reason: str) -> None:
    different = difference(expected, result.state, "state")
    if different is not None:
        fail(
            f"{reason}: {different}",
            expected=shown(expected),
            found=shown(result.state),
            input=result.input,
            output=result.output,
        )


CASES: Final[tuple[Case, ...]] = (
    guest(160, "node", _node),
    guest(161, "config", _config),
    guest(162, "state", _state),
    guest(163, "unknown_operation", _unknown_operation),
    guest(164, "exact_reason", _fail),
    guest(165, "trap", _trap),
    guest(166, "next_message", _after_failure),
    guest(170, "values", _state_get),
    guest(171, "absent_keys", _state_get_absent),
    guest(172, "values", _state_set, on_hosts=True),
    guest(173, "replaced", _state_replace, on_hosts=True),
    guest(174, "kept", _state_keep, on_hosts=True),
    guest(175, "count", _count, on_hosts=True),
    guest(180, "plain_and_in_order", _send, on_hosts=True),
    guest(181, "silent", _silent),
    guest(182, "contract", _contract),
    guest(183, "levels", _log, engines=WITH_LOGS),
    guest(184, "one_mebibyte", _big),
    guest(185, "no_growth", _no_growth),
)

"""Cases for the messages of any actor: what comes in by its metadata, and what goes out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from plugbay_conformance.case import CaseSkipped, fail
from plugbay_conformance.engines.contract import CallStatus
from plugbay_conformance.extism.actor import (
    context_json,
    contexts_of,
    metadata_of,
    open_actor,
    port_names,
    ports_of,
    read_object,
    read_result,
    result_of,
)
from plugbay_conformance.extism.growth import check_growth
from plugbay_conformance.extism.json_values import shown
from plugbay_conformance.extism.making import EXACT_CLOCK, module
from plugbay_conformance.extism.message_types import SAMPLES, TYPES, misfit, tagged
from plugbay_conformance.extism.plugin import as_object, open_plugin, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.engines.contract import CallOutcome
    from plugbay_conformance.extism.actor import Result

_ENDED: Final = (CallStatus.TRAP, CallStatus.DEADLINE)


def _results(context: CaseContext) -> Iterator[Result]:
    """The results of ordinary messages; those that the actor refuses are left out."""
    with open_actor(context) as actor:
        for payload in contexts_of(metadata_of(actor.plugin)):
            outcome = actor.outcome(payload)
            if outcome.status in _ENDED:
                return
            result = result_of(payload, outcome.output) if outcome.status is CallStatus.OK else None
            if result is not None:
                yield result


def _has_outputs(context: CaseContext) -> None:
    with open_actor(context) as actor:
        for payload in contexts_of(metadata_of(actor.plugin)):
            outcome = actor.outcome(payload)
            if outcome.status is CallStatus.OK:
                read_result(payload, outcome.output)


def _types_known(context: CaseContext) -> None:
    for result in _results(context):
        for port, value in result.outputs.items():
            kind = (as_object(value) or {}).get("type")
            if not isinstance(kind, str) or kind not in TYPES:
                reason = f"the value on {port} has a type that there is not"
                if not context.host.is_specification:
                    reason += "; Reflow ignores such a value, and whoever waits for it waits for ever"
                fail(reason, expected=", ".join(TYPES), found=shown(value), input=result.input, output=result.output)


def _data_fits(context: CaseContext) -> None:
    for result in _results(context):
        for port, value in result.outputs.items():
            fields = as_object(value) or {}
            kind = fields.get("type")
            wanted = misfit(kind, fields.get("data")) if isinstance(kind, str) and kind in TYPES else None
            if wanted is not None:
                fail(
                    f"the data on {port} is none of the type {kind}",
                    expected=wanted,
                    found=shown(value),
                    input=result.input,
                    output=result.output,
                )


def _ports_declared(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        outports = port_names(metadata_of(plugin), "outports")
    for result in _results(context):
        undeclared = [port for port in result.outputs if port not in outports]
        if undeclared:
            reason = f"a value left on {undeclared[0]}, which the metadata does not declare"
            if not context.host.is_specification:
                reason += "; in Reflow nothing can be connected to that port, so the value is lost"
            fail(
                reason,
                expected=", ".join(outports) or "no outports",
                found=", ".join(undeclared)[:300],
                input=result.input,
                output=result.output,
            )


def _state_kind(context: CaseContext) -> None:
    for result in _results(context):
        if result.state is not None and as_object(result.state) is None:
            fail(
                "the result's state is no object",
                expected="an object, null, or absent",
                found=shown(result.state),
                input=result.input,
                output=result.output,
            )


def _no_values(context: CaseContext) -> None:
    _no_trap(context, [context_json({})])


def _unknown_fields(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        payloads = contexts_of(metadata_of(plugin))
    with open_actor(context) as plain, open_actor(context) as extended:
        for payload in payloads:
            more = _extended(payload)
            first, second = plain.outcome(payload), extended.outcome(more)
            if _ending(first) != _ending(second) and _is_repeatable(context, payloads):
                fail(
                    "fields that the actor does not know changed what it does",
                    expected=f"as without them: {told(first)} {first.output[:200]!r}",
                    found=f"{told(second)} {second.output[:200]!r}",
                    input=more,
                    output=second.output,
                )
            if first.status in _ENDED:
                return


def _is_repeatable(context: CaseContext, payloads: list[bytes]) -> bool:
    """Whether the messages are answered the same in two fresh instances; if not, nothing can be told from answers."""
    with open_actor(context) as one, open_actor(context) as other:
        return all(_ending(one.outcome(payload)) == _ending(other.outcome(payload)) for payload in payloads)


def _extended(payload: bytes) -> bytes:
    """The same message from a host that has more to tell."""
    document = cast("dict[str, dict[str, object]]", json.loads(payload))
    document["config"] |= {"colour": {"deep": [1]}, "revision": 7}
    document["payload"] = {
        name: {**(as_object(value) or {}), "trace": "t-1", "ttl": 3} for name, value in document["payload"].items()
    }
    return json.dumps({**document, "graph": {"id": 1}, "tenant": None}, ensure_ascii=False).encode()


def _lean_contexts(context: CaseContext) -> None:
    nothing: dict[str, object] = {}
    payload: dict[str, object] = {"payload": nothing}
    node: dict[str, object] = {"node_id": "n", "component": "C", "resolved_env": nothing, "namespace": None}
    variants: list[dict[str, object]] = [
        {**payload, "config": {**node, "config": nothing}, "state": None},
        {**payload, "config": {**node, "config": nothing}},
        {**payload, "config": {**node, "config": None}, "state": nothing},
        {**payload, "config": node, "state": nothing},
        {**payload, "config": nothing, "state": nothing},
        {**payload, "state": nothing},
        {**payload, "config": None, "state": None},
        {**payload},
    ]
    _no_trap(context, [json.dumps(variant).encode() for variant in variants])


def _malformed(context: CaseContext) -> None:
    nothing: dict[str, object] = {}
    variants: list[dict[str, object]] = [
        {"config": nothing, "state": nothing},
        {"payload": None, "config": nothing, "state": nothing},
        {"payload": [1], "config": nothing, "state": nothing},
        {"payload": "text", "config": nothing, "state": nothing},
        {"payload": nothing, "config": "text", "state": nothing},
        {"payload": nothing, "config": {"config": 7}, "state": nothing},
        {"payload": nothing, "config": nothing, "state": [1]},
        {"payload": nothing, "config": {"node_id": 7, "component": None}, "state": nothing},
    ]
    _no_trap(context, [json.dumps(variant).encode() for variant in variants])


def _odd_messages(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        inports = ports_of(metadata_of(plugin), "inports")
    name = next(iter(inports), "in")
    odd: list[object] = [tagged("Quantum", 1), {"data": 1}, {"type": 7}, "text", None, [], {"type": "Integer"}]
    odd += [tagged(kind, {"not": ["what", kind, "is"]}) for kind in SAMPLES]
    _no_trap(context, [context_json({name: value}) for value in odd] + [context_json({"no such port": tagged("Flow")})])


def _same_in_fresh_instances(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        payloads = contexts_of(metadata_of(plugin))
    keeping, renewing = (
        replace(context, host=replace(context.host, fresh_instance_per_message=fresh)) for fresh in (False, True)
    )
    with open_actor(keeping) as kept, open_actor(renewing) as renewed:
        for payload in (payload for payload in payloads for _ in range(2)):
            found, expected = kept.outcome(payload), renewed.outcome(payload)
            if _ending(found) != _ending(expected):
                fail(
                    "an instance that had answered messages before answered differently than a fresh one",
                    expected=f"{told(expected)} {expected.output[:200]!r}, as in Reflow, where each message meets a "
                    "fresh instance",
                    found=f"{told(found)} {found.output[:200]!r}",
                    input=payload,
                    output=found.output,
                )
            if found.status in _ENDED:
                raise CaseSkipped("an ordinary message ends the instance")


def _no_growth(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        check_growth(plugin, "process", contexts_of(metadata_of(plugin)), 5_000)


def _no_trap(context: CaseContext, payloads: list[bytes]) -> None:
    with open_actor(context) as actor:
        for payload in payloads:
            outcome = actor.outcome(payload)
            if actor.plugin.was_refused(outcome):
                raise CaseSkipped(f"the host refuses what it asks for: {outcome.error[:200]}")
            if outcome.status in _ENDED:
                actor.plugin.refuse("process", payload, outcome, "a result or an error text")


def _ending(outcome: CallOutcome) -> tuple[CallStatus, object, str]:
    """How a call ended, without what means nothing: white space, and the order of keys."""
    value = read_object(outcome.output)
    return outcome.status, outcome.output if value is None else value, outcome.error


CASES: Final[tuple[Case, ...]] = (
    module(120, "has_outputs", _has_outputs),
    module(121, "types_known", _types_known, on_hosts=True),
    module(122, "data_fits", _data_fits),
    module(123, "ports_declared", _ports_declared, on_hosts=True),
    module(124, "state_kind", _state_kind),
    module(125, "no_values", _no_values),
    module(126, "unknown_fields", _unknown_fields),
    module(127, "lean_contexts", _lean_contexts),
    module(128, "malformed", _malformed),
    module(129, "odd_messages", _odd_messages),
    module(130, "same_in_fresh_instances", _same_in_fresh_instances, engines=EXACT_CLOCK, on_hosts=True),
    module(131, "no_growth", _no_growth),
)

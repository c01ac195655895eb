"""Cases for the calls of any plugin: whatever goes in, something comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import CaseSkipped, fail
from plugbay_conformance.engines.contract import CallStatus, GuestStopped, Setting
from plugbay_conformance.extism.growth import check_growth
from plugbay_conformance.extism.interface import foreign_functions, hosting_problem, own_functions
from plugbay_conformance.extism.making import EXACT_CLOCK, module
from plugbay_conformance.extism.plugin import open_plugin, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.engines.contract import CallOutcome
    from plugbay_conformance.extism.plugin import Plugin

MALFORMED: Final = (
    b"{",
    b'{"payload":',
    b"[]",
    b"null",
    b'"text"',
    b"no JSON at all",
    b"\x00\x01\x02\x03\x80\xfe\xff",
    b'{"payload": 7, "config": [], "state": "none"}',
    b'{"a": ' + b"[" * 200 + b"]" * 200 + b"}",
    b"x" * 70_001,
)
"""Inputs that are no valid message of anything."""
_ORDINARY: Final = (b"", b"{}", b"a short text", "Grüße, 世界".encode() * 7)

_MEANT_TO_FAIL: Final = ("fail", "trap")
"""Functions of the conformance guest that fail whatever the input."""


_ENDED: Final = (CallStatus.TRAP, CallStatus.DEADLINE)


def _can_be_instantiated(context: CaseContext) -> None:
    info = context.subject.info
    problem = hosting_problem(info)
    if problem is not None or foreign_functions(info):
        raise CaseSkipped(problem or "it imports host functions that only its own host has")
    for count in ("first", "second"):
        try:
            context.engine.open_calls(context.subject, context.host, Setting()).close()
        except GuestStopped as stopped:
            fail(f"the {count} instance could not be made", expected="an instance", found=stopped.reason)


def _empty_input(context: CaseContext) -> None:
    for plugin, function, payload, outcome in _each_call(context, (b"",)):
        if outcome.status in _ENDED:
            plugin.refuse(function, payload, outcome, "an output or an error text")


def _malformed_input(context: CaseContext) -> None:
    for plugin, function, payload, outcome in _each_call(context, MALFORMED):
        if outcome.status in _ENDED:
            plugin.refuse(function, payload, outcome, "an output or an error text")


def _failures_have_texts(context: CaseContext) -> None:
    for plugin, function, payload, outcome in _each_call(context, (*_ORDINARY, *MALFORMED)):
        if outcome.status is CallStatus.ERROR and not outcome.error:
            plugin.refuse(function, payload, outcome, "an error text beside the code")
        if outcome.status in _ENDED:
            raise CaseSkipped(f"{function} ends the instance: {told(outcome)}")


def _each_call(context: CaseContext, payloads: Sequence[bytes]) -> Iterator[tuple[Plugin, str, bytes, CallOutcome]]:
    """Every function with every payload. What ends because of what the host refuses is left out."""
    calls = [(function, payload) for function in _functions(context) for payload in payloads]
    while calls:
        with open_plugin(context) as plugin:
            while calls:
                function, payload = calls.pop(0)
                outcome = plugin.call(function, payload)
                if plugin.was_refused(outcome):
                    break
                yield plugin, function, payload, outcome


def _deterministic(context: CaseContext) -> None:
    for function in _functions(context):
        with open_plugin(context) as one, open_plugin(context, Setting(random_seed=2)) as other:
            for payload in _ORDINARY:
                outcomes = [plugin.call(function, payload) for plugin in (one, other)]
                first, second = ((outcome.status, outcome.output, outcome.error) for outcome in outcomes)
                if first != second:
                    fail(
                        f"{function} answered the same input differently with other random bytes",
                        expected=f"{told(outcomes[0])} {outcomes[0].output[:200]!r}",
                        found=f"{told(outcomes[1])} {outcomes[1].output[:200]!r}",
                        input=payload,
                        output=outcomes[1].output,
                    )
                if outcomes[0].status in (CallStatus.TRAP, CallStatus.DEADLINE):
                    break


def _no_growth(context: CaseContext) -> None:
    functions = _functions(context)
    with open_plugin(context) as plugin:
        for function in functions:
            check_growth(plugin, function, _ORDINARY, max(10_000 // len(functions), 500))


def _functions(context: CaseContext) -> tuple[str, ...]:
    subject = context.subject
    functions = own_functions(subject.info, subject.profile)
    if subject.contract is not None:
        functions = tuple(name for name in functions if name not in _MEANT_TO_FAIL)
    if not functions:
        raise CaseSkipped("it exports no function of its author's that a host can call")
    return functions


CASES: Final[tuple[Case, ...]] = (
    module(11, "instances", _can_be_instantiated),
    module(20, "empty_input", _empty_input),
    module(21, "malformed_input", _malformed_input),
    module(22, "failures_have_texts", _failures_have_texts),
    module(23, "other_random_bytes", _deterministic, engines=EXACT_CLOCK),
    module(24, "no_growth", _no_growth),
)

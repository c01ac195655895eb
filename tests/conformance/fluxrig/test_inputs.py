"""What the suite sends is what it says: good messages are good, odd ones well-formed, forms of one message the same."""

from __future__ import annotations

from random import Random

import pytest
from tests.conformance.fluxrig.judging import SPECIFICATION, subject_of
from tests.conformance.fluxrig.mutants import right_gear

from plugbay.errors import InvalidMessage
from plugbay.message import Message
from plugbay_conformance.case import CaseContext
from plugbay_conformance.engines.contract import ConformanceEngine
from plugbay_conformance.fluxrig.bad_cbor import (
    deep_nesting,
    forgettable,
    huge_lengths,
    no_cbor,
    no_flux_messages,
    unusual,
)
from plugbay_conformance.fluxrig.message_forms import incomplete, rewritten
from plugbay_conformance.fluxrig.samples import REQUIREMENT, base_message, good_messages, message_of_size
from plugbay_conformance.fluxrig.wire import Rule, flaws_of
from plugbay_conformance.specification import load_specification


@pytest.fixture
def context(wasmtime_engine: ConformanceEngine) -> CaseContext:
    requirement = load_specification("fluxrig").requirement("FLX-020")
    assert requirement is not None
    subject = subject_of(right_gear("core"), "core")
    return CaseContext(subject, requirement, wasmtime_engine, SPECIFICATION, Random(1))


def test_good_messages_are_good_in_the_preferred_form_and_say_what_they_are_for(context: CaseContext) -> None:
    for title, message in good_messages(context):
        encoded = message.to_cbor()
        assert Message.from_cbor(encoded) == message, title
        assert flaws_of(encoded) == (), title
        assert message.meta[REQUIREMENT] == "FLX-020", title


@pytest.mark.parametrize("size", [400, 511, 512, 513, 4095, 4096, 65535, 65536])
def test_a_message_of_a_size_has_that_size(size: int, context: CaseContext) -> None:
    encoded = message_of_size(context, size)
    assert Message.from_cbor(encoded).data["op"] == "echo"
    assert size - 3 <= len(encoded) <= size


def test_other_forms_of_a_message_are_the_same_message(context: CaseContext) -> None:
    data = {"op": "echo", "half": 1.5, "text": "Grüße", "bytes": b"\x00\x01\x02\xff", "list": [1, [2, "x"]]}
    message = base_message(context, {**data, "map": {"a": {"b": -500}}})
    forms = rewritten(message)
    assert {Message.from_cbor(encoded) == message for _, encoded in forms} == {True}
    assert len({encoded for _, encoded in forms} | {message.to_cbor()}) == len(forms) + 1


def test_incomplete_messages_mean_what_they_are_said_to(context: CaseContext) -> None:
    for title, encoded, expected in incomplete(base_message(context, {"op": "echo"})):
        assert Message.from_cbor(encoded) == expected, title


def test_unusual_cbor_is_well_formed(context: CaseContext) -> None:
    for title, encoded in unusual(context):
        assert Rule.ITEM not in {flaw.rule for flaw in flaws_of(encoded)}, title


def test_what_is_no_flux_message_is_good_cbor_and_mostly_refused(context: CaseContext) -> None:
    inputs = no_flux_messages(context)
    assert {flaw.rule for _, encoded in inputs for flaw in flaws_of(encoded)} <= {Rule.PLAIN}
    assert sum(_is_refused(encoded) for _, encoded in inputs) > len(inputs) * 0.6


def test_what_promises_too_much_is_malformed_and_small(context: CaseContext) -> None:
    for title, encoded in huge_lengths(context):
        assert Rule.ITEM in {flaw.rule for flaw in flaws_of(encoded)}, title
        assert len(encoded) < 40, title


def test_deep_nesting_is_small_enough_to_be_sent(context: CaseContext) -> None:
    assert all(len(encoded) <= 128 * 1024 for _, encoded in deep_nesting(context))


def test_what_should_leave_no_trace_is_refused(context: CaseContext) -> None:
    assert all(_is_refused(encoded) for _, encoded in forgettable(context))


def test_the_same_seed_sends_the_same_bytes(context: CaseContext) -> None:
    first, second = (no_cbor(_seeded(context, 7)) for _ in range(2))
    assert first == second
    assert first != no_cbor(_seeded(context, 8))


def _seeded(context: CaseContext, seed: int) -> CaseContext:
    return CaseContext(context.subject, context.requirement, context.engine, context.host, Random(seed))


def _is_refused(encoded: bytes) -> bool:
    try:
        Message.from_cbor(encoded)
    except InvalidMessage:
        return True
    return False

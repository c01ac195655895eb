from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugbay import Disposition, LogLevel, Message, Plugin
from plugbay.errors import MessageRejected

if TYPE_CHECKING:
    from tests.examples.conftest import Stream

    from plugbay import Outcome

NOON = 1_800_014_400 * 1_000_000_000
SECOND = 1_000_000_000


def payment(number: int = 1, *, at: int = NOON, **changes: object) -> Message:
    """An everyday payment; changes are dotted paths with ``__`` for the dot, None takes the field away."""
    data: dict[str, Any] = {
        "payment": {"id": f"pay_{number}", "amount": 2500, "currency": "EUR", "channel": "pos"},
        "card": {"hash": "c0ffee", "bin": "457173", "country": "DE"},
        "merchant": {"id": "m_1", "name": "Corner Market", "mcc": "5411", "country": "DE"},
    }
    for path, value in changes.items():
        group, key = path.split("__")
        if value is None:
            del data[group][key]
        else:
            data[group][key] = value
    return replace(Message.new(data, {"event.type": "card.payment"}), ts=at)


def score_of(outcome: Outcome) -> dict[str, Any]:
    assert outcome.disposition is Disposition.OK, outcome
    ((port, message),) = outcome.messages
    assert port == "out"
    score: dict[str, Any] = message.get("fraud")
    assert set(score) == {"score", "decision", "reasons"}
    return score


def outcome_of(fraud: Plugin, payload: bytes) -> str:
    """What becomes of raw bytes; a trap raises."""
    try:
        scored = fraud.call("process", payload)
    except MessageRejected:
        return "rejected"
    return "scored" if b"\x65fraud" in scored else "dropped"


def test_an_everyday_payment_is_approved_and_not_logged(fraud: Plugin) -> None:
    outcome = fraud.process(payment())
    assert score_of(outcome) == {"score": 0, "decision": "approve", "reasons": []}
    assert outcome.logs == ()


def test_all_of_the_message_but_the_score_comes_back_unchanged(fraud: Plugin) -> None:
    message = payment().set("note", {"bytes": b"\x00\xff", "list": [1, -2, 3.5, None, True], "text": "Zürich"})
    ((_, scored),) = fraud.process(message).messages
    without_score = {key: value for key, value in scored.data.items() if key != "fraud"}
    assert replace(scored, data=without_score) == message


def test_a_score_that_came_with_the_message_is_replaced(fraud: Plugin) -> None:
    forged = payment().set("fraud", {"score": 0, "decision": "approve", "reasons": [], "by": "the fraudster"})
    assert score_of(fraud.process(forged)) == {"score": 0, "decision": "approve", "reasons": []}


def test_a_duplicate_is_dropped_and_logged(fraud: Plugin) -> None:
    fraud.process(payment(1))
    outcome = fraud.process(payment(1, at=NOON + 5 * SECOND))
    assert outcome.disposition is Disposition.DROP
    assert [(line.level, line.text) for line in outcome.logs] == [(LogLevel.INFO, "duplicate pay_1 dropped")]


def test_a_rejected_payment_may_be_sent_again_once_it_is_mended(fraud: Plugin) -> None:
    assert fraud.process(payment(1, payment__amount=None)).disposition is Disposition.REJECT
    assert fraud.process(payment(1)).disposition is Disposition.OK


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"payment__amount": None}, "missing amount"),
        ({"payment__amount": -1}, "negative amount"),
        ({"payment__amount": "12.99"}, "amount is not an integer"),
        ({"payment__amount": 12.99}, "amount is not an integer"),
        ({"payment__amount": 2**64 - 1}, "amount too large"),
        ({"payment__currency": "E€"}, "invalid currency"),
        ({"payment__currency": "XXX"}, "unknown currency"),
        ({"payment__currency": None}, "missing currency"),
        ({"payment__id": None}, "missing payment id"),
        ({"payment__id": "two\nlines"}, "invalid payment id"),
        ({"payment__channel": "fax"}, "unknown channel"),
        ({"card__hash": None}, "missing card hash"),
        ({"card__country": "Germany"}, "invalid country"),
        ({"merchant__mcc": 5411}, "invalid mcc"),
        ({"merchant__id": None}, "missing merchant id or mcc"),
        ({"at": -1}, "ts out of range"),
    ],
)
def test_a_malformed_payment_is_rejected_with_the_reason(fraud: Plugin, changes: dict[str, Any], reason: str) -> None:
    outcome = fraud.process(payment(**changes))
    assert (outcome.disposition, outcome.reason) == (Disposition.REJECT, reason)


def test_bytes_that_are_no_message_are_rejected(fraud: Plugin) -> None:
    whole = payment().to_cbor()
    for payload, reason in (
        (b"", "cut short"),
        (whole[:-1], "cut short"),
        (whole + b"\x00", "bytes after the message"),
        (b"\x81" * 1000, "not a map"),
        (b"\xa1\x61a" * 1000, "nests too deeply"),
        (cbor2.dumps({"ts": NOON, "data": [1]}), "not a map"),
    ):
        with pytest.raises(MessageRejected, match=reason):
            fraud.call("process", payload)


def test_a_burst_of_online_payments_is_stopped_with_a_warning(fraud: Plugin) -> None:
    burst = [payment(n, at=NOON + n * SECOND, payment__channel="ecom", merchant__mcc="5947") for n in range(5)]
    outcomes = fraud.process_many(burst)
    assert [score_of(each)["decision"] for each in outcomes] == ["approve", "approve", "approve", "decline", "decline"]
    assert "burst of online payments" in score_of(outcomes[-1])["reasons"]
    (line,) = outcomes[-1].logs
    assert line.level is LogLevel.WARN
    assert line.text.startswith("decline 75 pay_4 25.00 EUR card c0ffee: burst of online payments, risky merchant")


def test_a_card_that_is_in_two_far_places_at_once_is_declined(fraud: Plugin) -> None:
    fraud.process(payment(1))
    abroad = fraud.process(payment(2, at=NOON + 600 * SECOND, merchant__country="JP", payment__currency="JPY"))
    assert score_of(abroad) == {"score": 70, "decision": "decline", "reasons": ["impossible travel"]}


def test_the_whole_stream_fits_the_memory_of_a_rack_and_nothing_fails(fraud: Plugin, stream: Stream) -> None:
    # The host refuses memory beyond 16 pages, and a gear without memory would reject what is well-formed.
    dispositions = [
        Disposition.REJECT if row["malformed"] else Disposition.DROP if row["duplicate"] else Disposition.OK
        for row in stream.truth
    ]
    outcomes = fraud.process_many(stream.messages)
    assert len(outcomes) == 12_000
    assert [outcome.disposition for outcome in outcomes] == dispositions
    assert {row["malformed"] for row in stream.truth} == {None, *(each.reason for each in outcomes if each.reason)}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=st.binary(max_size=400))
def test_random_bytes_are_rejected_and_never_trap(fraud: Plugin, payload: bytes) -> None:
    with pytest.raises(MessageRejected):
        fraud.call("process", payload)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_message_with_changed_bytes_never_traps(fraud: Plugin, data: st.DataObject) -> None:
    payload = bytearray(payment().to_cbor())
    places = st.lists(st.tuples(st.integers(0, len(payload) - 1), st.integers(0, 255)), min_size=1, max_size=8)
    for place, value in data.draw(places):
        payload[place] = value
    cut = data.draw(st.integers(0, len(payload)) | st.just(len(payload)))
    assert outcome_of(fraud, bytes(payload[:cut])) in {"scored", "dropped", "rejected"}

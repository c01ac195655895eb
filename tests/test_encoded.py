from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugbay import Disposition, Host, Limits, Message, Outcome
from plugbay.encoded import check_encoded
from plugbay.errors import InvalidOutput, MalformedCbor, NotAMessage, TooManyMessages
from plugbay.guest_output import read_messages
from plugbay.message.scanner import Scanner

MESSAGES = [Message.new(data={"n": number}) for number in range(4)]
ENCODED = [message.to_cbor() for message in MESSAGES]
FAN_OUT = b"\x82" + ENCODED[0] + ENCODED[1]
DROPPED = Outcome(Disposition.DROP)


@pytest.fixture(scope="module")
def scanner() -> Iterator[Scanner]:
    with Host() as host:
        scanner = host.new_scanner()
        yield scanner
        scanner.close()


def check(scanner: Scanner, results: list[bytes | Outcome], limits: Limits | None = None) -> list[bytes | Outcome]:
    return check_encoded(results, scanner, plugin="gear", limits=limits or Limits())


def test_plain_messages_pass_as_they_are(scanner: Scanner) -> None:
    assert check(scanner, list(ENCODED)) == ENCODED
    assert check(scanner, []) == []


def test_outcomes_between_them_stay_where_they_are(scanner: Scanner) -> None:
    results: list[bytes | Outcome] = [ENCODED[0], DROPPED, ENCODED[1], DROPPED]
    assert check(scanner, list(results)) == results
    assert check(scanner, [DROPPED]) == [DROPPED]


def test_a_fan_out_becomes_an_outcome_with_its_messages(scanner: Scanner) -> None:
    first, second = check(scanner, [FAN_OUT, ENCODED[2]])
    assert first == Outcome(Disposition.OK, (("out", MESSAGES[0]), ("out", MESSAGES[1])))
    assert second == ENCODED[2]


def test_an_empty_fan_out_is_a_drop(scanner: Scanner) -> None:
    assert check(scanner, [b"\x80"]) == [Outcome(Disposition.DROP)]


def test_a_fan_out_over_the_limit_is_an_error(scanner: Scanner) -> None:
    (outcome,) = check(scanner, [FAN_OUT], Limits(messages_out=1))
    assert isinstance(outcome, Outcome)
    assert isinstance(outcome.error, TooManyMessages)


@pytest.mark.parametrize(
    ("output", "error"),
    [
        (b"\x01", NotAMessage),
        (b"\xff", MalformedCbor),
        (ENCODED[0] + b"\x00", MalformedCbor),
        (ENCODED[0] + ENCODED[1], MalformedCbor),
        (ENCODED[0][:-1], MalformedCbor),
        (b"", MalformedCbor),
    ],
)
def test_a_bad_result_is_judged_alone(scanner: Scanner, output: bytes, error: type[InvalidOutput]) -> None:
    first, bad, last = check(scanner, [ENCODED[0], output, ENCODED[1]])
    assert (first, last) == (ENCODED[0], ENCODED[1])
    assert isinstance(bad, Outcome)
    assert isinstance(bad.error, error)
    assert bad.error.plugin == "gear"


def test_a_message_cut_across_two_results_is_none(scanner: Scanner) -> None:
    cut = len(ENCODED[0]) // 2
    results = check(scanner, [ENCODED[0][:cut], ENCODED[0][cut:]])
    assert all(isinstance(result, Outcome) and isinstance(result.error, InvalidOutput) for result in results)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    results=st.lists(
        st.one_of(
            st.sampled_from(ENCODED),
            st.just(FAN_OUT),
            st.binary(max_size=20),
            st.tuples(st.sampled_from(ENCODED), st.integers(0, 40), st.integers(0, 255)).map(
                lambda parts: parts[0][: parts[1]] + bytes([parts[2]]) + parts[0][parts[1] + 1 :]
            ),
        ),
        max_size=6,
    )
)
def test_the_quick_check_agrees_with_the_decoder(scanner: Scanner, results: list[bytes]) -> None:
    for output, checked in zip(results, check(scanner, list(results)), strict=True):
        expected = decoded(output)
        if isinstance(checked, bytes):
            assert checked == output
            assert expected is not None
            assert len(expected) == 1
        elif expected is None:
            assert isinstance(checked.error, InvalidOutput)
        else:
            assert [message for _, message in checked.messages] == expected


def decoded(output: bytes) -> list[Message] | None:
    """What the decoder makes of an output; None when it refuses it."""
    try:
        return list(read_messages(output, "gear", most=1000))
    except InvalidOutput:
        return None

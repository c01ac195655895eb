"""What a plugin's output means as a message, and what no message can hold."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay import Disposition, Host, Message
from plugbay.errors import InvalidMessage, InvalidOutput
from plugbay.message.payloads import answer_to, decode_output, encode_input, required_message, surely_fits
from plugbay.message.rules import validate

ECHO = Path(__file__).parents[2] / "benchmarks" / "guests" / "echo.wasm"
CAUSE = Message.new({"amount": 12}, {"lane": "fast"}, trace="4bf9")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


def nested(depth: int) -> bytes:
    return b'{"a":' + b"[" * depth + b"]" * depth + b"}"


def test_a_message_without_raw_bytes_goes_in_as_its_data() -> None:
    assert encode_input(CAUSE) == b'{"amount":12}'
    assert encode_input(Message.new({"amount": 12}, raw=b"wire")) == b"wire"


def test_data_that_json_can_not_hold_is_refused() -> None:
    with pytest.raises(InvalidMessage, match="as JSON"):
        encode_input(Message.new({"pin": b"1234"}))


def test_an_object_is_the_data_of_an_answer() -> None:
    answer = decode_output(CAUSE, b'{"score": 87}', plugin="p")
    assert (answer.data, answer.raw, answer.ref_id) == ({"score": 87}, None, CAUSE.id)
    assert (answer.meta, answer.trace) == (CAUSE.meta, CAUSE.trace)


@pytest.mark.parametrize("output", [b"[1]", b"text", b"{broken", b"\xff", nested(31), nested(1000)])
def test_any_other_output_is_raw(output: bytes) -> None:
    answer = decode_output(CAUSE, output, plugin="p")
    assert (answer.data, answer.raw) == ({}, output)
    validate(answer)


def test_the_deepest_data_of_a_message_is_data() -> None:
    assert decode_output(CAUSE, nested(30), plugin="p").raw is None


@pytest.mark.parametrize("output", [bytes(2**21 + 1), b'{"a":"' + b"x" * 2**21 + b'"}'])
def test_an_output_too_large_for_a_message_is_invalid(output: bytes) -> None:
    with pytest.raises(InvalidOutput, match="is no message") as caught:
        decode_output(CAUSE, output, plugin="p")
    assert caught.value.plugin == "p"


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=4))
def test_what_surely_fits_is_a_message(data: dict[str, object]) -> None:
    output = orjson.dumps(data)
    if surely_fits(output):
        validate(answer_to(CAUSE, orjson.loads(output)))


def test_the_port_of_what_is_no_message_is_named() -> None:
    with pytest.raises(InvalidOutput, match="port count: what it returned is no message: data") as caught:
        required_message(Message.new(orjson.loads(nested(40))), plugin="p", port="count")
    assert caught.value.function == "count"


def test_an_output_that_is_no_message_fails_that_message_alone() -> None:
    with Host() as host, host.load(ECHO) as plugin:
        failed, served = plugin.process_many([Message.new(raw=bytes(2**21 + 1)), Message.new(raw=b"hello")])
    assert failed.disposition is Disposition.ERROR
    assert isinstance(failed.error, InvalidOutput)
    assert [message.raw for _, message in served.messages] == [b"hello"]

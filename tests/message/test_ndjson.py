from __future__ import annotations

import dataclasses
import json
import math
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugbay.errors import InvalidMessage
from plugbay.message import EntityId, EntityType, Hop, Message
from plugbay.message.identifier import entity_type
from plugbay.message.ndjson import from_line, to_line
from plugbay.message.rules import validate

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

ID = EntityId(bytes(range(16)))
ID_TEXT = "00010203-0405-0607-0809-0a0b0c0d0e0f"


@settings(deadline=None)
@given(data=st.data())
def test_a_message_comes_back_from_its_line_exactly(messages: SearchStrategy[Message], data: st.DataObject) -> None:
    message = data.draw(messages)
    line = to_line(message)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    back = from_line(line)
    # Equal values may differ in type (1 and 1.0, 0.0 and -0.0); equal bytes do not.
    assert back.to_cbor() == message.to_cbor()
    assert to_line(Message.from_cbor(back.to_cbor())) == line


def test_a_line_reads_well() -> None:
    message = Message(ID, data={"amount": 12, "pin": b"\x01"}, raw=b"ab", path=(Hop(ID, ID, 5),), ts=7)
    assert json.loads(to_line(message)) == {
        "id": ID_TEXT,
        "data": {"amount": 12, "pin": {"$bytes": "AQ=="}},
        "raw": {"$bytes": "YWI="},
        "path": [{"g": ID_TEXT, "p": ID_TEXT, "t": 5}],
        "ts": 7,
    }


@pytest.mark.parametrize(
    "value", [math.inf, -math.inf, -0.0, 0.0, 1.0, 1, 1e20, 2.0**64, 2**53 + 1, 2**64 - 1, -(2**63)]
)
def test_numbers_keep_their_value_and_their_type(value: float) -> None:
    back = from_line(to_line(Message(ID, data={"n": value}))).data["n"]
    assert (repr(back), type(back)) == (repr(value), type(value))


def test_nan_has_a_marker() -> None:
    line = to_line(Message(ID, data={"n": math.nan}))
    assert b'{"$float":"nan"}' in line
    assert math.isnan(from_line(line).data["n"])


@pytest.mark.parametrize(
    "value",
    [
        {"$bytes": "AQ=="},
        {"$bytes": 1},
        {"$float": "nan"},
        {"$map": {"$bytes": "AQ=="}},
        {"$map": {"$map": {}}},
        {"$map": 3},
        {"$bytes": b"\x01"},
        [{"$map": [{"$float": math.inf}]}],
        {"$bytes": "a", "other": 1},
    ],
)
def test_data_that_looks_like_a_marker_comes_back_as_it_was(value: object) -> None:
    assert from_line(to_line(Message(ID, data={"x": value}))).data == {"x": value}


def test_data_itself_is_never_a_marker() -> None:
    assert from_line(b'{"data": {"$bytes": "AQ=="}}').data == {"$bytes": "AQ=="}
    message = Message(ID, data={"$map": {"$map": 1}})
    assert from_line(to_line(message)) == message


def test_a_partial_line_is_a_new_message() -> None:
    before = time.time_ns()
    message = from_line(b' {"data": {"amount": 12}} \r\n')
    assert message.data == {"amount": 12}
    assert entity_type(message.id) is EntityType.MESSAGE
    assert before <= message.ts <= time.time_ns()
    assert from_line(b"{}").id != from_line(b"{}").id


def test_nulls_are_taken_where_the_wire_takes_them() -> None:
    message = from_line(b'{"meta": null, "data": null, "raw": null, "path": null}')
    assert (message.meta, message.data, message.raw, message.path) == ({}, {}, None, None)


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ('{"dta": {}}', "dta"),
        ('{"data": 5}', "data"),
        ('{"id": "x"}', "id"),
        ('{"id": null}', "id"),
        ('{"ref_id": 5}', "ref_id"),
        ('{"trace": 5}', "trace"),
        ('{"meta": {"a": 1}}', "meta.a"),
        ('{"flags": 1.0}', "flags"),
        ('{"raw": "text"}', "raw"),
        ('{"raw": {"$bytes": "?"}}', "raw.$bytes"),
        ('{"data": {"a": {"$bytes": 5}}}', "data.a.$bytes"),
        ('{"data": {"a": [{"$bytes": "é"}]}}', "data.a[0].$bytes"),
        ('{"data": {"a": {"$float": "1.5"}}}', "data.a.$float"),
        ('{"data": {"a": {"$float": []}}}', "data.a.$float"),
        ('{"data": {"a": {"$map": 1}}}', "data.a.$map"),
        ('{"path": 5}', "path"),
        ('{"path": [5]}', "path[0]"),
        ('{"path": [{"g": "x"}]}', "path[0].g"),
        ('{"path": [{"gear": "x"}]}', "path[0].gear"),
        ('{"ts": "now"}', "ts"),
        ("[]", "line"),
    ],
)
def test_a_wrong_field_is_named(line: str, where: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        from_line(line.encode())
    assert caught.value.function == where


@pytest.mark.parametrize("line", [b"", b"{", b"\xff", b"{} {}", b'{"data": {"a": NaN}}', b"[" * 2000])
def test_what_is_not_json_is_refused(line: bytes) -> None:
    with pytest.raises(InvalidMessage, match="not JSON"):
        from_line(line)


@pytest.mark.parametrize("digits", [str(2**64), str(-(2**63) - 1), "1" + "0" * 300])
def test_an_integer_beyond_64_bits_is_refused_instead_of_rounded(digits: str) -> None:
    with pytest.raises(InvalidMessage, match="more than 64 bits"):
        from_line(b'{"data": {"a": [1e300, %b]}}' % digits.encode())


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"$map":{"$map":'])
def test_deep_nesting_is_refused(opening: str) -> None:
    closing = "".join({"[": "]", "{": "}"}[letter] for letter in reversed(opening) if letter in "[{")
    line = '{"data": {"a": ' + opening * 300 + "1" + closing * 300 + "}}"
    with pytest.raises(InvalidMessage) as caught:
        from_line(line.encode())
    assert caught.value.limit == "nesting"


@pytest.mark.parametrize("change", [{"flags": -1}, {"trace": "\ud800"}, {"data": {"a": (1,)}}])
def test_what_is_no_message_has_no_line(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage):
        to_line(dataclasses.replace(Message(ID), **change))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["$bytes", "$map", "$float", "a", "g", "t"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(st.sampled_from(["id", "data", "meta", "raw", "path", "ts", "flags", "trace"]), JSON_VALUES))
def test_any_line_is_a_valid_message_or_an_invalid_message_error(fields: dict[str, object]) -> None:
    try:
        message = from_line(json.dumps(fields).encode())
    except InvalidMessage:
        return
    validate(message)
    assert from_line(to_line(message)).to_cbor() == message.to_cbor()


@given(st.binary(max_size=60))
def test_random_bytes_raise_nothing_but_invalid_message(line: bytes) -> None:
    try:
        message = from_line(line)
    except InvalidMessage:
        return
    assert from_line(to_line(message)) == message


def test_a_line_names_the_port_that_a_message_came_out_by_unless_it_is_out() -> None:
    message = Message.new({"count": 1})
    assert to_line(message, port="out") == to_line(message)
    assert to_line(message, port="count").startswith(b'{"port":"count","id":')
    assert from_line(to_line(message, port="count")) == message

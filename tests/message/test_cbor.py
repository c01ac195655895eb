from __future__ import annotations

import dataclasses
import math
import struct
from collections import OrderedDict
from decimal import Decimal
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugbay.errors import InvalidMessage
from plugbay.message import EntityId, Hop, Message, cbor
from plugbay.message.identifier import NIL_ID
from plugbay.message.rules import MAX_MESSAGE_BYTES, validate

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

ID = EntityId(bytes(range(16)))
HOP = {"g": bytes(16), "p": bytes(16), "t": 1}


@settings(deadline=None)
@given(data=st.data())
def test_a_message_comes_back_from_its_bytes_equal(messages: SearchStrategy[Message], data: st.DataObject) -> None:
    message = data.draw(messages)
    encoded = message.to_cbor()
    decoded = Message.from_cbor(encoded)
    assert decoded == message
    assert decoded.to_cbor() == encoded


def test_keys_come_in_the_order_of_the_sheet_and_nothing_is_left_out() -> None:
    fields = cbor2.loads(Message(ID).to_cbor())
    assert list(fields) == ["id", "ref_id", "trace", "src_id", "meta", "data", "flags", "raw", "path", "ts"]
    assert list(fields.values()) == [ID, NIL_ID, "", NIL_ID, {}, {}, 0, None, None, 0]


def test_integers_take_their_shortest_form_and_floats_64_bits() -> None:
    encoded = Message(ID, data={"small": 23, "float": 1.5}).to_cbor()
    assert b"\x65small\x17" in encoded
    assert b"\x65float\xfb" + struct.pack(">d", 1.5) in encoded


def test_missing_keys_are_zero_values() -> None:
    assert Message.from_cbor(b"\xa0") == Message(NIL_ID)


def test_null_maps_and_slices_are_those_of_go() -> None:
    nothing = cbor2.dumps({"meta": None, "data": None, "raw": None, "path": None})
    assert Message.from_cbor(nothing) == Message(NIL_ID, meta={}, data={}, raw=None, path=None)


def test_unknown_keys_are_ignored() -> None:
    item = cbor2.dumps({"later": [1, {"x": 2}], "flags": 3, "path": [{**HOP, "new": 1}]})
    assert Message.from_cbor(item) == Message(NIL_ID, flags=3, path=(Hop(NIL_ID, NIL_ID, 1),))


def test_indefinite_lengths_and_wide_integers_are_accepted() -> None:
    item = bytes.fromhex("bf 64 64617461 bf 7f6161ff 9f 1b0000000000000001 5f4101 4102ff ff ff ff".replace(" ", ""))
    assert Message.from_cbor(item).data == {"a": [1, b"\x01\x02"]}


def test_half_and_single_floats_are_read() -> None:
    item = b"\xa1\x64data\xa2\x61h\xf9\x3c\x00\x61s\xfa\x3f\xc0\x00\x00"
    assert Message.from_cbor(item).data == {"h": 1.0, "s": 1.5}


def test_nan_stays_nan() -> None:
    assert math.isnan(Message.from_cbor(Message(ID, data={"n": math.nan}).to_cbor()).data["n"])


WRONG_FIELDS: list[tuple[dict[Any, Any], str, str]] = [
    ({"id": bytes(15)}, "id", "15 bytes"),
    ({"id": "text"}, "id", "text"),
    ({"id": None}, "id", "null"),
    ({"ref_id": 7}, "ref_id", "integer 7"),
    ({"src_id": [1]}, "src_id", "array"),
    ({"trace": b"x"}, "trace", "1 bytes"),
    ({"trace": None}, "trace", "null"),
    ({"meta": []}, "meta", "array"),
    ({"meta": {"a": 1}}, "meta.a", "integer 1"),
    ({"meta": {1: "a"}}, "a key of meta", "integer 1"),
    ({"data": "x"}, "data", "text"),
    ({"data": {1: 2}}, "a key of data", "integer 1"),
    ({"data": {"card": {None: 2}}}, "a key of data.card", "null"),
    ({"data": {"cards": [0, {"pan": cbor2.undefined}]}}, "data.cards[1].pan", "UndefinedType"),
    ({"data": {"a": cbor2.CBORSimpleValue(40)}}, "data.a", "CBORSimpleValue"),
    ({"flags": -1}, "flags", "integer -1"),
    ({"flags": 2**32}, "flags", "integer 4294967296"),
    ({"flags": True}, "flags", "bool True"),
    ({"flags": 1.0}, "flags", "float 1.0"),
    ({"raw": "text"}, "raw", "text"),
    ({"path": {}}, "path", "map"),
    ({"path": [None]}, "path[0]", "null"),
    ({"path": [HOP, {**HOP, "g": b"short"}]}, "path[1].g", "5 bytes"),
    ({"path": [{**HOP, "p": 1}]}, "path[0].p", "integer 1"),
    ({"path": [{**HOP, "t": "now"}]}, "path[0].t", "text"),
    ({"path": [{**HOP, 5: 1}]}, "a key of path[0]", "integer 5"),
    ({"ts": 2**63}, "ts", f"integer {2**63}"),
    ({"ts": 0.5}, "ts", "float 0.5"),
    ({"later": {"x": {1: 1}}}, "a key of message.later.x", "integer 1"),
    ({7: 1}, "a key of message", "integer 7"),
]


@pytest.mark.parametrize(("fields", "where", "found"), WRONG_FIELDS)
def test_a_wrong_field_is_named_with_what_belongs_there_and_what_is(
    fields: dict[Any, Any], where: str, found: str
) -> None:
    with pytest.raises(InvalidMessage) as caught:
        Message.from_cbor(cbor2.dumps(fields))
    assert (caught.value.function, caught.value.found) == (where, found)
    assert caught.value.expected
    assert where in str(caught.value)


def nested(depth: int) -> list[object]:
    inner: list[object] = []
    for _ in range(depth - 1):
        inner = [inner]
    return inner


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (b"", "premature end"),
        (b"\xa1", "premature end"),
        (b"\xa0\x00", "1 bytes follow"),
        (b"\xa0\xa0", "1 bytes follow"),
        (b"\x00", "expected map"),
        (b"\x81\xa0", "expected map"),
        (b"\xa1\x61a\xff", "not strict CBOR"),
        (b"\xa1\x61a\x1c", "not strict CBOR"),
        (b"\xa1\x61a\xf8\x14", "not strict CBOR"),
        (b"\xa1\x61a\x61\xff", "not strict CBOR"),
        (b"\xa2\x61a\x01\x61a\x02", "Duplicate"),
        (b"\xa2\x65flags\x01\x65flags\x01", "Duplicate"),
        (b"\xa1\x64data" + cbor2.dumps({"a": nested(31)}), "nested more than 32 deep"),
        (b"\xa1\x64data" + cbor2.dumps({"a": nested(200)}), "depth"),
        (b"\xa1\x61a\x3b\x80" + bytes(7), "-2\\*\\*63"),
        (b"\xa1\x65later\x3b\xff" + bytes(7), "-2\\*\\*63"),
    ],
)
def test_bytes_that_are_not_one_strict_item_are_refused(item: bytes, words: str) -> None:
    with pytest.raises(InvalidMessage, match=words):
        Message.from_cbor(item)


def test_no_tag_gets_through_not_even_one_that_cbor2_knows() -> None:
    for tag in [*range(1200), 1004, 43000, 43001, 55799, 2**32, 2**64 - 1]:
        for content in (b"\x41\x01", b"\x01", b"\x61a", b"\x82\x01\x01", b"\xa0"):
            item = b"\xa1\x64data\xa1\x61x\xdb" + tag.to_bytes(8, "big") + content
            with pytest.raises(InvalidMessage, match="tags are not allowed"):
                Message.from_cbor(item)


def test_nesting_is_bounded_alike_in_both_directions() -> None:
    deepest = Message(ID, data={"a": nested(30)})
    assert Message.from_cbor(deepest.to_cbor()) == deepest
    with pytest.raises(InvalidMessage) as caught:
        Message(ID, data={"a": nested(31)}).to_cbor()
    assert caught.value.limit == "nesting"


def test_data_that_contains_itself_is_refused() -> None:
    data: dict[str, Any] = {}
    data["again"] = data
    with pytest.raises(InvalidMessage) as caught:
        Message(ID, data=data).to_cbor()
    assert caught.value.limit == "nesting"


class Number(IntEnum):
    ONE = 1


UNPLAIN: list[object] = [
    (1, 2),
    {1},
    Number.ONE,
    OrderedDict[str, int](),
    Decimal(1),
    bytearray(b"x"),
    {1: 2},
    object(),
]


@pytest.mark.parametrize("value", [*UNPLAIN, 2**64, -(2**63) - 1])
def test_what_would_come_back_as_something_else_is_not_encoded(value: object) -> None:
    for data in ({"a": value}, {"a": [value]}, {"a": {"b": value}}):
        with pytest.raises(InvalidMessage) as caught:
            Message(ID, data=data).to_cbor()
        assert str(caught.value.function).removeprefix("a key of ").startswith("data.a")


@pytest.mark.parametrize(
    "change",
    [
        {"id": b"short"},
        {"trace": 1},
        {"meta": {"a": 1}},
        {"flags": 2**32},
        {"raw": bytearray()},
        {"path": [1]},
        {"path": (1,)},
        {"path": (Hop(ID, EntityId(b""), 1),)},
        {"ts": 1.0},
    ],
)
def test_encode_refuses_the_same_fields_as_decode(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage) as caught:
        dataclasses.replace(Message(ID), **change).to_cbor()
    assert str(caught.value.function).startswith(next(iter(change)))


@pytest.mark.parametrize("field", [{"trace": "\ud800"}, {"meta": {"a": "\ud800"}}, {"data": {"\ud800": 1}}])
def test_text_that_is_not_unicode_is_not_encoded(field: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage, match="can't be encoded"):
        dataclasses.replace(Message(ID), **field).to_cbor()


def test_hops_are_at_most_64_in_both_directions() -> None:
    hops = (Hop(ID, ID, 1),) * 64
    assert Message.from_cbor(Message(ID, path=hops).to_cbor()).path == hops
    with pytest.raises(InvalidMessage) as caught:
        Message(ID, path=(*hops, hops[0])).to_cbor()
    assert (caught.value.function, caught.value.limit, caught.value.found) == ("path", "hops", 65)
    with pytest.raises(InvalidMessage):
        Message.from_cbor(cbor2.dumps({"path": [HOP] * 65}))


def sized(size: int) -> Message:
    """A message of that many bytes by the count of the bus."""
    return Message(ID, raw=b"r" * 1000, meta={"m": "ü" * 50}, data={"k": "x" * (size - 1000 - 101 - 1)})


def test_two_mebibytes_are_the_most_in_both_directions() -> None:
    largest = sized(MAX_MESSAGE_BYTES)
    validate(largest)
    assert Message.from_cbor(largest.to_cbor()) == largest
    over = sized(MAX_MESSAGE_BYTES + 1)
    for judge in (validate, Message.to_cbor):
        with pytest.raises(InvalidMessage) as caught:
            judge(over)
        assert (caught.value.limit, caught.value.found) == ("message_bytes", MAX_MESSAGE_BYTES + 1)
    item = cbor2.dumps({"raw": over.raw, "meta": over.meta, "data": over.data})
    with pytest.raises(InvalidMessage):
        Message.from_cbor(item)
    with pytest.raises(InvalidMessage, match="message 1 of the array"):
        cbor.decode_many(b"\x82\xa0" + item)


def test_what_the_bus_does_not_count_may_be_larger() -> None:
    message = Message(ID, data={"bytes": b"x" * MAX_MESSAGE_BYTES, "inner": {"text": "x" * MAX_MESSAGE_BYTES}})
    assert Message.from_cbor(message.to_cbor()) == message


@settings(max_examples=500)
@given(st.binary(max_size=80))
def test_random_bytes_raise_nothing_but_invalid_message(item: bytes) -> None:
    for candidate in (item, b"\xa1\x64data" + item):
        try:
            message = Message.from_cbor(candidate)
        except InvalidMessage:
            continue
        validate(message)


def test_the_port_that_a_message_came_out_by_is_a_key_that_readers_pass_over() -> None:
    message = Message.new({"count": 1})
    assert cbor.encode(message, port="out") == cbor.encode(message)
    assert cbor2.loads(cbor.encode(message, port="count"))["port"] == "count"
    assert cbor.decode(cbor.encode(message, port="count")) == message

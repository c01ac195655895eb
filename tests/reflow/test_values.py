from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay_adapters.reflow.jsontext import HugeInteger, Misfit, loads
from plugbay_adapters.reflow.values import MessageType, Value, decode, encode, fit, type_of_plain

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


@given(data=st.data())
def test_every_value_comes_back_from_its_json_exactly(values: SearchStrategy[Value], data: st.DataObject) -> None:
    value = data.draw(values)
    assert repr(decode(loads(encode(value)))) == repr(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Value(MessageType.FLOW), b'{"type":"Flow","data":null}'),
        (Value(MessageType.INTEGER, 2**63 - 1), b'{"type":"Integer","data":9223372036854775807}'),
        (Value(MessageType.FLOAT, 4.0), b'{"type":"Float","data":4.0}'),
        (Value(MessageType.STREAM, b"\x00\xff"), b'{"type":"Stream","data":[0,255]}'),
        (Value(MessageType.OPTIONAL), b'{"type":"Optional","data":null}'),
        (Value(MessageType.ERROR, "broken"), b'{"type":"Error","data":"broken"}'),
    ],
)
def test_values_are_written_as_serde_writes_them(value: Value, text: bytes) -> None:
    assert encode(value) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"type":"Flow"}', Value(MessageType.FLOW)),
        (b'{"type":"Optional"}', Value(MessageType.OPTIONAL)),
        (b'{"type":"Event","more":1}', Value(MessageType.EVENT)),
        (b'{"type":"Integer","data":4.0}', Value(MessageType.INTEGER, 4)),
        (b'{"type":"Integer","data":1.23456789e+08}', Value(MessageType.INTEGER, 123456789)),
        (b'{"type":"Float","data":4}', Value(MessageType.FLOAT, 4.0)),
        (b'{"type":"Float","data":-0}', Value(MessageType.FLOAT, -0.0)),
        (b'{"type":"Float","data":100000000000000000000}', Value(MessageType.FLOAT, 1e20)),
        (b'{"type":"Any","data":18446744073709551615}', Value(MessageType.ANY, 2**64 - 1)),
    ],
)
def test_what_guests_write_is_read(text: bytes, value: Value) -> None:
    assert repr(decode(loads(text))) == repr(value)


@pytest.mark.parametrize(
    ("text", "where", "found"),
    [
        (b"4", "", "integer 4"),
        (b"{}", ".type", "nothing"),
        (b'{"type":[]}', ".type", "array"),
        (b'{"type":"Number","data":4}', ".type", "'Number'"),
        (b'{"type":"Flow","data":"flow"}', ".data", "text"),
        (b'{"type":"Boolean","data":1}', ".data", "integer 1"),
        (b'{"type":"Boolean"}', ".data", "null"),
        (b'{"type":"Integer","data":4.5}', ".data", "number 4.5"),
        (b'{"type":"Integer","data":true}', ".data", "true"),
        (b'{"type":"Integer","data":9223372036854775808}', ".data", "integer 9223372036854775808"),
        (b'{"type":"Integer","data":-9223372036854775809}', ".data", "integer beyond 64 bits"),
        (b'{"type":"Integer","data":9.223372036854775807e18}', ".data", "number 9.223372036854776e+18"),
        (b'{"type":"Float","data":"1"}', ".data", "text"),
        (b'{"type":"String","data":null}', ".data", "null"),
        (b'{"type":"Object","data":[]}', ".data", "array"),
        (b'{"type":"Array","data":{}}', ".data", "object"),
        (b'{"type":"Stream","data":[256]}', ".data", "array"),
        (b'{"type":"Stream","data":[true]}', ".data", "array"),
        (b'{"type":"Stream","data":"aGk="}', ".data", "text"),
        (b'{"type":"Error","data":{}}', ".data", "object"),
        (b'{"type":"Any","data":{"a":[18446744073709551616]}}', ".data.a[0]", "integer beyond 64 bits"),
        (b'{"type":"Event","data":99999999999999999999}', ".data", "integer beyond 64 bits"),
    ],
)
def test_what_does_not_fit_its_type_is_refused(text: bytes, where: str, found: str) -> None:
    with pytest.raises(Misfit) as caught:
        decode(loads(text))
    assert (caught.value.where, caught.value.found) == (where, found)


def test_a_value_nested_too_deep_is_refused() -> None:
    with pytest.raises(Misfit, match="at most 30"):
        decode({"type": "Array", "data": loads(b"[" * 31 + b"]" * 31)})


@pytest.mark.parametrize(
    "value",
    [
        Value(MessageType.FLOAT, math.nan),
        Value(MessageType.FLOAT, math.inf),
        Value(MessageType.ARRAY, [math.nan]),
        Value(MessageType.ANY, {"a": b"bytes"}),
        Value(MessageType.STRING, "\ud800"),
        Value(MessageType.OBJECT, {"\ud800": 1}),
        Value(MessageType.INTEGER, 2**63),
        Value(MessageType.INTEGER, 4.5),
        Value(MessageType.FLOW, 1),
        Value(MessageType.EVENT, 2**64),
    ],
)
def test_what_json_can_not_hold_is_never_written(value: Value) -> None:
    with pytest.raises(Misfit):
        encode(value)


@pytest.mark.parametrize(
    ("plain", "value"),
    [
        (None, Value(MessageType.OPTIONAL)),
        (True, Value(MessageType.BOOLEAN, True)),
        (4, Value(MessageType.INTEGER, 4)),
        (4.0, Value(MessageType.FLOAT, 4.0)),
        ("flow", Value(MessageType.STRING, "flow")),
        ([1], Value(MessageType.ARRAY, [1])),
        ({"a": 1}, Value(MessageType.OBJECT, {"a": 1})),
    ],
)
def test_plain_values_are_typed_by_their_kind(plain: object, value: Value) -> None:
    assert repr(type_of_plain(plain)) == repr(value)


@pytest.mark.parametrize("plain", [2**63, HugeInteger("1e20"), [HugeInteger("1e20")], math.nan, object()])
def test_plain_values_beyond_their_kind_are_refused(plain: object) -> None:
    with pytest.raises(Misfit):
        type_of_plain(plain)


@given(number=st.integers(-(2**63), 2**63 - 1))
def test_an_integer_fits_a_float_only_if_the_float_holds_it(number: int) -> None:
    try:
        fitted: Any = fit(MessageType.FLOAT, number)
    except Misfit:
        assert int(float(number)) != number
    else:
        assert type(fitted) is float
        assert fitted == number


def test_the_names_of_the_types_are_plain_text_on_the_wire() -> None:
    assert orjson.loads(encode(Value(MessageType.ANY, 1)))["type"] == "Any"

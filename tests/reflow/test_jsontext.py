from __future__ import annotations

import base64
import math
from collections import OrderedDict
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay_adapters.reflow.jsontext import HugeInteger, Misfit, check_json, loads, loads_from_guest, name_of

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


class Colour(IntEnum):
    RED = 1


def exact(value: object) -> object:
    """A form of the value in which 1, 1.0 and True, or 0.0 and -0.0, are not equal."""
    return repr(value)


@given(data=st.data())
def test_plain_values_come_back_from_json_exactly(plain_values: SearchStrategy[Any], data: st.DataObject) -> None:
    value = data.draw(plain_values)
    assert exact(loads(orjson.dumps(value))) == exact(value)


@given(number=st.integers(-(2**70), 2**70))
def test_integers_are_exact_to_64_bits_and_marked_beyond(number: int) -> None:
    read = loads(f'{{"n": [{number}]}}'.encode())["n"][0]
    if -(2**63) <= number <= 2**64 - 1:
        assert exact(read) == exact(number)
    else:
        assert isinstance(read, HugeInteger)
        assert read == float(number)


@pytest.mark.parametrize("text", ["18446744073709551616", "-9223372036854775809", "1" + "0" * 300, "-1" + "0" * 30])
def test_an_integer_beyond_64_bits_is_no_float(text: str) -> None:
    assert type(loads(text.encode())) is HugeInteger


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("18446744073709551615", 2**64 - 1),
        ("-9223372036854775808", -(2**63)),
        ("1764000000123456789", 1764000000123456789),
        ("0.12345678901234567890", 0.12345678901234567890),
        ("1e20", 1e20),
        ("-0.0", -0.0),
        ("-0", -0.0),
        ("[-0,-0.5]", [-0.0, -0.5]),
        ('"2024-01-01 -0 99999999999999999999999"', "2024-01-01 -0 99999999999999999999999"),
    ],
)
def test_numbers_that_look_odd_are_what_they_say(text: str, value: object) -> None:
    assert exact(loads(text.encode())) == exact(value)


@pytest.mark.parametrize(
    "text",
    [b"", b"NaN", b"[Infinity]", b"1e999", b"1" * 400, b"{", b'"\\ud800"', b"\xff", b"[1,]", b"[" * 5000 + b"]" * 5000],
)
def test_what_is_not_json_is_refused(text: bytes) -> None:
    with pytest.raises(Misfit, match="expected JSON"):
        loads(text)


def test_deep_json_with_long_numbers_is_refused_rather_than_fatal() -> None:
    with pytest.raises(Misfit, match=r"JSON|containers"):  # newer Pythons read deeper JSON, which is then too deep
        check_json(loads(b"[" * 1000 + b"99999999999999999999" + b"]" * 1000))


def test_a_guest_may_wrap_json_in_base64() -> None:
    assert loads_from_guest(orjson.dumps(base64.b64encode(b'{"a": 1}').decode())) == {"a": 1}
    assert loads_from_guest(b'{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("text", [b'"not base64!"', b'"abc"', b'""', orjson.dumps(base64.b64encode(b"{").decode())])
def test_text_that_wraps_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(Misfit):
        loads_from_guest(text)


@given(data=st.data())
def test_plain_values_pass_the_check(plain_values: SearchStrategy[Any], data: st.DataObject) -> None:
    value = data.draw(plain_values)
    check_json(value)
    assert orjson.loads(orjson.dumps(value)) == value


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (math.nan, ""),
        ({"a": [1, {"b": math.inf}]}, ".a[1].b"),
        ({"a": b"x"}, ".a"),
        ([2**64], "[0]"),
        ([-(2**63) - 1], "[0]"),
        ({"a": {1: 2}}, ".a"),
        ({"a": (1,)}, ".a"),
        ([Colour.RED], "[0]"),
        ([OrderedDict[str, int]()], "[0]"),
        ([HugeInteger("1e20")], "[0]"),
    ],
)
def test_what_json_can_not_hold_is_found_with_its_path(value: object, where: str) -> None:
    with pytest.raises(Misfit) as caught:
        check_json(value)
    assert caught.value.where == where


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_thirty_containers_nest_and_no_more() -> None:
    check_json(nested(30))
    with pytest.raises(Misfit, match="at most 30 containers"):
        check_json(nested(31))


def test_a_list_that_contains_itself_is_too_deep() -> None:
    twice: list[Any] = []
    twice += [twice, twice]
    with pytest.raises(Misfit, match="at most 30 containers"):
        check_json(twice)


def test_a_key_of_megabytes_is_neither_copied_for_each_value_nor_told_whole() -> None:
    with pytest.raises(Misfit) as caught:
        check_json({"k" * 2_000_000: [*[0] * 1_000_000, 2**70]})
    assert caught.value.where == f".{'k' * 196}..."


def test_names_of_values_tell_numbers_but_no_texts() -> None:
    secret: list[object] = ["secret", b"secret", {"k": "secret"}, ["secret"]]
    assert [name_of(value) for value in secret] == ["text", "6 bytes", "object", "array"]
    assert [name_of(value) for value in (None, True, 4, 4.5)] == ["null", "true", "integer 4", "number 4.5"]
    assert [name_of(value) for value in (math.nan, 10**5000, ())] == ["nan", "integer beyond 64 bits", "tuple"]

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay_conformance.extism.json_values import NotJson, difference, read_json, shown

_SCALARS: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
_VALUES: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcü", max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(_VALUES)
def test_a_value_is_the_same_as_what_is_read_of_its_text(value: object) -> None:
    assert difference(value, read_json(json.dumps(value).encode())) is None


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(NotJson):
        read_json(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b"NaN",
        b"[Infinity]",
        b"1e999",
        b'"\\ud83d"',
        b"[" * 100_000,
        b"1" * 5_000,
        b"{} {}",
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(NotJson):
        read_json(data)


@pytest.mark.parametrize(
    ("expected", "found", "told"),
    [
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, "a.b[1] is 3, not 2"),
        ({"a": 1}, {}, "a is missing"),
        ({}, {"a": 1, "b": 2}, "there is a, which should not be"),
        ([1, 2], [1], "the array has 1 entries, not 2"),
        (True, 1, "the value is 1, not true"),
        (0, False, "the value is false, not 0"),
        (None, {}, "the value is {}, not null"),
        ("1", 1, 'the value is 1, not "1"'),
        (2**53 + 1, 2.0**53, "the value is 9007199254740992.0, not 9007199254740993"),
        (0.1, 0.10000000000000002, "the value is 0.10000000000000002, not 0.1"),
        (1e300, 10**400, f"the value is {shown(10**400)}, not 1e+300"),
    ],
)
def test_a_difference_is_told_with_its_place(expected: object, found: object, told: str) -> None:
    assert difference(expected, found) == told


def test_numbers_of_the_same_value_are_the_same() -> None:
    assert difference([4, 4.0, 2.0, -(2**63)], [4.0, 4, 2, -(2.0**63)]) is None
    assert difference(1e300, 10**300) is None, "the digits name the float that is nearest"


def test_long_values_are_cut_where_they_are_shown() -> None:
    assert len(shown("x" * 10_000)) < 300

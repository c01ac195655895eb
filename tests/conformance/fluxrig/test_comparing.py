"""Comparing values with their types."""

from __future__ import annotations

import math

import pytest

from plugbay_conformance.fluxrig.comparing import first_difference, show


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (1, 1.0),
        (1, True),
        (0, False),
        ("a", b"a"),
        (None, False),
        ([], {}),
        (0.0, -0.0),
        (math.nan, 1.0),
        (1.0, math.nan),
        ([1, 2], [1, 2, 3]),
        ([1, 2], [2, 1]),
        ({"a": 1}, {}),
        ({}, {"a": 1}),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2.0}]}),
    ],
)
def test_values_that_differ_in_type_or_content_differ(expected: object, found: object) -> None:
    assert first_difference(expected, found, "data") is not None


@pytest.mark.parametrize(
    "value", [None, 0, -0.0, math.nan, math.inf, "", b"", [], {}, {"b": [1.5, None], "a": {"c": math.nan}}]
)
def test_a_value_is_the_same_as_itself(value: object) -> None:
    assert first_difference(value, value, "data") is None


def test_the_order_of_keys_does_not_count() -> None:
    assert first_difference({"a": 1, "b": 2}, {"b": 2, "a": 1}, "data") is None


def test_the_place_of_the_difference_is_named() -> None:
    difference = first_difference({"list": [1, {"deep": "x"}]}, {"list": [1, {"deep": b"x"}]}, "data")
    assert difference is not None
    assert difference.place == "data.list[1].deep"
    assert (difference.expected, difference.found) == ("text 'x'", "bytes h'78'")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (7, "integer 7"),
        (7.0, "float 7.0"),
        (b"\x00\xff", "bytes h'00ff'"),
        ("ä", "text 'ä'"),
        ([1], "list [1]"),
    ],
)
def test_values_are_shown_with_their_type(value: object, shown: str) -> None:
    assert show(value) == shown


def test_long_values_are_cut_and_counted() -> None:
    assert show(b"x" * 1000).endswith("(1000 bytes)")
    assert show("x" * 1000).endswith("(1000 characters)")
    assert (
        max(len(show(value)) for value in (b"x" * 1000, "x" * 1000, [1] * 1000, {str(n): n for n in range(500)})) < 220
    )

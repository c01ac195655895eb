"""How the input of a function is made."""

from __future__ import annotations

import json
import sys
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay_adapters.priostack.serving.inputs import input_of_body, input_of_url
from plugbay_adapters.priostack.serving.members import object_members
from plugbay_adapters.priostack.serving.refusal import RequestRefused

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["id", "part", "ü", 'a"b'])
spaces = st.text(" \t\n\r", max_size=2)


@given(values, spaces, spaces)
def test_without_parameters_the_body_is_untouched(value: object, before: str, behind: str) -> None:
    body = (before + json.dumps(value) + behind).encode()
    assert input_of_body(body, {}) is body


@given(st.dictionaries(names | texts, values, max_size=5), st.dictionaries(names, texts, min_size=1), st.booleans())
def test_parameters_win_over_members(body: dict[str, Any], parameters: dict[str, str], escaped: bool) -> None:
    made = input_of_body(json.dumps(body, indent=1, ensure_ascii=escaped).encode(), parameters)
    pairs = json.loads(made, object_pairs_hook=lambda found: found)
    assert len(pairs) == len({name for name, _ in pairs}), "no name stands there twice"
    assert json.loads(made) == {**body, **parameters}


def test_a_name_that_the_body_has_twice_is_dropped_twice() -> None:
    assert input_of_body(b'{"id":1,"a":2 , "id" :[{}]}', {"id": "7"}) == b'{"id":"7","a":2}'


def test_no_digit_is_lost() -> None:
    body = b'{"id":0,"big":123456789012345678901234567890,"exact":0.10000000000000000001}'
    assert input_of_body(body, {"id": "7"}) == body.replace(b'"id":0', b'"id":"7"')


def test_a_body_too_deep_to_be_walked_is_refused() -> None:
    body = b'{"id":0,"a":' + b"[" * 1000 + b"]" * 1000 + b"}"
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(900)
    try:
        with pytest.raises(RequestRefused, match="the body is nested too deeply"):
            input_of_body(body, {"id": "7"})
    finally:
        sys.setrecursionlimit(before)


@given(st.lists(st.tuples(names | texts, texts)), st.dictionaries(names, texts))
def test_a_query_becomes_an_object(pairs: list[tuple[str, str]], parameters: dict[str, str]) -> None:
    expected: dict[str, object] = {}
    for name in dict(pairs):
        found = [value for other, value in pairs if other == name]
        expected[name] = found if len(found) > 1 else found[0]
    assert json.loads(input_of_url(urlencode(pairs).encode(), parameters)) == {**expected, **parameters}


@pytest.mark.parametrize("query", [b"a=%ff", b"a=\xff", b"%c3=1"])
def test_a_query_in_another_encoding_is_refused(query: bytes) -> None:
    with pytest.raises(RequestRefused, match="the query is not UTF-8"):
        input_of_url(query, {})


def test_what_is_half_encoded_is_taken_as_it_stands() -> None:
    assert input_of_url(b"a=%&b&=1&&c=%zz", {}) == b'{"a":"%","b":"","":"1","c":"%zz"}'


@given(st.dictionaries(texts, values, max_size=5))
def test_members_are_found_as_they_are_spelled(value: dict[str, Any]) -> None:
    text = json.dumps(value, indent=2)
    found = list(object_members(text))
    assert [name for name, _ in found] == list(value)
    assert json.loads("{" + ",".join(member for _, member in found) + "}") == value

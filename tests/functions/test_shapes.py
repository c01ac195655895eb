from __future__ import annotations

from typing import Annotated, Any, Literal, NewType, Optional, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.functions.models import Color, Item, Plus, Point, Times, Tree

from plugbay.functions.mismatch import Mismatch
from plugbay.functions.shapes import reader_of

Name = NewType("Name", str)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Any, [1, None]),
        (object, "x"),
        (None, None),
        (str, "x"),
        (int, 2**80),
        (float, 1.5),
        (bool, True),
        (list, [1, "x"]),
        (dict, {"a": 1}),
        (list[Any], [1, "x"]),
        (list[int | None], [1, None]),
        (dict[str, list[int]], {"a": [1]}),
        (dict[Annotated[str, "a key"], int], {"a": 1}),
        (Annotated[Name, "a note"], "x"),
        (Optional[str], None),  # noqa: UP045 # the old spelling is another class
        (Union[int, str], "x"),  # noqa: UP007 # the same
        (int | list[str], ["x"]),
        (Literal["a", 1, None], None),
        (Point, {"x": 1, "y": 2}),
    ],
)
def test_values_that_fit_are_themselves(annotation: Any, value: object) -> None:
    assert reader_of(annotation)(value) == value


@pytest.mark.parametrize(
    ("annotation", "value", "problem"),
    [
        (None, 1, "an integer where null is expected"),
        (str, None, "null where a string is expected"),
        (int, True, "a boolean where an integer is expected"),
        (int, 1.0, "a number where an integer is expected"),
        (float, True, "a boolean where a number is expected"),
        (bool, 1, "an integer where a boolean is expected"),
        (list, {}, "an object where an array is expected"),
        (dict, [], "an array where an object is expected"),
        (dict[str, int], {"a": 1, "b": "x"}, "b: a string where an integer is expected"),
        (list[dict[str, list[int]]], [{}, {"a": [1, None]}], "[1].a[1]: null where an integer is expected"),
        (int | None, "x", "a string where an integer is expected"),
        (int | str, 1.5, "fits none of int, str"),
        (list[int] | str, [None], "fits none of list[int], str"),
        (Literal[1], True, "none of 1"),
        (Color, "blue", "none of 'red', 1"),
        (list[Item], [{"sku": "a"}], "[0].price: missing"),
        (dict[str, int], {"k" * 1000: "x"}, f"{'k' * 300}…"),
    ],
)
def test_values_that_do_not_fit_are_refused_at_their_place(annotation: Any, value: object, problem: str) -> None:
    with pytest.raises(Mismatch) as caught:
        reader_of(annotation)(value)
    assert str(caught.value) == problem


def test_an_integer_is_a_float_where_one_is_declared() -> None:
    read = reader_of(list[float])([4])
    assert read == [4.0]
    assert type(read[0]) is float


def test_enums_are_read_by_value() -> None:
    assert reader_of(list[Color])(["red", 1]) == [Color.RED, Color.ONE]


@given(st.integers(0, 50))
def test_types_may_contain_themselves(depth: int) -> None:
    value: dict[str, Any] = {"name": "0"}
    for level in range(depth):
        value = {"name": str(level + 1), "children": [value]}
    tree: Tree = reader_of(Tree)(value)
    for level in reversed(range(1, depth + 1)):
        assert tree.name == str(level)
        (tree,) = tree.children
    assert tree == Tree("0")


@pytest.mark.parametrize("annotation", [bytes, complex, set[str], tuple[int, int], dict[int, str], list[bytes], "str"])
def test_types_without_a_form_in_json_are_refused(annotation: Any) -> None:
    with pytest.raises(TypeError):
        reader_of(annotation)


@pytest.mark.parametrize("end", [1, "x"])
def test_unions_in_unions_are_read_once_however_deep_a_guest_nests_them(end: object) -> None:
    value: object = end
    for _ in range(60):  # reading each for both options would take 2**60 steps
        value = {"left": value, "sign": "*"}
    read = reader_of(Plus | Times)
    if end == 1:
        assert isinstance(read(value), Times)
    else:
        with pytest.raises(Mismatch, match="fits none of Plus, Times"):
            read(value)


def test_a_reader_of_unions_reads_each_value_anew() -> None:
    read = reader_of(list[int] | dict[str, int])
    assert [read([number]) for number in range(100)] == [[number] for number in range(100)]

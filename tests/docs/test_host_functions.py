"""The page on host functions tells the types in wasm, and how much may be left behind, as they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import pytest

from plugbay.functions import Json, Kind, host_function
from plugbay.functions.eventloop import BLOCKED_LOOPS
from plugbay.functions.workers import ABANDONED
from plugbay.module.info import FuncType

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.docs.conftest import Page

PAGE = "docs/host-functions.md"
NAMES = {"Annotated": Annotated, "Any": Any, "Json": Json, "Kind": Kind, "T": str}


def type_of(annotation: object) -> FuncType:
    """The type of a function that takes and returns it."""

    def function(value: Any) -> Any: ...

    function.__annotations__ = {"value": annotation, "return": annotation}
    return host_function(function).type


def test_each_annotation_has_the_type_of_the_page(page_at: Callable[[str], Page]) -> None:
    told: set[str] = set()
    for cell, wasm, _ in page_at(PAGE).rows("Types"):
        for text in re.findall(r"`([^`]+)`", cell):
            if text.startswith("->"):
                continue
            value = wasm.split("`")[1]
            assert str(type_of(eval(text, dict(NAMES)))) == f"({value}) -> ({value})", text
            told.add(text)
    assert {"bytes", "str", "int", "float", "bool", "Any", "Annotated[int, Kind.INT32]", "T | None"} <= told


@pytest.mark.parametrize(
    ("sentence", "number"), [("With {} loops blocked", BLOCKED_LOOPS), ("With {} calls of a function", ABANDONED)]
)
def test_what_may_be_left_behind_is_told(sentence: str, number: int, page_at: Callable[[str], Page]) -> None:
    assert sentence.format(number) in page_at(PAGE).text

"""The page on Reflow lists the twelve types, and how each travels in a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from plugbay import Message
from plugbay_adapters.reflow.metadata import ActorMetadata, Port
from plugbay_adapters.reflow.ports import TYPE_KEY, InputReader, to_message
from plugbay_adapters.reflow.values import MessageType, Value, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.docs.conftest import Page

PAGE = "docs/reflow.md"
# What the table has for "anything".
ANYTHING = {"a": [1]}
VALUES: dict[MessageType, Value] = {
    kind: Value(kind, data)
    for kind, data in {
        MessageType.FLOW: None,
        MessageType.EVENT: ANYTHING,
        MessageType.BOOLEAN: True,
        MessageType.INTEGER: 7,
        MessageType.FLOAT: 0.5,
        MessageType.STRING: "x",
        MessageType.OBJECT: {"a": 1},
        MessageType.ARRAY: [1, 2],
        MessageType.STREAM: b"hi",
        MessageType.OPTIONAL: ANYTHING,
        MessageType.ANY: ANYTHING,
        MessageType.ERROR: "no",
    }.items()
}


def rows(page: Page) -> dict[MessageType, list[str]]:
    return {MessageType(row[0].strip("`")): row[1:] for row in page.rows("The twelve types")}


def test_all_types_are_listed_in_order(page_at: Callable[[str], Page]) -> None:
    assert list(rows(page_at(PAGE))) == list(MessageType)


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_looks_in_json_as_the_page_says(kind: MessageType, page_at: Callable[[str], Page]) -> None:
    cell = rows(page_at(PAGE))[kind][0]
    data: Any = orjson.loads(encode(VALUES[kind]))["data"]
    told = ANYTHING if cell.startswith("anything") else orjson.loads(cell.split("`")[1])
    assert data == told


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_travels_in_a_message_as_the_page_says(kind: MessageType, page_at: Callable[[str], Page]) -> None:
    cells = rows(page_at(PAGE))[kind]
    message = to_message("out", VALUES[kind], Message.new())
    told = cells[1].split("`")[1].replace("…", repr(ANYTHING)).replace("null", "None").replace("true", "True")
    assert message.data == eval(told)
    assert (TYPE_KEY + "out" in message.meta) is (cells[2] != "no")


def test_an_empty_optional_and_an_object_of_one_key_are_the_exceptions_of_the_page() -> None:
    assert to_message("out", Value(MessageType.OPTIONAL), Message.new()).meta == {}
    assert TYPE_KEY + "out" in to_message("out", Value(MessageType.OBJECT, {"value": 1}), Message.new()).meta


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_comes_in_again_as_it_left(kind: MessageType) -> None:
    message = to_message("out", VALUES[kind], Message.new())
    reader = InputReader(ActorMetadata("C", inports=(Port("next", MessageType.ANY),)))
    assert reader.read(message, "next") == {"next": VALUES[kind]}


def test_a_flow_may_come_in_without_a_value() -> None:
    reader = InputReader(ActorMetadata("C", inports=(Port("tick", MessageType.FLOW),)))
    assert reader.read(Message.new(), "tick") == {"tick": Value(MessageType.FLOW)}

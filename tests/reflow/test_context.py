from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay.errors import InvalidMessage
from plugbay_adapters.reflow.context import ContextWriter
from plugbay_adapters.reflow.state import encode_state
from plugbay_adapters.reflow.values import MessageType, Value, decode

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def test_a_context_is_the_one_of_the_sheet() -> None:
    writer = ContextWriter("Counter", "n1", {"initial_value": 10})
    context = writer.write({"increment": Value(MessageType.FLOW)}, {"count": b"3"})
    assert context == (
        b'{"payload":{"increment":{"type":"Flow","data":null}},"config":{"node_id":"n1","component":"Counter",'
        b'"resolved_env":{},"config":{"initial_value":10},"namespace":null},"state":{"count":3}}'
    )


def test_nothing_to_say_is_a_context_too() -> None:
    assert orjson.loads(ContextWriter("C", "n", {}).write({}, {})) == {
        "payload": {},
        "config": {"node_id": "n", "component": "C", "resolved_env": {}, "config": {}, "namespace": None},
        "state": {},
    }


@given(data=st.data())
def test_payload_and_state_arrive_exactly(
    values: SearchStrategy[Value], plain_values: SearchStrategy[Any], data: st.DataObject
) -> None:
    names = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
    payload = data.draw(st.dictionaries(names, values, max_size=3))
    state = data.draw(st.dictionaries(names, plain_values, max_size=3))
    context = orjson.loads(ContextWriter('"', "\\", {}).write(payload, encode_state(state)))
    assert repr({port: decode(tagged) for port, tagged in context["payload"].items()}) == repr(payload)
    assert repr(context["state"]) == repr(state)


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"a": [math.nan]}, "port box.a[0]: expected finite number, found nan"),
        ({"a": b"12"}, "port box.a: expected null, boolean, number, text, array or object, found 2 bytes"),
        ({"a": "\ud800"}, "port box: expected valid Unicode"),
    ],
)
def test_what_json_can_not_hold_is_named_by_its_port(data: object, named: str) -> None:
    writer = ContextWriter("C", "n", {}, plugin="boxes")
    with pytest.raises(InvalidMessage) as caught:
        writer.write({"box": Value(MessageType.OBJECT, data)}, {})
    assert caught.value.reason.startswith(named)
    assert (caught.value.plugin, caught.value.function) == ("boxes", "box")

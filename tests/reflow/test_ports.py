from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay.errors import ConfigInvalid, InvalidMessage
from plugbay.message import EntityType, Message, new_id
from plugbay_adapters.reflow.context import ContextWriter
from plugbay_adapters.reflow.metadata import ActorMetadata, Port
from plugbay_adapters.reflow.ports import TYPE_KEY, InputReader, to_message
from plugbay_adapters.reflow.values import MessageType, Value

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

CAUSE = Message.new({"x": 1}, {"tenant": "a", "reflow.type.old": "Event"}, trace="t", src_id=new_id(EntityType.GEAR))
NAMES = st.sampled_from(["in", "value", "count", "a.b", "größe"])


def reader(*ports: Port) -> InputReader:
    return InputReader(ActorMetadata("Actor", inports=ports), plugin="actor")


def any_ports(*names: str, required: bool = False) -> InputReader:
    return reader(*(Port(name, MessageType.ANY, required=required) for name in names))


@given(data=st.data())
def test_a_value_goes_out_and_in_again_exactly(values: SearchStrategy[Value], data: st.DataObject) -> None:
    value = data.draw(values)
    outport, inport = data.draw(NAMES), data.draw(NAMES.filter(lambda name: name != "in"))
    declared = data.draw(st.sampled_from([value.type, MessageType.ANY]))
    message = Message.from_cbor(to_message(outport, value, CAUSE).to_cbor())
    assert repr(reader(Port(inport, declared)).read(message, inport)) == repr({inport: value})


@given(data=st.data())
def test_typed_values_feed_several_inports_exactly(values: SearchStrategy[Value], data: st.DataObject) -> None:
    payload = data.draw(st.dictionaries(NAMES, values, min_size=1, max_size=4))
    message = Message.new(
        {port: value.data for port, value in payload.items()},
        {TYPE_KEY + port: value.type.value for port, value in payload.items()},
    )
    ports = (Port(name, MessageType.STRING) for name in payload)
    assert repr(reader(*ports).read(Message.from_cbor(message.to_cbor()), "in")) == repr(payload)


@pytest.mark.parametrize(
    ("value", "data", "typed"),
    [
        (Value(MessageType.BOOLEAN, True), {"value": True}, False),
        (Value(MessageType.INTEGER, 4), {"value": 4}, False),
        (Value(MessageType.FLOAT, 4.0), {"value": 4.0}, False),
        (Value(MessageType.STRING, "a"), {"value": "a"}, False),
        (Value(MessageType.ARRAY, [1]), {"value": [1]}, False),
        (Value(MessageType.STREAM, b"a"), {"value": b"a"}, False),
        (Value(MessageType.OBJECT, {"a": 1}), {"a": 1}, False),
        (Value(MessageType.OBJECT, {}), {}, False),
        (Value(MessageType.OPTIONAL), {"value": None}, False),
        (Value(MessageType.OBJECT, {"value": 1}), {"value": 1}, True),
        (Value(MessageType.OPTIONAL, 4), {"value": 4}, True),
        (Value(MessageType.FLOW), {"value": None}, True),
        (Value(MessageType.EVENT, {"a": 1}), {"value": {"a": 1}}, True),
        (Value(MessageType.ANY, 4), {"value": 4}, True),
        (Value(MessageType.ERROR, "broken"), {"value": "broken"}, True),
    ],
)
def test_meta_names_the_type_only_where_the_kind_does_not(value: Value, data: dict[str, Any], typed: bool) -> None:
    message = to_message("out", value, CAUSE)
    assert message.data == data
    assert message.meta == {"tenant": "a"} | ({"reflow.type.out": value.type.value} if typed else {})


def test_a_message_that_leaves_refers_to_the_one_that_came() -> None:
    message = to_message("count", Value(MessageType.INTEGER, 4), CAUSE)
    assert (message.ref_id, message.trace, message.src_id) == (CAUSE.id, "t", CAUSE.src_id)
    assert message.id != CAUSE.id
    assert CAUSE.meta == {"tenant": "a", "reflow.type.old": "Event"}


@pytest.mark.parametrize(
    ("declared", "data", "value"),
    [
        (MessageType.FLOW, {}, Value(MessageType.FLOW)),
        (MessageType.FLOW, {"value": None}, Value(MessageType.FLOW)),
        (MessageType.INTEGER, {"value": 4}, Value(MessageType.INTEGER, 4)),
        (MessageType.INTEGER, {"value": 4.0}, Value(MessageType.INTEGER, 4)),
        (MessageType.FLOAT, {"value": 4}, Value(MessageType.FLOAT, 4.0)),
        (MessageType.STREAM, {"value": [0, 255]}, Value(MessageType.STREAM, b"\x00\xff")),
        (MessageType.OBJECT, {"value": 4}, Value(MessageType.OBJECT, {"value": 4})),
        (MessageType.ERROR, {"value": "broken"}, Value(MessageType.ERROR, "broken")),
        (MessageType.EVENT, {"a": 1, "b": 2}, Value(MessageType.EVENT, {"a": 1, "b": 2})),
        (MessageType.EVENT, {"value": 4}, Value(MessageType.EVENT, 4)),
        (MessageType.OPTIONAL, {"value": None}, Value(MessageType.OPTIONAL)),
        (MessageType.ANY, {"value": 4}, Value(MessageType.INTEGER, 4)),
        (MessageType.ANY, {"value": b"a"}, Value(MessageType.STREAM, b"a")),
        (MessageType.ANY, {"a": 1}, Value(MessageType.OBJECT, {"a": 1})),
    ],
)
def test_plain_data_takes_the_type_of_its_inport(declared: MessageType, data: dict[str, Any], value: Value) -> None:
    assert repr(reader(Port("p", declared)).read(Message.new(data), "p")) == repr({"p": value})


@pytest.mark.parametrize(
    ("declared", "data", "expected", "found"),
    [
        (MessageType.FLOW, {"value": 1}, "null", "integer 1"),
        (MessageType.INTEGER, {"value": "4"}, "integer from -2**63 to 2**63 - 1", "text"),
        (MessageType.INTEGER, {"value": 2**63}, "integer from -2**63 to 2**63 - 1", f"integer {2**63}"),
        (MessageType.INTEGER, {"value": True}, "integer from -2**63 to 2**63 - 1", "true"),
        (MessageType.INTEGER, {"amount": 4}, "integer from -2**63 to 2**63 - 1", "object"),
        (MessageType.FLOAT, {"value": 2**53 + 1}, "finite number that a float", "integer 9007199254740993"),
        (MessageType.FLOAT, {"value": math.nan}, "finite number", "nan"),
        (MessageType.STRING, {"value": b"a"}, "text", "1 bytes"),
        (MessageType.STREAM, {"value": [256]}, "bytes, or an array", "array"),
        (MessageType.ANY, {"value": 2**64 - 1}, "integer from -2**63 to 2**63 - 1", f"integer {2**64 - 1}"),
        (MessageType.ANY, {"value": math.inf}, "finite number", "inf"),
    ],
)
def test_a_value_that_does_not_fit_is_named(
    declared: MessageType, data: dict[str, Any], expected: str, found: str
) -> None:
    with pytest.raises(InvalidMessage, match="port p: expected") as caught:
        reader(Port("p", declared)).read(Message.new(data), "p")
    error = caught.value
    assert (error.plugin, error.function, error.found) == ("actor", "p", found)
    assert str(error.expected).startswith(expected)


def test_meta_wins_over_the_declared_type() -> None:
    message = Message.new({"value": 4}, {"reflow.type.p": "Any"})
    assert reader(Port("p", MessageType.STRING)).read(message, "p") == {"p": Value(MessageType.ANY, 4)}


def test_a_value_that_does_not_fit_the_type_in_meta_is_named() -> None:
    with pytest.raises(InvalidMessage, match="port p: expected text, found integer 4"):
        any_ports("p").read(Message.new({"value": 4}, {"reflow.type.p": "Error"}), "p")


def test_the_type_under_another_ports_name_counts_if_it_is_the_only_one() -> None:
    alone = Message.new({"value": 4}, {"reflow.type.out": "Optional", "tenant": "a"})
    assert any_ports("p").read(alone, "p") == {"p": Value(MessageType.OPTIONAL, 4)}
    several = Message.new({"value": 4}, {"reflow.type.out": "Optional", "reflow.type.more": "Any"})
    assert any_ports("p").read(several, "p") == {"p": Value(MessageType.INTEGER, 4)}


@pytest.mark.parametrize("key", ["reflow.type.p", "reflow.type.out"])
def test_an_unknown_type_in_meta_is_refused(key: str) -> None:
    with pytest.raises(InvalidMessage, match=rf"meta.{key}: expected one of Flow, .*, found 'Number'"):
        any_ports("p").read(Message.new({"value": 4}, {key: "Number"}), "p")


def test_on_in_each_key_that_names_an_inport_feeds_it() -> None:
    message = Message.new({"a": 1, "b": None, "other": 3}, {"reflow.type.b": "Flow"})
    assert any_ports("a", "b", "c").read(message, "in") == {
        "a": Value(MessageType.INTEGER, 1),
        "b": Value(MessageType.FLOW),
    }


def test_data_that_feeds_no_inport_is_refused_but_no_data_feeds_none() -> None:
    assert any_ports("a").read(Message.new({}), "in") == {}
    with pytest.raises(InvalidMessage, match=r"no key of data names an inport \(a\)"):
        any_ports("a").read(Message.new({"b": 1}), "in")


def test_a_source_without_inports_takes_any_message_on_in() -> None:
    assert reader().read(Message.new({"tick": 1}), "in") == {}


def test_an_inport_called_in_is_fed_unless_all_keys_name_inports() -> None:
    ports = any_ports("in", "mode")
    both = ports.read(Message.new({"in": 4, "mode": "fast"}), "in")
    assert both == {"in": Value(MessageType.INTEGER, 4), "mode": Value(MessageType.STRING, "fast")}
    assert ports.read(Message.new({"value": 4}), "in") == {"in": Value(MessageType.INTEGER, 4)}
    whole = {"mode": "fast", "amount": 4}
    assert ports.read(Message.new(whole), "in") == {"in": Value(MessageType.OBJECT, whole)}
    assert ports.read(Message.new({}), "in") == {"in": Value(MessageType.OBJECT, {})}


def test_required_inports_without_a_value_are_named() -> None:
    ports = any_ports("b", "a", required=True)
    with pytest.raises(InvalidMessage, match="required inports without a value: a, b"):
        ports.read(Message.new({}), "in")
    with pytest.raises(InvalidMessage, match="required inports without a value: b"):
        ports.read(Message.new({"value": 1}), "a")
    assert ports.read(Message.new({"a": 1, "b": 2}), "in").keys() == {"a", "b"}


def test_an_unknown_port_is_told_which_there_are() -> None:
    with pytest.raises(ConfigInvalid, match="no input port c") as caught:
        any_ports("a", "b").read(Message.new({}), "c")
    assert caught.value.expected == "in, a, b"


@pytest.mark.parametrize(
    "data", [{"a": b"bytes"}, {"a": [math.nan]}, {"a": "\ud800"}], ids=["bytes", "nan", "surrogate"]
)
def test_what_json_can_not_hold_stops_before_the_actor(data: dict[str, Any]) -> None:
    payload = any_ports("p").read(Message.new(data), "p")
    with pytest.raises(InvalidMessage, match="port p"):
        ContextWriter("Actor", "n", {}).write(payload, {})


@pytest.mark.parametrize(("port", "required"), [("in", False), ("p0", True), ("none", False)])
def test_a_thousand_long_names_of_ports_are_not_told_whole(port: str, required: bool) -> None:
    names = ["p0", *(f"p{number}{'x' * 250}" for number in range(1, 1000))]
    with pytest.raises((InvalidMessage, ConfigInvalid)) as caught:
        any_ports(*names, required=required).read(Message.new({"y": 1}), port)
    assert len(str(caught.value)) < 500

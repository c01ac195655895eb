"""A live actor: its ports, the values that go through it, what it sends, and its limits."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.reflow.conftest import ACTORS, DATA
from tests.reflow.machine import op
from tests.reflow.scripts import fails, returns, run, sends, told

from plugbay import Disposition, Host, Limits, Message, Permissions, Plugin
from plugbay.errors import (
    ConfigInvalid,
    InvalidMessage,
    OutputTooLarge,
    PermissionDenied,
    TooManyMessages,
)
from plugbay.message.identifier import EntityId
from plugbay_adapters.reflow.ports import to_message
from plugbay_adapters.reflow.values import MessageType, Value

if TYPE_CHECKING:
    from tests.reflow.conftest import Load

NOTHING: dict[str, Any] = {"outputs": {}}
ONE: dict[str, Any] = {"outputs": {"integer": {"type": "Integer", "data": 1}}}

wasmtime_only = pytest.mark.parametrize("engine", ["wasmtime"])


# ---- ports ----------------------------------------------------------------------------------------------------------


def test_a_port_is_fed_by_a_message_on_it(actor: Plugin) -> None:
    assert told(actor.process(Message.new({"value": "hello"}), "string")) == [("string", "hello")]
    assert told(actor.process(Message.new({"a": 1}), "object")) == [("object", {"a": 1})]
    assert told(actor.process(Message.new(), "flow")) == [("flow", None)]


def test_several_ports_are_fed_at_once(actor: Plugin) -> None:
    data = {"integer": 1, "string": "two", "nobody": 0, "array": [3]}
    assert told(actor.process(Message.new(data), "in")) == [("integer", 1), ("string", "two"), ("array", [3])]


def test_real_actors_take_several_ports_at_once(host: Host) -> None:
    counter = host.load(ACTORS / "counter-rust.wasm", config={"initial_value": 10})
    assert told(counter.process(Message.new({"add": 5, "decrement": None, "increment": None}), "in")) == [("count", 15)]
    assert told(counter.process(Message.new({"value": 2**62}), "add")) == [("count", 2**62 + 15)]


def test_a_port_that_there_is_not_is_the_callers_mistake(actor: Plugin) -> None:
    with pytest.raises(ConfigInvalid, match="no input port nowhere") as caught:
        actor.process(Message.new(), "nowhere")
    assert caught.value.plugin == "actor"
    assert told(actor.process(Message.new({"value": 1}), "integer")) == [("integer", 1)]


@pytest.mark.parametrize(
    ("data", "port"),
    [({"value": "x"}, "integer"), ({"value": 2**63}, "integer"), ({"a": 1, "b": 2}, "flow"), ({"nobody": 1}, "in")],
)
def test_a_value_that_fits_no_port_is_an_invalid_message(actor: Plugin, data: dict[str, Any], port: str) -> None:
    outcome = actor.process(Message.new(data), port)
    assert isinstance(outcome.error, InvalidMessage)
    assert (outcome.disposition, outcome.error.plugin, outcome.messages) == (Disposition.ERROR, "actor", ())


def test_required_ports_must_be_fed(load: Load) -> None:
    inports = [{"name": name, "port_type": "Any", "required": name != "c"} for name in "abc"]
    actor = load({"component": "A", "inports": inports, "outports": inports})
    outcome = actor.process(Message.new({"c": 1, "a": 2}), "in")
    assert isinstance(outcome.error, InvalidMessage)
    assert outcome.error.function == "b"
    assert told(actor.process(Message.new({"b": 1, "a": 2}), "in")) == [("b", 1), ("a", 2)]


# ---- values ---------------------------------------------------------------------------------------------------------


VALUES: list[tuple[str, Any]] = [
    *(("Integer", number) for number in (0, -1, 2**53 + 1, 2**63 - 1, -(2**63))),
    *(("Float", number) for number in (-0.0, 0.1, 1e308, -5e-324, 2.0**63, 3.0)),
    *(("Any", number) for number in (2**64 - 1, -0.0, None, True)),
    ("Flow", None),
    ("Boolean", False),
    ("String", 'line\n"quoted" \\ \u2028 \U0001f600 \x00'),
    ("Error", "it broke"),
    ("Object", {"value": {"deep": [{"": None}], "}": "{"}}),
    ("Array", [[[-0.0, 2**64 - 1, "x"]], {}]),
    ("Stream", bytes(range(256))),
    ("Optional", {"some": 1}),
    ("Event", [1, {"two": 2.5}]),
]


@pytest.mark.parametrize(("kind", "data"), VALUES)
def test_a_value_goes_through_an_actor_exactly(actor: Plugin, kind: str, data: Any) -> None:
    port = kind.lower()
    sent = to_message(port, Value(MessageType(kind), data), Message.new())
    ((came_out, message),) = actor.process(sent, port).raise_for_error().messages
    assert (came_out, repr(message.data), message.meta) == (port, repr(sent.data), sent.meta)


@given(st.data())
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # an echo keeps nothing
)
def test_any_values_go_through_an_actor_exactly(actor: Plugin, data: st.DataObject) -> None:
    for kind in MessageType:
        port = kind.lower()
        sent = to_message(port, Value(kind, data.draw(DATA[kind], label=kind)), Message.new())
        ((_, message),) = actor.process(sent, port).raise_for_error().messages
        assert (repr(message.data), message.meta) == (repr(sent.data), sent.meta)


def test_a_result_may_be_base64(actor: Plugin) -> None:
    wrapped = json.dumps(base64.b64encode(json.dumps(ONE).encode()).decode()).encode()
    assert told(run(actor, returns(wrapped))) == [("integer", 1)]


def test_a_message_that_comes_out_tells_where_it_came_from(actor: Plugin) -> None:
    source = EntityId(b"\x05" * 16)
    cause = Message.new({"value": 1}, {"tenant": "a"}, trace="4bf92f", src_id=source)
    ((_, message),) = actor.process(cause, "integer").messages
    assert (message.ref_id, message.trace, message.src_id) == (cause.id, "4bf92f", source)
    assert message.meta == {"tenant": "a"}


# ---- what is sent ---------------------------------------------------------------------------------------------------


def test_sent_messages_come_before_returned_ones_in_order(actor: Plugin) -> None:
    outcome = run(actor, sends({"b": 1, "a": None}), sends({}), sends({"b": [2.5]}), returns(ONE))
    assert told(outcome) == [("b", 1), ("a", None), ("b", [2.5]), ("integer", 1)]
    kinds = [message.meta for _, message in outcome.messages]
    assert kinds == [{}, {}, {}, {}]


def test_an_actor_may_answer_nothing(actor: Plugin) -> None:
    outcome = run(actor, returns(NOTHING))
    assert (outcome.disposition, outcome.messages, outcome.error) == (Disposition.DROP, (), None)


@pytest.mark.parametrize("end", [fails("no"), op("trap"), returns(b"{"), op("give_back", 1)])
def test_a_message_that_fails_has_sent_nothing(actor: Plugin, end: bytes) -> None:
    outcome = run(actor, sends({"a": 1}), end)
    assert outcome.error is not None
    assert outcome.messages == ()
    assert told(run(actor, sends({"a": 2}), returns(NOTHING))) == [("a", 2)]


@pytest.mark.parametrize(
    "operations",
    [
        [sends({"a": 1, "b": 2, "c": 3}), returns(NOTHING)],
        [sends({"a": 1, "b": 2}), returns(ONE)],
        [returns({"outputs": {kind: {"type": "Any", "data": 1} for kind in ("any", "array", "event")}})],
    ],
)
def test_messages_are_counted_sent_and_returned_together(load: Load, operations: list[bytes]) -> None:
    actor = load(limits=Limits(messages_out=2))
    error = run(actor, *operations).error
    assert isinstance(error, TooManyMessages)
    assert (error.limit, error.expected) == ("messages_out", 2)
    assert told(run(actor, sends({"a": 1}), returns(ONE))) == [("a", 1), ("integer", 1)]


@pytest.mark.parametrize("operations", [[sends({"a": "x" * 1000})] * 2, [sends({"a": "x" * 1950}), returns(ONE)]])
def test_bytes_are_counted_sent_and_returned_together(load: Load, operations: list[bytes]) -> None:
    actor = load(limits=Limits(output_bytes=2000))
    error = run(actor, *operations).error
    assert isinstance(error, OutputTooLarge)
    assert (error.limit, error.expected) == ("output_bytes", 2000)
    assert told(run(actor, sends({"a": 1}), returns(ONE))) == [("a", 1), ("integer", 1)]


def test_an_actor_without_the_permission_sends_nothing_but_returns(load: Load) -> None:
    actor = load(permissions=Permissions(outputs=False))
    error = run(actor, sends({"a": 1}), returns(ONE)).error
    assert isinstance(error, PermissionDenied)
    assert told(run(actor, returns(ONE))) == [("integer", 1)]


@wasmtime_only
def test_log_lines_come_with_the_outcome_also_of_one_that_fails(actor: Plugin) -> None:
    line = op("text", 0, b"so far") + op("log_info", 0)
    for end in (returns(NOTHING), op("trap"), fails("no"), returns(b"")):
        assert [record.text for record in run(actor, line, end).logs] == ["so far"]


@wasmtime_only
def test_fuel_is_told_when_it_is_metered(load: Load) -> None:
    fuel = run(load(limits=Limits(fuel=10_000_000)), returns(NOTHING)).fuel
    assert fuel is not None
    assert 0 < fuel < 10_000_000

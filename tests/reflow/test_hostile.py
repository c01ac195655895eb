"""Actors that break the protocol: each costs its own message, no other and no state."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.reflow.machine import ASK, op, scripted_actor
from tests.reflow.scripts import returns, run, sends, sets, told

from plugbay import Host, Limits, Message, Permissions, Plugin
from plugbay.errors import (
    BadHostCall,
    CallError,
    DeadlineExceeded,
    GuestTrap,
    HostFunctionFailed,
    InputTooLarge,
    InvalidHandle,
    InvalidOutput,
    LimitExceeded,
    OutputTooLarge,
    PlugbayError,
    TooManyMessages,
)
from plugbay.functions import host_function
from plugbay.state import MemoryStore

if TYPE_CHECKING:
    from tests.reflow.conftest import Load

    from plugbay.state import Versioned

Strike = Callable[..., PlugbayError]
NOTHING = returns({"outputs": {}})
BEFORE = {"kept": b'{"a":1}'}


def strike_at(host: Host, actor: Plugin, *operations: bytes) -> PlugbayError:
    """The error of a script that fails, after which the actor must serve and have the state that it had."""
    assert run(actor, sets("kept", {"a": 1}), NOTHING).error is None
    outcome = run(actor, sets("kept", {"a": 2}), sends({"lost": 1}), *operations)
    assert outcome.error is not None
    assert (outcome.messages, outcome.state_change, outcome.error.plugin) == ((), None, actor.name)
    assert told(actor.process(Message.new({"value": "still here"}), "string")) == [("string", "still here")]
    assert {key: found.value for key, found in host.state.snapshot(actor.name).items()} == BEFORE
    return outcome.error


@pytest.fixture
def strike(host: Host, actor: Plugin) -> Strike:
    """:func:`strike_at` the actor."""
    return lambda *operations: strike_at(host, actor, *operations)


# ---- results --------------------------------------------------------------------------------------------------------


def tagged(kind: str, data: bytes) -> bytes:
    """The result with one value on the port of its type."""
    return b'{"outputs":{"%b":{"type":"%b","data":%b}}}' % (kind.lower().encode(), kind.encode(), data)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (b"", "result"),
        (b" ", "result"),
        (b"{", "result"),
        (b"\xff", "result"),
        (b"null", "result"),
        (b'"not base64!"', "result"),
        (b'"bnVsbA=="', "result"),
        (b"{}", "outputs"),
        (b'{"outputs":null}', "outputs"),
        (b'{"outputs":[]}', "outputs"),
        (b'{"outputs":{"integer":7}}', "outputs.integer"),
        (b'{"outputs":{"integer":{"data":7}}}', "outputs.integer.type"),
        (b'{"outputs":{"integer":{"type":"Number","data":7}}}', "outputs.integer.type"),
        (b'{"outputs":{"integer":{"type":7,"data":7}}}', "outputs.integer.type"),
        (b'{"outputs":{"nowhere":{"type":"Flow"}}}', "outputs.nowhere"),
        (b'{"outputs":{},"state":[]}', "state"),
        (b'{"outputs":{},"state":{"n":%d}}' % 2**64, "state.n"),
        (tagged("Flow", b"0"), "outputs.flow.data"),
        (tagged("Boolean", b"1"), "outputs.boolean.data"),
        (tagged("Integer", b"%d" % 2**63), "outputs.integer.data"),
        (tagged("Integer", b"-%d" % (2**63 + 1)), "outputs.integer.data"),
        (tagged("Integer", b"1.5"), "outputs.integer.data"),
        (tagged("Integer", b"null"), "outputs.integer.data"),
        (tagged("Float", b'"1"'), "outputs.float.data"),
        (tagged("Float", b"1e999"), "result"),
        (tagged("String", b"{}"), "outputs.string.data"),
        (tagged("String", b'"\\ud800"'), "result"),
        (tagged("Object", b"[]"), "outputs.object.data"),
        (tagged("Array", b"{}"), "outputs.array.data"),
        (tagged("Stream", b"[256]"), "outputs.stream.data"),
        (tagged("Stream", b"[-1]"), "outputs.stream.data"),
        (tagged("Stream", b"[1.5]"), "outputs.stream.data"),
        (tagged("Error", b"null"), "outputs.error.data"),
        (tagged("Any", b"[" * 31 + b"]" * 31), "outputs.any.data"),
        (tagged("Any", b"[%d]" % 2**64), "outputs.any.data"),
    ],
)
def test_a_result_that_is_none_is_invalid_output_that_names_the_field(strike: Strike, text: bytes, field: str) -> None:
    error = strike(returns(text))
    assert type(error) is InvalidOutput
    assert error.function is not None
    assert error.function.startswith(field)
    assert error.reason.startswith(field)


@pytest.mark.parametrize("byte", b'[{"0 ')
def test_four_mebibytes_of_one_character_are_no_result(strike: Strike, byte: int) -> None:
    assert type(strike(op("filled", 0, 4 * 2**20, byte), op("output", 0))) in (InvalidOutput, OutputTooLarge)


def test_a_result_over_its_limit_is_not_read(strike: Strike) -> None:
    error = strike(op("filled", 0, 4 * 2**20 + 1, 32), op("output", 0))
    assert type(error) is OutputTooLarge
    assert error.limit == "output_bytes"


# ---- what is sent and kept ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (b"{", "__send_output"),
        (b"[1]", "__send_output"),
        (b'"e30="', "__send_output"),
        (b'{"":1}', "__send_output"),
        (b'{"a\\nb":1}', "__send_output"),
        (b'{"%b":1}' % (b"x" * 257), "__send_output"),
        (b'{"a":%d}' % 2**63, "__send_output.a"),
        (b'{"a":%b1%b}' % (b"[" * 31, b"]" * 31), "__send_output.a"),
    ],
)
def test_what_is_no_output_can_not_be_sent(strike: Strike, text: bytes, field: str) -> None:
    error = strike(op("text", 0, text), op("send", 0), NOTHING)
    assert type(error) is InvalidOutput
    assert error.function is not None
    assert error.function.startswith(field)


def test_a_flood_of_messages_is_stopped(strike: Strike) -> None:
    error = strike(op("text", 0, b'{"a":1}'), op("send_times", 0, 1_000_000), NOTHING)
    assert type(error) is TooManyMessages


def test_a_flood_of_empty_messages_is_stopped(strike: Strike) -> None:
    assert isinstance(strike(op("text", 0, b"{}"), op("send_times", 0, 2**31), NOTHING), LimitExceeded)


def test_a_flood_of_bytes_is_stopped(strike: Strike) -> None:
    large = b'{"a":"%b"}' % (b"x" * 50_000)
    error = strike(op("text", 0, large), op("send_times", 0, 100), NOTHING)
    assert type(error) is OutputTooLarge


@pytest.mark.parametrize("value", [b"{", b"nan", b"\xff", b"%d" % 2**64, b"[" * 300 + b"]" * 300])
def test_a_state_that_is_no_json_is_named_by_its_key(strike: Strike, value: bytes) -> None:
    error = strike(sets("counter", value), NOTHING)
    assert type(error) is InvalidOutput
    assert error.function == "state.counter"


NOT_LIVE = {
    "far away": op("number", 9, 2**40),
    "all ones": op("number", 9, -1),
    "in the middle of a block": op("text", 10, b"long enough") + op("add", 9, 10, 1),
    "freed": op("text", 9, b"key") + op("free", 9),
}
CALLS = {
    "get_state": op("state", 7, 9),
    "set_state, key": op("set_state", 9, 8),
    "set_state, value": op("set_state", 8, 9),
    "send_output": op("send", 9),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("handle", NOT_LIVE.values(), ids=NOT_LIVE)
def test_a_handle_that_is_not_live_is_refused(strike: Strike, handle: bytes, call: bytes) -> None:
    assert type(strike(op("text", 8, b"1") + handle + call)) is InvalidHandle


@pytest.mark.parametrize("call", ["set_state, value", "send_output"])
def test_a_null_handle_is_no_json(strike: Strike, call: str) -> None:
    assert type(strike(op("text", 8, b"1") + op("number", 9, 0) + CALLS[call])) is InvalidOutput


def test_a_key_that_is_no_text_is_refused(strike: Strike) -> None:
    assert type(strike(op("text", 0, b"\xff"), op("state", 1, 0))) is BadHostCall


# ---- limits ---------------------------------------------------------------------------------------------------------


def test_memory_has_its_limit(load: Load, host: Host) -> None:
    actor = load(limits=Limits(memory_pages=20))
    assert run(actor, op("grow", 3), NOTHING).error is None
    assert isinstance(strike_at(host, actor, op("grow", 100)), CallError)


def test_extisms_memory_has_its_limit(strike: Strike) -> None:
    endless = b"".join(op("filled", register, 16 * 2**20, 1) + op("load_u8", register) for register in range(5))
    error = strike(endless, op("set_state", 4, 4))
    assert isinstance(error, CallError | BadHostCall)


def test_a_state_that_no_longer_fits_into_an_input_is_named(load: Load) -> None:
    actor = load(limits=Limits(input_bytes=2000))
    assert (
        run(actor, op("filled", 0, 2000, 48 + 1), op("text", 1, b"k"), op("set_state", 1, 0), NOTHING).error is not None
    )
    assert run(actor, sets("k", "x" * 100), NOTHING).error is None
    error = actor.process(Message.new({"value": "x" * 1900}), "string").error
    assert isinstance(error, InputTooLarge)
    assert error.limit == "input_bytes"
    assert told(actor.process(Message.new({"value": "x"}), "string")) == [("string", "x")]


@pytest.fixture
def asking(engine: str) -> Iterator[Callable[..., tuple[Host, Plugin]]]:
    """Loads an actor whose operation ``ask`` calls a function of ours."""
    hosts: list[Host] = []

    def load(body: Callable[[], None], *, threaded: bool = False) -> tuple[Host, Plugin]:
        ask = host_function(name="ask", threaded=threaded)(body)
        granted = Permissions(state=True, functions=("ask",))
        hosts.append(Host(engine=engine, permissions=granted, functions=[ask]))
        return hosts[-1], hosts[-1].load(scripted_actor(ask=ASK), name="actor", limits=Limits(deadline=0.3))

    yield load
    for host in hosts:
        host.close()


@pytest.mark.parametrize("threaded", [False, True])
def test_a_deadline_holds_over_a_host_function(asking: Callable[..., Any], threaded: bool) -> None:
    def slow() -> None:
        time.sleep(0.5)

    host, actor = asking(slow, threaded=threaded)
    assert type(strike_at(host, actor, op("ask"), NOTHING)) is DeadlineExceeded


class SlowStore(MemoryStore):
    """A store that takes longer than a message may."""

    def get(self, namespace: str, key: str) -> Versioned | None:
        time.sleep(0.5)
        return super().get(namespace, key)


def test_a_deadline_holds_over_a_store_whose_answer_comes_too_late(engine: str) -> None:
    granted = Permissions(state=True)
    with Host(engine=engine, permissions=granted, state=SlowStore()) as host:
        actor = host.load(scripted_actor(), name="actor", limits=Limits(deadline=0.3))
        with pytest.raises(DeadlineExceeded):
            actor.call("run", op("text", 0, b"k") + op("state", 1, 0))
        assert actor.call("run", returns(b"fine")) == b"fine"


def test_a_host_function_that_raises_fails_the_message_alone(asking: Callable[..., Any]) -> None:
    def broken() -> None:
        raise ZeroDivisionError("by zero")

    error = strike_at(*asking(broken), op("ask"), NOTHING)
    assert type(error) is HostFunctionFailed
    assert "ZeroDivisionError" in error.traceback


def test_a_guest_that_goes_on_after_a_refusal_is_stopped_by_it(strike: Strike) -> None:
    error = strike(op("number", 9, 0), op("send", 9), op("trap"))
    assert not isinstance(error, GuestTrap)

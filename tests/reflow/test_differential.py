"""Both engines do the same with actors: generated messages, equal outcomes, equal state."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reflow.conftest import ACTORS, ENGINES, FLOATS, INT64, PLAIN, TEXT
from tests.reflow.machine import op, scripted_actor
from tests.reflow.scripts import fails, returns, script, sends, sets

from plugbay import Host, Message, Permissions, Plugin
from plugbay.errors import CallError, InvalidHandle, PlugbayError

if TYPE_CHECKING:
    from plugbay import Outcome

DIFFERENCES: Final = {
    "log lines": "libextism has one log for the process, so they are lost",
    "the text of InvalidHandle": "the kernel has 32 bits to say which handle, libextism's side knows the function",
    "an alloc that the memory has no room for": "0 on wasmtime, as the ABI has it; the end of the call on libextism",
    "seconds and fuel": "libextism's package meters no fuel",
}
"""What of an outcome is not compared, and why."""
CONFIGS: Final[dict[str, dict[str, Any]]] = {
    "counter": {"initial_value": -7, "step": 3},
    "async-output": {"chunk": 2, "limit": 50},
}
Both = Callable[[str], dict[str, tuple[Host, Plugin]]]


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    """One actor on each engine, each with a store of its own that is empty."""
    loaded: dict[str, dict[str, tuple[Host, Plugin]]] = {}

    def load(name: str) -> dict[str, tuple[Host, Plugin]]:
        if name not in loaded:
            source = scripted_actor() if name == "scripted" else ACTORS / f"{name}.wasm"
            config = CONFIGS.get(name.rpartition("-")[0])
            hosts = {engine: Host(engine=engine, permissions=Permissions(state=True)) for engine in ENGINES}
            loaded[name] = {
                engine: (host, host.load(source, name="actor", config=config)) for engine, host in hosts.items()
            }
        for host, _ in loaded[name].values():
            host.state.commit("actor", {}, dict.fromkeys(host.state.snapshot("actor")), quota_bytes=0)
        return loaded[name]

    yield load
    for engines in loaded.values():
        for host, _ in engines.values():
            host.close()


def compared(outcome: Outcome) -> dict[str, Any]:
    """What must be equal of an outcome; :data:`DIFFERENCES` says what need not be."""
    error = outcome.error
    return {
        "disposition": outcome.disposition,
        "messages": [(port, repr(message.data), dict(message.meta)) for port, message in outcome.messages],
        "state_change": outcome.state_change,
        "error": error and facts(error),
    }


def facts(error: PlugbayError) -> tuple[object, ...]:
    """What must be equal of an error."""
    if isinstance(error, InvalidHandle):
        return (InvalidHandle,)
    return type(error), error.reason, error.function, error.limit


def all_that_comes(host: Host, actor: Plugin, messages: list[tuple[Message, str]]) -> list[object]:
    """The outcomes of messages, in order, and the state at the end."""
    outcomes = [compared(actor.process(message, port)) for message, port in messages]
    return [*outcomes, {key: found.value for key, found in host.state.snapshot("actor").items()}]


def raw(actor: Plugin, payload: bytes) -> object:
    """What comes of a raw call."""
    try:
        return actor.call("run", payload)
    except CallError as error:
        return facts(error)


def assert_same(engines: dict[str, tuple[Host, Plugin]], messages: list[tuple[Message, str]]) -> None:
    one, other = (all_that_comes(host, actor, messages) for host, actor in engines.values())
    assert one == other


NUMBERS = INT64 | st.integers(-1000, 1000) | FLOATS | st.integers(2**63, 2**70)
COUNTS = st.fixed_dictionaries(
    {},
    optional={"add": NUMBERS | TEXT, "increment": st.none(), "decrement": st.none() | st.just(1), "reset": st.none()},
)
COUNTER_MESSAGES = st.tuples(COUNTS.map(Message.new), st.just("in")) | st.tuples(
    NUMBERS.map(lambda number: Message.new({"value": number})), st.sampled_from(["add", "increment"])
)
READINGS = st.lists(st.integers(-100, 100) | NUMBERS | TEXT | st.none() | PLAIN, max_size=6)
ASYNC_MESSAGES = st.tuples(READINGS.map(lambda readings: Message.new({"value": readings})), st.just("in")) | st.tuples(
    st.lists(st.integers(-100, 100), max_size=9).map(lambda many: Message.new({"in": many})), st.just("in")
)


@pytest.mark.parametrize("language", ["rust", "go"])
@given(messages=st.lists(COUNTER_MESSAGES, max_size=6))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_counters_do_the_same(both: Both, language: str, messages: list[tuple[Message, str]]) -> None:
    assert_same(both(f"counter-{language}"), messages)


@pytest.mark.parametrize("language", ["rust", "go"])
@given(messages=st.lists(ASYNC_MESSAGES, max_size=4))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_actors_that_send_meanwhile_do_the_same(both: Both, language: str, messages: list[tuple[Message, str]]) -> None:
    assert_same(both(f"async-output-{language}"), messages)


VALUES = st.dictionaries(TEXT, PLAIN, max_size=2)
KEYS = st.sampled_from(["a", "b", "ü"])
ENDS = st.one_of(
    st.just(returns({"outputs": {}})),
    VALUES.map(lambda state: returns({"outputs": {}, "state": state})),
    PLAIN.map(lambda value: returns({"outputs": {"any": {"type": "Any", "data": value}}})),
    st.binary(max_size=20).map(returns),
    st.sampled_from([op("trap"), op("give_back", 7), op("recurse"), b"", fails("no")]),
)
OPERATIONS = st.one_of(
    st.builds(sets, KEYS, PLAIN),
    st.builds(sets, KEYS, st.binary(min_size=1, max_size=8)),
    VALUES.map(sends),
    st.binary(min_size=1, max_size=8).map(sends),
    KEYS.map(lambda key: op("text", 0, key.encode()) + op("state", 1, 0) + op("show", 1)),
    KEYS.map(lambda key: op("text", 0, key.encode()) + op("state", 1, 0) + op("text", 2, b"n") + op("set_state", 2, 1)),
    st.sampled_from([0, -1, 2**40]).map(lambda handle: op("number", 0, handle) + op("send", 0)),
    st.just(op("input", 0) + op("send", 0)),
)
SCRIPTS = st.tuples(st.lists(OPERATIONS, max_size=4), ENDS).map(lambda parts: (script(*parts[0], parts[1]), "script"))


@given(messages=st.lists(SCRIPTS, min_size=1, max_size=4))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_scripts_do_the_same(both: Both, messages: list[tuple[Message, str]]) -> None:
    assert_same(both("scripted"), messages)


@given(payloads=st.lists(OPERATIONS, min_size=1, max_size=4))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_raw_calls_do_the_same(both: Both, payloads: list[bytes]) -> None:
    ends: list[object] = []
    for host, actor in both("scripted").values():
        outputs = [raw(actor, payload + op("answer_notes")) for payload in payloads]
        ends.append((outputs, {key: found.value for key, found in host.state.snapshot("actor").items()}))
    assert ends[0] == ends[1]


@pytest.mark.parametrize("name", ["counter-rust", "counter-go"])
@given(config=st.dictionaries(st.sampled_from(["initial_value", "step", "other"]), NUMBERS | TEXT, max_size=3))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_an_actor_judges_a_config_the_same(both: Both, name: str, config: dict[str, Any]) -> None:
    one, other = (actor.call("validate_config", json.dumps(config).encode()) for _, actor in both(name).values())
    assert one == other
    assert one in (b"true", b"false")

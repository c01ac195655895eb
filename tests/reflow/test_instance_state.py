"""An actor's state: it changes with the message that succeeds, and with no other."""

from __future__ import annotations

import struct
import subprocess
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from tests.reflow.conftest import ACTORS, ENGINES
from tests.reflow.machine import ASK, op, scripted_actor
from tests.reflow.scripts import fails, returns, run, script, sends, sets, told

from plugbay import Host, Limits, Message, Permissions, Plugin
from plugbay.errors import (
    BatchError,
    ConfigInvalid,
    PermissionDenied,
    StateConflict,
    StateQuotaExceeded,
)
from plugbay.functions import host_function

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reflow.conftest import Load


NOTHING = returns({"outputs": {}})
SEND_CONTEXT = op("input", 0) + op("send", 0) + NOTHING

WORKER = """
import sys
from plugbay import Host, Message, Permissions
granted = Permissions(state=True)
with Host(state="sqlite:" + sys.argv[1], engine=sys.argv[2], permissions=granted) as host:
    actor = host.load(sys.argv[3], name="actor")
    while True:
        outcome = actor.process(Message.new({"value": [1, 2, 3]}), "in").raise_for_error()
        print(outcome.messages[-1][1].data["seen"], flush=True)
"""


def state_of(host: Host, name: str = "actor") -> dict[str, Any]:
    """What the store holds for an actor."""
    return {key: orjson.loads(found.value) for key, found in host.state.snapshot(name).items()}


def seen_by(actor: Plugin) -> dict[str, Any]:
    """The state that the actor's context holds."""
    seen: dict[str, Any] = dict(told(run(actor, SEND_CONTEXT)))["state"]
    return seen


def result(state: object) -> bytes:
    return returns({"outputs": {}, "state": state})


def test_what_an_actor_returns_is_its_state_the_next_time(actor: Plugin, host: Host) -> None:
    state = {"count": 2**63 - 1, "deep": {"a": [1, -0.0, None]}, "": "no name"}
    change = run(actor, result(state)).state_change
    assert change is not None
    assert (change.written, change.deleted) == (frozenset(state), frozenset())
    assert (repr(seen_by(actor)), state_of(host)) == (repr(state), state)


@pytest.mark.parametrize("unchanged", [{"outputs": {}, "state": None}, {"outputs": {}}])
def test_a_state_that_is_not_returned_stays(actor: Plugin, host: Host, unchanged: object) -> None:
    run(actor, result({"a": 1}))
    assert run(actor, returns(unchanged)).state_change is None
    assert state_of(host) == {"a": 1}


def test_a_returned_state_is_the_whole_state(actor: Plugin, host: Host) -> None:
    run(actor, result({"a": 1, "b": 2, "c": 3}))
    change = run(actor, sets("set", 1), result({"b": 2, "c": 4})).state_change
    assert change is not None
    assert (change.written, change.deleted) == (frozenset({"c"}), frozenset({"a"}))
    assert state_of(host) == {"b": 2, "c": 4}
    run(actor, result({}))
    assert state_of(host) == {}


def test_an_actor_sees_what_it_set(actor: Plugin, host: Host) -> None:
    outcome = run(actor, sets("k", {"x": 1}), op("text", 0, b"k"), op("state", 1, 0), op("send", 1), NOTHING)
    assert told(outcome) == [("x", 1)]
    assert seen_by(actor) == state_of(host) == {"k": {"x": 1}}


@pytest.mark.parametrize("value", [b" 7 ", b"2.50", b'"\\u00fc"', b"-0", b"[18446744073709551615]", b"null", b"false"])
def test_a_value_that_was_set_comes_back_equal(actor: Plugin, value: bytes) -> None:
    run(actor, sets("k", value), NOTHING)
    reply = actor.call("run", op("text", 0, b"k") + op("state", 1, 0) + op("show", 1) + op("answer_notes"))
    is_null, size = struct.unpack("<QQ", reply[:16])
    assert (is_null, size) == (0, len(reply) - 16)
    assert repr(orjson.loads(reply[16:])) == repr(-0.0 if value == b"-0" else orjson.loads(value))


def test_a_key_that_is_missing_is_null(actor: Plugin) -> None:
    reply = actor.call("run", op("text", 0, b"nobody") + op("state", 1, 0) + op("show", 1) + op("answer_notes"))
    assert reply == struct.pack("<QQ", 0, 4) + b"null"


@pytest.mark.parametrize(
    "end",
    [
        fails("no"),
        op("trap"),
        op("give_back", 1),
        op("spin"),
        returns(b"{"),
        returns({"outputs": {"nowhere": {"type": "Flow"}}}),
        result(7),
        result({"big": 2**70}),
        sets("k", b"{"),
    ],
)
def test_a_message_that_fails_changes_nothing(load: Load, host: Host, end: bytes) -> None:
    actor = load(limits=Limits(deadline=0.3))
    run(actor, sets("k", 1), NOTHING)
    outcome = run(actor, sets("k", 2), sets("new", 2), end)
    assert (outcome.error is not None, outcome.state_change) == (True, None)
    assert state_of(host) == {"k": 1}
    assert run(actor, sets("other", 3), NOTHING).error is None
    assert state_of(host) == {"k": 1, "other": 3}


def test_a_batch_commits_each_message_by_itself(actor: Plugin, host: Host) -> None:
    batch = [[sets("a", 1), NOTHING], [sets("b", 2), op("trap")], [sets("c", 3), NOTHING]]
    outcomes = actor.process_many([script(*operations) for operations in batch], "script")
    assert [outcome.error is None for outcome in outcomes] == [True, False, True]
    assert state_of(host) == {"a": 1, "c": 3}


def test_raw_calls_commit_what_they_set(actor: Plugin, host: Host) -> None:
    actor.call("run", sets("a", 1))
    with pytest.raises(BatchError):
        actor.call_many("run", [sets("b", 2) + fails("no"), sets("c", 3), sets("d", 4) + op("trap")])
    assert state_of(host) == {"a": 1, "c": 3}


def test_state_that_was_not_granted_is_empty_and_stays_as_it_is(load: Load, host: Host) -> None:
    run(load(), result({"secret": 1}))
    stranger = load(permissions=Permissions())
    assert seen_by(stranger) == {}
    assert run(stranger, result({})).error is None
    for operations in (result({"a": 1}), sets("a", 1) + NOTHING, op("text", 0, b"secret") + op("state", 1, 0)):
        error = run(stranger, sends({"x": 1}), operations).error
        assert isinstance(error, PermissionDenied)
        assert error.hint is not None
        assert "state" in error.hint
    assert state_of(host) == {"secret": 1}


def test_a_state_over_its_quota_is_refused_and_the_old_one_stays(load: Load, host: Host) -> None:
    actor = load(limits=Limits(state_bytes=100))
    run(actor, result({"k": "x" * 50}))
    for operations in (result({"k": "x" * 101}), result({"a": "x" * 60, "b": "x" * 60}), sets("n", "x" * 60) + NOTHING):
        assert isinstance(run(actor, operations).error, StateQuotaExceeded)
    assert state_of(host) == {"k": "x" * 50}
    assert run(actor, result({"n": "x" * 60})).error is None


def test_a_message_that_lost_a_race_is_run_again(engine: str) -> None:
    others = [b"10", b"20"]

    @host_function
    def ask() -> None:
        """Another writer, who is first, twice."""
        if others:
            found = host.state.get("actor", "count")
            version = found.version if found is not None else 0
            host.state.commit("actor", {"count": version}, {"count": others.pop()}, quota_bytes=1000)

    granted = Permissions(state=True, functions=("ask",))
    with Host(engine=engine, permissions=granted, functions=[ask]) as host:
        actor = host.load(scripted_actor(ask=ASK), name="actor")
        run(actor, sets("count", 0), NOTHING)
        outcome = run(actor, op("input", 0), op("send", 0), op("ask"), sets("mine", 1), NOTHING)
        assert dict(told(outcome))["state"] == {"count": 10}
        assert state_of(host) == {"count": 10, "mine": 1}


def test_a_returned_state_replaces_also_what_another_writer_added_meanwhile(engine: str) -> None:
    others = [b"1"]

    @host_function
    def ask() -> None:
        """Another writer, who adds a key, once."""
        if others:
            host.state.commit("actor", {}, {"theirs": others.pop()}, quota_bytes=1000)

    granted = Permissions(state=True, functions=("ask",))
    with Host(engine=engine, permissions=granted, functions=[ask]) as host:
        actor = host.load(scripted_actor(ask=ASK), name="actor")
        run(actor, op("ask"), result({"mine": 2})).raise_for_error()
        assert state_of(host) == {"mine": 2}


def test_an_error_of_a_host_function_is_the_outcomes_and_its_state_is_forgotten(engine: str) -> None:
    @host_function
    def ask() -> None:
        raise ConfigInvalid("the weather service has no address")

    granted = Permissions(state=True, functions=("ask",))
    with Host(engine=engine, permissions=granted, functions=[ask]) as host:
        actor = host.load(scripted_actor(ask=ASK), name="actor")
        outcome = run(actor, sets("a", 1), op("ask"), NOTHING)
        assert isinstance(outcome.error, ConfigInvalid)
        run(actor, sets("b", 2), NOTHING)
        assert state_of(host) == {"b": 2}


@pytest.mark.parametrize("name", ["counter-rust", "async-output-rust"])
def test_two_instances_and_four_threads_lose_no_message(host: Host, name: str) -> None:
    actor = host.load(ACTORS / f"{name}.wasm", name="actor", instances=2)
    port, message = ("increment", Message.new()) if "counter" in name else ("in", Message.new({"value": [1]}))
    ends: Counter[str] = Counter()

    def work() -> None:
        for _ in range(500):
            error = actor.process(message, port).error
            ends[type(error).__name__] += 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(ends) <= {"NoneType", StateConflict.__name__}
    assert ends.total() == 2000
    assert ends["NoneType"] > 0
    assert set(state_of(host).values()) == {ends["NoneType"]}


def test_state_outlives_the_host_in_sqlite(tmp_path: Path, engine: str) -> None:
    seen: list[object] = []
    for _ in range(2):
        with Host(state=f"sqlite:{tmp_path}/state.db", engine=engine, permissions=Permissions(state=True)) as host:
            counter = host.load(ACTORS / "counter-rust.wasm", name="actor")
            seen += told(counter.process(Message.new({"increment": None, "add": 4}), "in"))
    assert seen == [("count", 5), ("count", 10)]


def test_state_stays_over_a_reload_and_over_instances_that_died(host: Host) -> None:
    counter = host.load(ACTORS / "counter-rust.wasm", name="actor")
    counter.process(Message.new({"value": 7}), "add")
    counter.reload(scripted_actor())
    assert seen_by(counter) == {"count": 7}
    assert run(counter, op("trap")).error is not None
    counter.reload(ACTORS / "counter-rust.wasm")
    assert told(counter.process(Message.new(), "increment")) == [("count", 8)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_process_that_is_killed_leaves_the_last_state_that_was_committed(tmp_path: Path, engine: str) -> None:
    database = tmp_path / "state.db"
    command = [sys.executable, "-c", WORKER, str(database), engine, str(ACTORS / "async-output-rust.wasm")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        lines = [worker.stdout.readline() for _ in range(20)]
        worker.kill()
        lines += worker.stdout.read().splitlines(keepends=True)
    last = max(int(line) for line in lines if line.endswith("\n"))
    with Host(state=f"sqlite:{database}") as host:
        state = state_of(host)
    # All of a message is there or nothing: sum and number of the readings 1, 2, 3.
    assert state["total"] == 2 * state["seen"]
    assert state["seen"] in (last, last + 3)

"""Raw calls of an actor, batches, and the life of its plugin."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest
from tests.reflow.conftest import ACTORS
from tests.reflow.machine import METADATA, op, scripted_actor
from tests.reflow.scripts import fails, plain, returns, run, script, sends, told

from plugbay import Host, Limits, Message, Plugin
from plugbay.doctor.child import in_forked_child
from plugbay.errors import (
    BatchError,
    CallInterrupted,
    ConfigInvalid,
    GuestError,
    GuestTrap,
    InvalidMetadata,
    MissingExport,
)

if TYPE_CHECKING:
    from tests.reflow.conftest import Load

NOTHING: dict[str, Any] = {"outputs": {}}
ONE: dict[str, Any] = {"outputs": {"integer": {"type": "Integer", "data": 1}}}

wasmtime_only = pytest.mark.parametrize("engine", ["wasmtime"])


# ---- raw calls ------------------------------------------------------------------------------------------------------


def test_a_raw_call_is_not_decoded(actor: Plugin) -> None:
    assert actor.functions == {"get_metadata", "process", "run"}
    assert json.loads(actor.call("get_metadata", b"")) == METADATA
    assert actor.call("run", returns(b"\xff\x00")) == b"\xff\x00"
    with pytest.raises(MissingExport, match="no function nothing"):
        actor.call("nothing", b"")


def test_a_raw_call_has_no_place_for_what_is_sent(actor: Plugin, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "plugbay.guest.actor"):
        assert actor.call("run", sends({"a": 1, "b": 2}) + returns(b"out")) == b"out"
    assert [record.message for record in caplog.records] == [
        "2 sent messages are lost: a raw call has no place for them"
    ]
    assert told(run(actor, returns(ONE))) == [("integer", 1)]


def test_many_raw_calls_keep_their_order_around_one_that_fails(actor: Plugin) -> None:
    with pytest.raises(BatchError) as caught:
        actor.call_many("run", [returns(b"1"), op("trap"), returns(b"3"), fails("four"), returns(b"5")])
    first, second, third, fourth, fifth = caught.value.results
    assert (first, third, fifth) == (b"1", b"3", b"5")
    assert isinstance(second, GuestTrap)
    assert isinstance(fourth, GuestError)
    assert fourth.reason == "four"


# ---- the life of a plugin -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [op("trap"), fails("no"), returns(b"{}"), op("recurse")])
def test_one_message_that_fails_costs_no_other(actor: Plugin, bad: bytes) -> None:
    batch = [script(returns(ONE)), script(bad), script(sends({"a": 1}), returns(ONE))]
    first, second, third = actor.process_many(batch, "script")
    assert (told(first), told(third)) == ([("integer", 1)], [("a", 1), ("integer", 1)])
    assert second.error is not None
    assert second.error.plugin == "actor"


def test_async_calls_do_the_same(actor: Plugin) -> None:
    async def both() -> tuple[bytes, list[tuple[str, Any]]]:
        output = await actor.acall("run", returns(b"raw"))
        return output, told(await actor.aprocess(Message.new({"value": 7}), "integer"))

    assert asyncio.run(both()) == (b"raw", [("integer", 7)])


def test_a_reload_brings_other_ports(actor: Plugin) -> None:
    actor.reload(scripted_actor({"component": "New", "inports": [{"name": "script", "port_type": "Stream"}]}))
    assert actor.metadata["component"] == "New"
    with pytest.raises(ConfigInvalid):
        actor.process(Message.new({"value": 1}), "integer")
    with pytest.raises(InvalidMetadata):
        actor.reload(scripted_actor({}))
    assert run(actor, returns(NOTHING)).error is None


def test_closing_stops_what_never_ends(load: Load) -> None:
    actor = load(limits=Limits(deadline=60))
    outcomes: list[Any] = []
    thread = threading.Thread(target=lambda: outcomes.append(run(actor, op("spin"))))
    thread.start()
    while not actor_is_busy(actor):
        pass
    actor.close(drain=False)
    thread.join(30)
    assert isinstance(outcomes[0].error, CallInterrupted)


def actor_is_busy(actor: Plugin) -> bool:
    """Whether its only instance is leased."""
    return not actor._leases.pool.idle  # pyright: ignore[reportPrivateUsage] # nothing else tells


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@wasmtime_only
def test_an_actor_works_in_a_forked_child(host: Host, actor: Plugin) -> None:
    counter = host.load(ACTORS / "counter-rust.wasm")
    counter.process(Message.new(), "increment")

    def in_child() -> list[Any]:
        fresh = host.load(ACTORS / "async-output-rust.wasm")
        outcomes = [counter.process(Message.new(), "increment"), fresh.process(Message.new({"value": [1]}), "in")]
        return [plain(outcome.messages[-1][1]) for outcome in outcomes] + [str(run(actor, fails("no")).error)]

    count, summary, error = in_forked_child(in_child, seconds=60)
    assert (count, summary["sum"], error) == (2, 1, "actor: no")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.parametrize("engine", ["extism"])
def test_libextism_says_in_a_forked_child_that_it_can_not(actor: Plugin) -> None:
    error = in_forked_child(lambda: run(actor, returns(NOTHING)).error, seconds=60)
    assert isinstance(error, ConfigInvalid)
    assert "forked" in error.reason

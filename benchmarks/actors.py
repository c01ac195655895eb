"""Reflow actors: the JSON that they parse and build, and messages with state beside Reflow's own way."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import orjson
from extism_calls import COLUMNS, Case, compare_calls, figures, row
from guests import ACTORS
from peers import RebuiltActor
from results import TIMES, Section, Target, microseconds, ratio
from timing import Peer, Timing, compare

from plugbay import Disposition, Host, Message, Permissions

if TYPE_CHECKING:
    from effort import Effort

    from plugbay import Plugin

CALLS_TIMED: Final = (
    "One raw call of process, with an ActorContext that has a payload, config and state. The actor is the counter of "
    "examples/actors, in Go (standard Go, WASI) and in Rust: it parses that JSON, counts, and builds an ActorResult. "
    "plugbay: Plugin.call, and Plugin.call_many with 1,000 contexts, per context. Extism: Plugin.call of its Python "
    "SDK on the same file, kept between the calls."
)
MESSAGES_TIMED: Final = (
    "One message on the port increment of the same counter, its state kept: context written, process called, result "
    "read, state replaced. plugbay: Plugin.process with the store in memory, each message a transaction. A plugin per "
    "message is what Reflow does: a new extism.Plugin from the module's bytes, Reflow's three functions linked, for "
    "each message. Extism keeps compiled code on disk by default, so nothing is compiled anew. Compiled once: the same "
    "from one CompiledPlugin, which Reflow does not do."
)
_ABOUT: Final[dict[str, Any]] = {
    "node_id": "counter-1",
    "component": "Counter",
    "resolved_env": {},
    "config": {"initial_value": 0, "step": 1},
    "namespace": None,
}
_PAYLOAD: Final[dict[str, Any]] = {"increment": {"type": "Flow", "data": None}}


def measure_calls(effort: Effort) -> Section:
    """Raw calls of both actors."""
    context = orjson.dumps({"payload": _PAYLOAD, "config": _ABOUT, "state": {"count": 3}})
    found = {
        f"counter, {language}": compare_calls(Case(module, "process", context), effort, wasi=language == "go")
        for language, module in ACTORS.items()
    }
    call, _, extism = found["counter, go"]
    return Section(
        "actor_calls",
        "A raw call of an actor",
        CALLS_TIMED,
        ("actor", *COLUMNS[1:]),
        [row(name, timings) for name, timings in found.items()],
        [Target("a Go actor's JSON, against Extism's SDK", 1.3, call.times(extism), TIMES)],
        figures(found),
    )


def measure_messages(effort: Effort) -> Section:
    """Messages with state to both actors, beside a plugin per message."""
    found = {
        f"counter, {language}": _compare_messages(module.read_bytes(), effort) for language, module in ACTORS.items()
    }
    return Section(
        "actor_messages",
        "A message to an actor with state",
        MESSAGES_TIMED,
        ("actor", "process", "a plugin per message", "compiled once", "as fast as that", "as fast as compiled once"),
        [_row(name, timings) for name, timings in found.items()],
        [
            Target(f"process of the actor {name}, against a plugin per message", 50, own.times(rebuilt), TIMES)
            for name, (own, rebuilt, _) in found.items()
        ],
        figures(found),
    )


def _compare_messages(wasm: bytes, effort: Effort) -> list[Timing]:
    message = Message.new(data={})
    rebuilt = RebuiltActor(wasm, _ABOUT)
    compiled = RebuiltActor(wasm, _ABOUT, compiled=True)
    with ExitStack() as opened:
        host = opened.enter_context(Host(permissions=Permissions(state=True)))
        plugin = opened.enter_context(host.load(wasm, name="counter"))
        for count in (1, 2, 3):
            expected = {"count": {"type": "Integer", "data": count}}
            assert rebuilt.process(_PAYLOAD) == compiled.process(_PAYLOAD) == expected
            assert _counted(plugin, message) == count, "the peers do not do the same"
        return compare(
            [
                Peer("process", lambda: plugin.process(message, "increment")),
                Peer("a plugin per message", lambda: rebuilt.process(_PAYLOAD)),
                Peer("compiled once", lambda: compiled.process(_PAYLOAD)),
            ],
            rounds=effort.rounds,
            slice_seconds=effort.slice_seconds,
        )


def _counted(plugin: Plugin, message: Message) -> int:
    outcome = plugin.process(message, "increment")
    assert outcome.disposition is Disposition.OK, outcome.error
    ((port, answer),) = outcome.messages
    assert port == "count"
    value: int = answer.data["value"]
    return value


def _row(name: str, timings: list[Timing]) -> list[str]:
    own, *others = timings
    times = (ratio(own.times(other), own.times_spread(other)) for other in others)
    return [name, *(microseconds(timing.us) for timing in timings), *times]

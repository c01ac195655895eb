"""The conformance guests in Zig of Extism, Reflow and PrioStack, as they are committed, on plugbay's own host."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from tests.sdk_guest.zig_guests import ROCKET, Load, loading

from plugbay import Disposition, Message, Plugin
from plugbay.errors import GuestError, GuestTrap


@pytest.fixture
def load() -> Iterator[Load]:
    with loading() as load:
        yield load


def call_json(plugin: Plugin, function: str, payload: object) -> Any:
    return json.loads(plugin.call(function, json.dumps(payload).encode()))


@pytest.mark.parametrize("name", ["conformance-extism-actor", "conformance-priostack-packed"])
class TestByteFunctions:
    def test_bytes_go_in_and_out(self, load: Load, name: str) -> None:
        plugin = load(name)
        for payload in (b"", b"x", bytes(range(256)) * 100):
            assert plugin.call("echo", payload) == payload
            assert plugin.call("reverse", payload) == payload[::-1]
            assert plugin.call("length", payload) == str(len(payload)).encode()
            assert plugin.call("empty", payload) == b""

    def test_json_is_exact(self, load: Load, name: str) -> None:
        plugin = load(name)
        nested: dict[str, Any] = {"a": [1, None, {"b": '\u0001"\\'}], "": {}}
        given: dict[str, Any] = {
            "name": ROCKET,
            "count": 2**63 - 2,
            "ratio": 5e-324,
            "flags": [True, False, False],
            "nested": nested,
        }
        found = call_json(plugin, "transform", given)
        expected = {"name": f"{ROCKET} ✓", "count": 2**63 - 1, "ratio": 1e-323, "flags": [False, False, True]}
        assert found == {**expected, "nested": nested, "big": 9007199254740993}
        assert call_json(plugin, "contract", None)["language"] == "zig"
        assert plugin.call("repeat", b'{"text": "\\ud83d\\ude80\\n", "times": 2}') == "🚀\n🚀\n".encode()

    @pytest.mark.parametrize(
        ("function", "payload", "reason"),
        [
            ("fail", ROCKET.encode(), ROCKET),
            ("repeat", b"", "it is not JSON: cut short"),
            ("repeat", b'{"text": "a"}', "input.times is missing"),
            ("repeat", b'{"text": "a", "times": -1}', "input.times does not fit into u32"),
            ("repeat", b'{"text": 1, "times": 1}', "input.text: expected text, found number"),
            ("repeat", b'{"text": "\xff", "times": 1}', "it is not JSON: text that is no UTF-8"),
            ("repeat", b"[" * 10_000, "it is not JSON: nested too deep"),
            ("repeat", b'{"text": "aaaaaaaa", "times": 4000000000}', "out of memory"),
        ],
    )
    def test_an_error_is_the_calls(self, load: Load, name: str, function: str, payload: bytes, reason: str) -> None:
        plugin = load(name)
        with pytest.raises(GuestError) as caught:
            plugin.call(function, payload)
        assert caught.value.reason == reason
        assert plugin.call("length", b"ab") == b"2"

    def test_a_panic_is_logged_before_the_trap(self, load: Load, name: str, caplog: pytest.LogCaptureFixture) -> None:
        plugin = load(name)
        with caplog.at_level(logging.ERROR), pytest.raises(GuestTrap):
            plugin.call("trap", b"")
        assert "the operation trap was asked for" in caplog.text

    def test_lines_are_logged_at_their_level(self, load: Load, name: str, caplog: pytest.LogCaptureFixture) -> None:
        plugin = load(name)
        with caplog.at_level(logging.DEBUG):
            for level in ("debug", "info", "warn", "error"):
                plugin.call("write_log", json.dumps({"level": level, "text": f"{level} é"}).encode())
        found = [(record.levelname, record.getMessage()) for record in caplog.records]
        assert [name for name, text in found if "é" in text] == ["DEBUG", "INFO", "WARNING", "ERROR"]


def test_packed_functions_know_the_time_random_bytes_and_themselves(load: Load) -> None:
    plugin = load("conformance-priostack-packed")
    assert int(plugin.call("current_time", b"")) > 1_700_000_000 * 10**9
    assert len(plugin.call("random_bytes", b"33")) == 33
    assert plugin.call("random_bytes", b"0") == b""
    assert [plugin.call("count", b"") for _ in range(2)] == [b"1", b"2"]
    with pytest.raises(GuestError, match="no such"):
        plugin.call("fail_object", b"no such")


def test_a_plugin_reads_its_config_and_keeps_variables(load: Load) -> None:
    plugin = load("conformance-extism-actor", config={"label": ROCKET})
    assert call_json(plugin, "var_get", None) == {"value": None}
    plugin.call("var_set", json.dumps({"key": "k", "value": [0, 255]}).encode())
    assert json.loads(plugin.call("var_get", b"k")) == {"value": [0, 255]}
    plugin.call("var_set", json.dumps({"key": "k", "value": None}).encode())
    assert json.loads(plugin.call("var_get", b"k")) == {"value": None}
    assert [plugin.call("count", b"") for _ in range(2)] == [b"1", b"2"]
    assert json.loads(plugin.call("config_get", b"label")) == {"value": ROCKET}


def test_an_actor_passes_values_of_all_types_unchanged(load: Load) -> None:
    actor = load("conformance-extism-actor")
    sent: dict[str, dict[str, Any]] = {
        "flow": {"value": None},
        "event": {"value": {"k": [1.5]}},
        "boolean": {"value": False},
        "integer": {"value": -(2**63)},
        "float": {"value": 4.0},
        "string": {"value": f'{ROCKET}"\n'},
        "object": {"a": {}},
        "array": {"value": [1, None, "x"]},
        "stream": {"value": b"\x00\xff"},
        "optional": {"value": None},
        "any": {"value": 7},
        "error": {"value": "broken"},
    }
    for name, data in sent.items():
        ((port, back),) = actor.process(Message.new(data), f"{name}_in").messages
        assert (port, back.data) == (f"{name}_out", data)
    types = {port: message.data for port, message in actor.process(Message.new({"op": "types"}), "op").messages}
    assert types["stream_out"] == {"value": b"\x00\x7f\x80\xff"}
    assert types["integer_out"] == {"value": -(2**63)}


def operate(actor: Plugin, **data: Any) -> dict[str, Any]:
    outcome = actor.process(Message.new(data), "op")
    assert outcome.disposition is Disposition.OK, outcome
    port, message = outcome.messages[-1]
    assert port == "result"
    return {key: value for key, value in message.data.items() if key != "op"}


def test_an_actor_keeps_state_sends_and_fails(load: Load) -> None:
    actor = load("conformance-extism-actor", config={"label": "x"})
    assert operate(actor, op="context")["config"] == {"label": "x"}
    assert [operate(actor, op="count")["count"] for _ in range(2)] == [1, 2]
    operate(actor, op="state_set", key="k", value={"a": [1.5]})
    assert operate(actor, op="state_get", key="k") == {"value": {"a": [1.5]}}
    assert operate(actor, op="count") == {"count": 3}
    assert operate(actor, op="context")["state"] == {"count": 3, "k": {"a": [1.5]}}
    operate(actor, op="state_replace", state={"only": 1})
    operate(actor, op="state_keep")
    assert operate(actor, op="context")["state"] == {"only": 1}
    sent = actor.process(Message.new({"op": "send", "port": "any_out", "values": [1, None, "x"]}), "op").messages
    assert [message.data for port, message in sent if port == "any_out"] == [
        {"value": 1},
        {"value": None},
        {"value": "x"},
    ]
    assert actor.process(Message.new({"op": "silent"}), "op").disposition is Disposition.DROP
    failed = actor.process(Message.new({"op": "fail", "reason": ROCKET}), "op")
    assert failed.error is not None
    assert failed.error.reason == ROCKET

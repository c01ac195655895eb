"""The conformance gears in Zig, as they are committed, on plugbay's own host."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sdk_guest.zig_guests import DIST, ROCKET, Load, everything, lines, loading

from plugbay import Disposition, Host, LogLevel, Message, Outcome, Plugin
from plugbay.errors import GuestTrap, MessageRejected
from plugbay.message import EntityId, Hop


@pytest.fixture
def load() -> Iterator[Load]:
    with loading() as load:
        yield load


def ask(plugin: Plugin, **data: Any) -> Outcome:
    return plugin.process(everything(data))


def answer(plugin: Plugin, **data: Any) -> dict[str, Any]:
    outcome = ask(plugin, **data)
    assert outcome.disposition is Disposition.OK, outcome
    ((port, message),) = outcome.messages
    assert port == "out"
    found = dict(message.data)
    assert found.pop("op") == data["op"]
    return found


@pytest.mark.parametrize("profile", ["core", "extended"])
class TestBothProfiles:
    def test_it_says_what_it_is(self, load: Load, profile: str) -> None:
        gear = load(f"conformance-fluxrig-{profile}")
        assert (gear.claim.abi, gear.claim.profile) == ("fluxrig", profile)
        assert answer(gear, op="contract") == {
            "contract": "plugbay-conformance/1",
            "abi": "fluxrig",
            "profile": profile,
            "language": "zig",
            "sdk": "plugbay",
            "sdk_version": "0.1.0",
        }

    def test_a_message_comes_back_as_it_was(self, load: Load, profile: str) -> None:
        data: dict[str, Any] = {
            "op": "echo",
            "list": [1, -1, 2**64 - 1, -(2**63), 0.5, None, True, "ü", b"\xff", {"a": {}}, []],
        }
        sent = everything(data)
        ((_, back),) = load(f"conformance-fluxrig-{profile}").process(sent).messages
        assert back == sent

    def test_each_field_is_changed_as_the_contract_says(self, load: Load, profile: str) -> None:
        gear = load(f"conformance-fluxrig-{profile}")
        data = {
            "int": -1,
            "float": 0.1,
            "text": "é",
            "bool": True,
            "bytes": b"ab",
            "list": [1, [2]],
            "map": {"k": None},
        }
        sent = everything({"op": "fields", **data})
        ((_, back),) = gear.process(sent).messages
        assert back == Message(
            EntityId(sent.id[::-1]),
            sent.id,
            "4bf9-ok",
            EntityId(sent.src_id[::-1]),
            {"event.type": "t", "conformance": "yes"},
            {
                "op": "fields",
                "int": 0,
                "float": 0.2,
                "text": "é!",
                "bool": False,
                "bytes": b"ba",
                "list": [[2], 1],
                "map": {"k": None, "added": 1},
            },
            0xFFFF_FFFF,
            b"\xffwar\x00",
            (*(sent.path or ()), Hop(sent.src_id, sent.id, sent.ts)),
            sent.ts + 1,
        )

    def test_values_of_its_own_making_are_exact(self, load: Load, profile: str) -> None:
        gear = load(f"conformance-fluxrig-{profile}")
        types = answer(gear, op="types")
        assert (types["uint"], types["text"], types["bytes"]) == (2**64 - 1, ROCKET, b"\x00\x7f\x80\xff")
        numbers = answer(gear, op="numbers")
        assert numbers["integers"][-1] == -(2**63)
        packed = struct.pack(">9d", *numbers["floats"])
        assert packed[:16] == struct.pack(">2d", 0.0, -0.0)

    def test_text_paths_replies_drops_and_logs(self, load: Load, profile: str) -> None:
        gear = load(f"conformance-fluxrig-{profile}")
        assert answer(gear, op="text", text="aé🚀") == {"bytes": 7, "scalars": 3, "text": "aé🚀 ✓🚀"}
        assert answer(gear, op="lookup", path="a.b", a={"b": [5]}) == {"found": True, "value": [5]}
        assert answer(gear, op="lookup", path="a.b.c", a={"b": [5]}) == {"found": False, "value": None}
        ((_, reply),) = ask(gear, op="reply").messages
        assert (reply.trace, reply.data, reply.raw, reply.path) == ("4bf9", {"op": "reply"}, None, None)
        assert ask(gear, op="drop").disposition is Disposition.DROP
        assert lines(ask(gear, op="log", level="warn", text=ROCKET)) == [(LogLevel.WARN, ROCKET)]
        assert answer(gear, op="big", size=70_000)["blob"] == bytes(index % 251 for index in range(70_000))

    def test_a_panic_is_logged_and_the_next_instance_starts_anew(self, load: Load, profile: str) -> None:
        gear = load(f"conformance-fluxrig-{profile}")
        assert [answer(gear, op="count")["count"] for _ in range(2)] == [1, 2]
        outcome = ask(gear, op="trap")
        assert isinstance(outcome.error, GuestTrap)
        assert lines(outcome) == [(LogLevel.ERROR, "the operation trap was asked for")]
        assert answer(gear, op="count") == {"count": 1}

    def test_large_messages_go_through_sixteen_pages(self, load: Load, profile: str) -> None:
        gear = load(f"conformance-fluxrig-{profile}")
        for _ in range(50):
            assert answer(gear, op="echo", blob=b"x" * 300_000)["blob"] == b"x" * 300_000
        assert answer(gear, op="echo") == {}

    def test_a_message_too_large_for_the_memory_fails_and_the_next_goes_on(self, load: Load, profile: str) -> None:
        gear = load(f"conformance-fluxrig-{profile}")
        assert ask(gear, op="big", size=2_000_000).disposition is not Disposition.OK
        assert answer(gear, op="big", size=1)["blob"] == b"\0"


FAILURES: Final[list[tuple[dict[str, Any], str]]] = [
    ({"op": "fail", "reason": ROCKET}, ROCKET),
    ({"op": "fail"}, "data.reason is missing"),
    ({"op": "nothing"}, "unknown operation nothing"),
    ({"op": 5}, "data.op: expected text, found integer"),
    ({}, "data.op is missing"),
    ({"op": "log", "level": "loud", "text": ""}, "data.level is none of the names that belong there"),
    ({"op": "big", "size": -1}, "data.size does not fit into u32"),
]


@pytest.mark.parametrize(("data", "reason"), FAILURES, ids=lambda value: str(value)[:40])
def test_an_error_is_a_log_line_and_a_drop_in_core_and_a_rejection_in_extended(
    load: Load, data: dict[str, Any], reason: str
) -> None:
    core = load("conformance-fluxrig-core").process(everything(data))
    assert (core.disposition, lines(core)) == (Disposition.DROP, [(LogLevel.ERROR, reason)])
    extended = load("conformance-fluxrig-extended").process(everything(data))
    assert (extended.disposition, extended.reason, extended.logs) == (Disposition.REJECT, reason, ())


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "the message is not strict CBOR: cut short"),
        (b"\xa0\x00", "the message is not strict CBOR: bytes follow the item"),
        (b"\x9f" * 1000, "the message is not strict CBOR: nested too deep"),
        (b"\xa1\x62id\xc0\x00", "the message is not strict CBOR: a tag"),
        (b"\xa2\x61a\x00\x61a\x00", "the message is not strict CBOR: a key that stands twice"),
        (b"\x80", "the message: expected map"),
        (cbor2.dumps({"flags": -1}), "flags: expected integer of 32 bits"),
        (cbor2.dumps({"path": [{"g": b""}]}), "g in path: expected 16 bytes"),
    ],
)
def test_bytes_that_are_no_message_are_an_error_of_the_message(load: Load, payload: bytes, reason: str) -> None:
    with pytest.raises(MessageRejected, match=re.escape(reason)):
        load("conformance-fluxrig-extended").call("process", payload)


def test_messages_in_any_form_of_cbor_come_back_in_plugbays_own(load: Load) -> None:
    odd = (
        b"\xbf\x7f\x62da\x62ta\xff\xbf\x62op\x64echo\x61f\xf9\x3e\x00\x61i\x1b\x00\x00\x00\x00\x00\x00\x00\x05\xff\xff"
    )
    back = Message.from_cbor(load("conformance-fluxrig-core").call("process", odd))
    assert back.data == {"op": "echo", "f": 1.5, "i": 5}
    assert load("conformance-fluxrig-core").call("process", odd) == back.to_cbor()


VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=9), inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=9), VALUES, max_size=9), st.dictionaries(st.text(), st.text(), max_size=4))
def test_any_message_comes_back_to_the_byte(echo: Plugin, data: dict[str, Any], meta: dict[str, str]) -> None:
    sent = replace(everything(), data={**data, "op": "echo"}, meta=meta).to_cbor()
    assert echo.call("process", sent) == sent


@pytest.fixture(scope="module")
def echo() -> Iterator[Plugin]:
    """A core gear that stays for all examples."""
    with Host() as host:
        yield host.load(DIST / "conformance-fluxrig-core-zig.wasm")


def test_an_extended_gear_fans_out_emits_and_keeps_state(load: Load) -> None:
    gear = load("conformance-fluxrig-extended")
    assert [m.data["index"] for _, m in ask(gear, op="fan_out", count=3).messages] == [0, 1, 2]
    assert ask(gear, op="fan_out", count=0).disposition is Disposition.DROP
    assert [m.data["index"] for _, m in ask(gear, op="emit", count=2, answer=True).messages] == [0, 1, 2]
    assert [m.data["index"] for _, m in ask(gear, op="emit", count=2, answer=False).messages] == [0, 1]
    failed = ask(gear, op="emit_fail", reason="no")
    assert (failed.disposition, failed.reason, failed.messages) == (Disposition.REJECT, "no", ())
    assert answer(gear, op="state_get", key="k") == {"value": None}
    assert answer(gear, op="state_put", key="k", value=b"") == {"stored": True}
    assert answer(gear, op="state_get", key="k") == {"value": b""}
    assert [answer(gear, op="state_count", key="n")["count"] for _ in range(3)] == [1, 2, 3]
    assert answer(gear, op="http", url="http://nowhere.invalid/", body=b"") == {"refused": True}
    assert answer(gear, op="time")["time"] > 1_700_000_000 * 10**9
    assert len(answer(gear, op="random", size=100)["bytes"]) == 100
    assert answer(gear, op="random", size=0) == {"bytes": b""}


def test_a_host_that_refuses_state_is_told_from_one_that_has_none() -> None:
    with Host() as host:
        gear = host.load(DIST / "conformance-fluxrig-extended-zig.wasm")
        assert answer(gear, op="state_put", key="k", value=b"v") == {"stored": False}


def test_ten_thousand_messages_leave_no_memory_behind(load: Load) -> None:
    gear = load("conformance-fluxrig-core", pages=4)
    message = everything({"op": "fields", "int": 0, "float": 0.0, "text": "x" * 5000, "bool": True})
    bad = everything({"op": "fail", "reason": "r" * 3000})
    outcomes = gear.process_many([message, bad] * 5000)
    assert {outcome.disposition for outcome in outcomes} == {Disposition.DROP}
    assert answer(gear, op="echo") == {}

"""The committed guests of the Go SDK, on the production drivers of plugbay's own host."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from plugbay import Host, Message, Permissions
from plugbay.errors import GuestError, GuestTrap
from plugbay.message import Hop
from plugbay.message.identifier import EntityId
from plugbay.module.binary import read_module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugbay import Plugin
    from plugbay.outcome import Outcome

DIST: Final = Path(__file__).parents[2] / "sdk_guest" / "dist"
GEAR: Final = "conformance-fluxrig-extended-go"
ACTOR: Final = "conformance-extism-actor-go"
FUNCTIONS: Final = "conformance-priostack-packed-go"
MODULES: Final = (ACTOR, GEAR, FUNCTIONS)
ABOUT: Final = {
    "contract": "plugbay-conformance/1",
    "language": "go",
    "sdk": "plugbay-guest-go",
    "sdk_version": "0.1.0",
}
VALUES: Final[tuple[Any, ...]] = (
    *(None, True, 0, -1, 2**64 - 1, -(2**63), 1.5, 2.0),
    *("ü", "", b"", b"\xff", [], {}, {"a": {}}),
)

modules = pytest.mark.parametrize("name", MODULES)


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Host(permissions=Permissions(state=True)) as host:
        yield host


@pytest.fixture(scope="module")
def gear(host: Host) -> Plugin:
    return host.load(DIST / f"{GEAR}.wasm")


@pytest.fixture(scope="module")
def actor(host: Host) -> Plugin:
    return host.load(DIST / f"{ACTOR}.wasm")


@pytest.fixture(scope="module")
def functions(host: Host) -> Plugin:
    return host.load(DIST / f"{FUNCTIONS}.wasm")


def asked(gear: Plugin, **data: Any) -> dict[str, Any]:
    """The data of a gear's one answer."""
    return dict(answered(gear, **data).messages[0][1].data)


def answered(gear: Plugin, **data: Any) -> Outcome:
    return gear.process(Message.new(data)).raise_for_error()


def operated(actor: Plugin, **data: Any) -> dict[str, Any]:
    """What an actor answers on ``result``."""
    outcome = actor.process(Message.new(data), "op").raise_for_error()
    return dict(next(message.data for port, message in outcome.messages if port == "result"))


def test_the_digests_are_those_of_the_committed_modules() -> None:
    lines = (line.split("  ") for line in (DIST / "DIGESTS-go").read_text().splitlines())
    listed = {name: digest for digest, name in lines}
    assert listed == {
        f"{name}.wasm": hashlib.sha256((DIST / f"{name}.wasm").read_bytes()).hexdigest() for name in MODULES
    }


@modules
def test_no_module_names_the_machine_that_built_it(name: str) -> None:
    assert not re.search(rb"/(home|root|tmp|work|Users|usr/local)/", (DIST / f"{name}.wasm").read_bytes())


@modules
def test_the_readme_says_the_size_of_each_module(name: str) -> None:
    readme = (DIST.parent / "go" / "README.md").read_text()
    said = re.search(rf"`{name}\.wasm` \| ([0-9,]+) \|", readme)
    assert said
    assert said[1] == f"{(DIST / f'{name}.wasm').stat().st_size:,}"


@pytest.mark.parametrize(
    ("name", "profile"), [(GEAR, "extended"), (ACTOR, "actor"), (FUNCTIONS, "packed")], ids=MODULES[1:] + MODULES[:1]
)
def test_a_module_is_claimed_for_its_profile(host: Host, name: str, profile: str) -> None:
    plugin = host.load(DIST / f"{name}.wasm", name=f"claimed-{name}")
    assert plugin.claim.profile == profile


def test_a_gear_imports_nothing_of_files_but_what_the_runtime_has() -> None:
    info = read_module((DIST / f"{GEAR}.wasm").read_bytes(), digest="")
    wasi = {wanted.name for wanted in info.imports if wanted.module == "wasi_snapshot_preview1"}
    assert not {name for name in wasi if name.startswith(("path_", "sock_", "fd_pre", "fd_read"))}


# ---- fluxrig


def test_a_gear_says_what_it_is(gear: Plugin) -> None:
    assert asked(gear, op="contract") == {"op": "contract", "abi": "fluxrig", "profile": "extended", **ABOUT}


def test_an_echo_keeps_every_field_and_every_value(gear: Plugin) -> None:
    message = Message(
        EntityId(bytes(range(16))),
        EntityId(b"\1" * 16),
        "4bf92f",
        EntityId(b"\2" * 16),
        {"event.type": "x", "ü": ""},
        {"op": "echo", "values": list(VALUES)},
        0xFFFFFFFF,
        b"",
        (Hop(EntityId(b"\3" * 16), EntityId(b"\4" * 16), -5),),
        -(2**63),
    )
    ((_, answer),) = gear.process(message).raise_for_error().messages
    assert answer == message
    assert [type(value) for value in answer.data["values"]] == [type(value) for value in VALUES]


def test_every_field_can_be_changed(gear: Plugin) -> None:
    message = Message(
        EntityId(bytes(range(16))),
        src_id=EntityId(bytes(range(16, 32))),
        trace="ab",
        meta={"remove.me": "x", "kept": "y"},
        data={
            "op": "fields",
            "int": 2**63 - 1,
            "float": 0.25,
            "text": "ü",
            "bool": False,
            "bytes": b"\0\1",
            "list": [1, "2", [3, 4]],
            "map": {"a": None},
        },
        raw=b"\1\2\3",
        ts=41,
    )
    ((_, answer),) = gear.process(message).raise_for_error().messages
    assert answer == Message(
        EntityId(bytes(range(15, -1, -1))),
        EntityId(bytes(range(16))),
        "ab-ok",
        EntityId(bytes(range(31, 15, -1))),
        {"kept": "y", "conformance": "yes"},
        {
            "op": "fields",
            "int": 2**63,
            "float": 0.5,
            "text": "ü!",
            "bool": True,
            "bytes": b"\1\0",
            "list": [[3, 4], "2", 1],
            "map": {"a": None, "added": 1},
        },
        1,
        b"\3\2\1",
        (Hop(EntityId(bytes(range(16, 32))), EntityId(bytes(range(16))), 41),),
        42,
    )


def test_numbers_come_in_full_width(gear: Plugin) -> None:
    data = asked(gear, op="numbers")
    assert data["integers"][10:13] == [2**63 - 1, 2**63, 2**64 - 1]
    assert data["integers"][-1] == -(2**63)
    assert all(type(value) is float for value in data["floats"])
    assert data["floats"][:6] == [0.0, 0.0, 1.5, 0.1, 1e300, 5e-324]
    assert math.copysign(1, data["floats"][1]) == -1
    assert data["floats"][6:8] == [math.inf, -math.inf]
    assert math.isnan(data["floats"][8])


def test_a_failure_rejects_with_its_reason(gear: Plugin) -> None:
    outcome = gear.process(Message.new({"op": "fail", "reason": "nö 🚀"}))
    assert (outcome.disposition, outcome.reason, outcome.messages) == ("reject", "nö 🚀", ())
    assert gear.process(Message.new({"op": "nothing"})).reason == "there is no operation nothing"
    assert gear.process(Message.new({"op": "text"})).reason == "data.text: expected text, found nothing"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "the message is not valid CBOR: the bytes end early"),
        (b"\xff", "the message is not valid CBOR: a break stands where a value should"),
        (b"\x81" * 60_000, f"the message is not valid CBOR: {'[0]' * 32}: nested more than 32 deep"),
        (b"\x07", "message: expected map, found integer 7"),
        (b"\xa1\x62id\x41\x00", "id: expected 16 bytes, found 1 bytes"),
        (b"\xa1\x64data\xa1\x61a\xc1\x00", "the message is not valid CBOR: data.a: tags are not allowed"),
    ],
)
def test_a_malformed_message_is_a_rejection(gear: Plugin, payload: bytes, reason: str) -> None:
    outcomes = gear.process_encoded([payload])
    assert outcomes is not None
    (outcome,) = outcomes
    assert not isinstance(outcome, bytes)
    assert (outcome.disposition, outcome.reason) == ("reject", reason)


def test_a_panic_is_one_error_line_and_a_trap(gear: Plugin) -> None:
    outcome = gear.process(Message.new({"op": "trap"}))
    assert isinstance(outcome.error, GuestTrap)
    assert [line.level for line in outcome.logs] == ["error"]
    assert re.fullmatch(r"panic: the conformance .* at plugbay\.dev/.*\.trap, operations\.go:\d+", outcome.logs[0].text)
    assert asked(gear, op="count")["count"] == 1


def test_state_logs_emission_time_and_randomness_reach_the_host(gear: Plugin) -> None:
    assert asked(gear, op="state_get", key="k")["value"] is None
    assert asked(gear, op="state_put", key="k", value=b"")["stored"] is True
    assert asked(gear, op="state_get", key="k")["value"] == b""
    assert [asked(gear, op="state_count", key="n")["count"] for _ in range(3)] == [1, 2, 3]
    outcome = answered(gear, op="log", level="warn", text="ü")
    assert [(line.level, line.text) for line in outcome.logs] == [("warn", "ü")]
    sent = answered(gear, op="emit", count=2, answer=True).messages
    assert [message.data["index"] for _, message in sent] == [0, 1, 2]
    assert answered(gear, op="drop").disposition == "drop"
    assert asked(gear, op="time")["time"] > 1_700_000_000 * 10**9
    assert asked(gear, op="random", size=16)["bytes"] != asked(gear, op="random", size=16)["bytes"]
    assert asked(gear, op="http", url="https://nowhere.example/", body=b"")["refused"] is True


# ---- Extism and Reflow


def test_an_actor_says_what_it_is(actor: Plugin) -> None:
    assert operated(actor, op="contract") == {"op": "contract", "abi": "extism", "profile": "actor", **ABOUT}
    assert actor.metadata["component"] == "Conformance"
    assert actor.metadata["version"] == "1.0.0"
    assert len(actor.metadata["inports"]) == len(actor.metadata["outports"]) == 13


def test_an_actor_makes_every_type(actor: Plugin) -> None:
    outcome = actor.process(Message.new({"op": "types"}), "op").raise_for_error()
    made = {port: message.data for port, message in outcome.messages}
    assert len(made) == 12
    assert made["integer_out"] == {"value": -(2**63)}
    assert made["stream_out"] == {"value": b"\x00\x7f\x80\xff"}
    assert made["object_out"] == {"a": {"b": 1}}
    assert made["array_out"] == {"value": [1, "two", None]}


def test_values_pass_an_actor_unchanged(actor: Plugin) -> None:
    given = {"integer_in": 2**63 - 1, "float_in": 2.0, "string_in": "ü<&>", "stream_in": b"\0\xff", "flow_in": None}
    outcome = actor.process(Message.new(given)).raise_for_error()
    taken = {port.replace("_out", "_in"): message.data["value"] for port, message in outcome.messages}
    assert taken == given
    assert type(taken["float_in"]) is float


def test_an_actor_keeps_state(actor: Plugin) -> None:
    assert operated(actor, op="state_set", key="kept", value={"a": [1.5]}) == {"op": "state_set"}
    assert operated(actor, op="state_get", key="kept")["value"] == {"a": [1.5]}
    assert [operated(actor, op="count")["count"] for _ in range(3)] == [1, 2, 3]
    assert operated(actor, op="state_get", key="kept")["value"] == {"a": [1.5]}
    assert operated(actor, op="state_replace", state={"count": 7}) == {"op": "state_replace"}
    assert operated(actor, op="state_get", key="kept")["value"] is None
    assert operated(actor, op="count")["count"] == 8


def test_an_actor_fails_and_traps_as_it_should(actor: Plugin) -> None:
    failed = actor.process(Message.new({"op": "fail", "reason": "nö"}), "op")
    assert isinstance(failed.error, GuestError)
    assert failed.error.reason == "nö"
    trapped = actor.process(Message.new({"op": "trap"}), "op")
    assert isinstance(trapped.error, GuestTrap)
    assert [line.level for line in trapped.logs] == ["error"]
    assert operated(actor, op="send", port="any_out", values=[1, None])["sent"] == 2


def test_trace_lines_are_traces(actor: Plugin, caplog: pytest.LogCaptureFixture) -> None:
    """go-pdk 1.1.3 logs them as errors."""
    with caplog.at_level(1, "plugbay.guest"):
        actor.call("write_log", b'{"level": "trace", "text": "step"}')
    assert [(record.message, record.levelno) for record in caplog.records] == [("step", logging.DEBUG)]


def test_the_plugin_functions_work(actor: Plugin) -> None:
    assert json.loads(actor.call("contract", b"")) == {"abi": "extism", "profile": "actor", **ABOUT}
    assert actor.call("reverse", bytes(range(256)) * 3) == bytes(range(255, -1, -1)) * 3
    assert actor.call("empty", b"x") == b""
    assert json.loads(actor.call("var_get", b"v")) == {"value": None}
    assert actor.call("var_set", b'{"key": "v", "value": [0, 255]}') == b"ok"
    assert json.loads(actor.call("var_get", b"v")) == {"value": [0, 255]}
    with pytest.raises(GuestError) as failed:
        actor.call("fail", b"no such thing")
    assert failed.value.reason == "no such thing"


# ---- PrioStack


def test_functions_say_what_they_are(functions: Plugin) -> None:
    assert json.loads(functions.call("contract", b"")) == {"abi": "priostack", "profile": "packed", **ABOUT}


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 4095, 65537, 3_000_000])
def test_bytes_come_back_as_they_were(functions: Plugin, size: int) -> None:
    payload = bytes(index % 251 for index in range(size))
    assert functions.call("echo", payload) == payload
    assert functions.call("reverse", payload) == payload[::-1]


def test_json_is_read_strictly_and_written_exactly(functions: Plugin) -> None:
    nested = {"a": [None, {"b": ""}]}
    given: dict[str, Any] = {
        "name": "<ä>",
        "count": 2**63 - 2,
        "ratio": 0.1,
        "flags": [True, False],
        "nested": nested,
    }
    assert json.loads(functions.call("transform", json.dumps(given).encode())) == {
        "name": "<ä> ✓",
        "count": 2**63 - 1,
        "ratio": 0.2,
        "flags": [False, True],
        "nested": nested,
        "big": 9007199254740993,
    }
    for wrong, reason in (
        ({**given, "count": 1.5}, "key count: expected an integer of int64, found number 1.5"),
        ({key: value for key, value in given.items() if key != "flags"}, "key flags is missing"),
        ({**given, "name": None}, "key name: expected a text, found null"),
    ):
        with pytest.raises(GuestError) as caught:
            functions.call("transform", json.dumps(wrong).encode())
        assert caught.value.reason == reason


def test_functions_fail_and_trap_as_they_should(functions: Plugin) -> None:
    with pytest.raises(GuestError) as failed:
        functions.call("fail", "nö".encode())
    assert failed.value.reason == "nö"
    with pytest.raises(GuestTrap):
        functions.call("trap", b"")
    assert functions.call("count", b"") == b"1"


def test_functions_have_time_and_randomness(functions: Plugin) -> None:
    assert int(functions.call("current_time", b"")) > 1_700_000_000 * 10**9
    assert len(set(functions.call("random_bytes", b"64"))) > 8

"""The guests in Rust, as they are committed, on plugbay's own host."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugbay import Disposition, Host, Limits, LogLevel, Message, Outcome, Permissions, Plugin
from plugbay.errors import AllocationFailed, ConfigInvalid, GuestError, GuestTrap, MessageRejected, PermissionDenied
from plugbay.message import Hop
from plugbay.message.identifier import EntityId

SDK: Final = Path(__file__).parents[2] / "sdk_guest" / "rust"
DIST: Final = SDK.parent / "dist"
MODULES: Final = sorted(DIST.glob("*-rust.wasm"))
CONTRACT: Final = {
    "contract": "plugbay-conformance/1",
    "language": "rust",
    "sdk": "plugbay-guest",
    "sdk_version": "1.0.0",
}
ROCKET: Final = "Grüße, 世界 🚀"
MIB: Final = 1024 * 1024
SOURCE: Final = EntityId(bytes(range(16)))
HOP: Final = Hop(EntityId(b"g" * 16), EntityId(b"p" * 16), -5)

Load = Callable[..., Plugin]


@pytest.fixture
def load() -> Iterator[Load]:
    """Loads a committed module with everything granted but HTTP; a gear gets a rack's 16 pages of memory."""
    host = Host(permissions=Permissions(state=True, outputs=True, clock=True, randomness=True))

    def load(name: str, *, pages: int = 16, **options: Any) -> Plugin:
        limits = Limits(memory_pages=pages) if "fluxrig" in name else Limits()
        return host.load(DIST / f"{name}-rust.wasm", limits=limits, **options)

    with host:
        yield load


def everything(**data: Any) -> Message:
    """A message with something in each field."""
    return replace(
        Message.new(data, {"event.type": "t", "remove.me": "x"}, src_id=SOURCE, trace="4bf9", flags=2**32 - 2),
        raw=b"\x00raw\xff",
        path=(HOP,),
    )


def answers(outcome: Outcome) -> list[dict[str, Any]]:
    """The data of what came out by the port ``out``."""
    assert outcome.disposition is Disposition.OK, outcome
    assert {port for port, _ in outcome.messages} == {"out"}
    return [dict(message.data) for _, message in outcome.messages]


def ask(gear: Plugin, op: str, **arguments: Any) -> dict[str, Any]:
    """The one answer of a conformance gear, without its ``op``."""
    (answer,) = answers(gear.process(everything(op=op, **arguments)))
    assert answer.pop("op") == op
    return answer


def lines(outcome: Outcome) -> list[tuple[LogLevel, str]]:
    return [(line.level, line.text) for line in outcome.logs]


class TestModules:
    def test_they_are_those_of_the_digests(self) -> None:
        found = [f"{sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in MODULES]
        assert found == (DIST / "DIGESTS-rust").read_text().splitlines()

    @pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
    def test_none_names_a_path_of_the_machine_that_built_it(self, path: Path) -> None:
        assert not re.search(rb"/(home|root|usr|work|tmp)/", path.read_bytes())

    def test_the_readme_tells_their_sizes_and_the_echo_is_small(self) -> None:
        row = re.compile(r"^\| \[`([a-z-]+)`\].* \| ([\d,]+) \|$", re.MULTILINE)
        told = dict(row.findall((SDK / "README.md").read_text()))
        assert told == {path.stem.removesuffix("-rust"): f"{path.stat().st_size:,}" for path in MODULES}
        assert (DIST / "fluxrig-echo-rust.wasm").stat().st_size < 40 * 1024

    def test_every_source_of_a_guest_forbids_unsafe_code(self) -> None:
        roots = [*SDK.glob("conformance/*/src/lib.rs"), *SDK.glob("examples/*/src/lib.rs")]
        assert len(roots) == 15
        assert [path for path in roots if "#![forbid(unsafe_code)]" not in path.read_text()] == []


@pytest.mark.parametrize("profile", ["core", "extended"])
class TestBothFluxrigProfiles:
    def test_it_says_what_it_is(self, load: Load, profile: str) -> None:
        gear = load(f"conformance-fluxrig-{profile}")
        assert (gear.claim.abi, gear.claim.profile) == ("fluxrig", profile)
        assert ask(gear, "contract") == {**CONTRACT, "abi": "fluxrig", "profile": profile}

    def test_each_field_is_changed_as_the_contract_says(self, load: Load, profile: str) -> None:
        given = {
            "int": -1,
            "float": 0.1,
            "text": "é",
            "bool": True,
            "bytes": b"ab",
            "list": [1, [2]],
            "map": {"k": None},
        }
        sent = everything(op="fields", **given)
        ((_, back),) = load(f"conformance-fluxrig-{profile}").process(sent).messages
        changed = {"int": 0, "float": 0.2, "text": "é!", "bool": False, "bytes": b"ba", "list": [[2], 1]}
        assert back == Message(
            EntityId(sent.id[::-1]),
            sent.id,
            "4bf9-ok",
            EntityId(SOURCE[::-1]),
            {"event.type": "t", "conformance": "yes"},
            {"op": "fields", **changed, "map": {"k": None, "added": 1}},
            2**32 - 1,
            b"\xffwar\x00",
            (HOP, Hop(sent.src_id, sent.id, sent.ts)),
            sent.ts + 1,
        )

    def test_values_of_its_own_making_are_exact(self, load: Load, profile: str) -> None:
        gear = load(f"conformance-fluxrig-{profile}")
        types = ask(gear, "types")
        assert (types["uint"], types["text"], types["bytes"]) == (2**64 - 1, ROCKET, b"\x00\x7f\x80\xff")
        assert (types["list"], types["map"]) == ([1, "two", b"\x03", None, []], {"a": {"b": {"c": 1}}})
        numbers = ask(gear, "numbers")
        assert (numbers["integers"][11:14], numbers["integers"][-1]) == ([2**63, 2**64 - 1, -1], -(2**63))
        assert (math.copysign(1, numbers["floats"][1]), math.isnan(numbers["floats"][-1])) == (-1, True)
        assert all(type(number) is float for number in numbers["floats"])

    def test_text_paths_replies_drops_and_logs(self, load: Load, profile: str) -> None:
        gear = load(f"conformance-fluxrig-{profile}")
        assert ask(gear, "text", text="aé🚀") == {"bytes": 7, "scalars": 3, "text": "aé🚀 ✓🚀"}
        assert ask(gear, "lookup", path="a.b", a={"b": None}) == {"found": True, "value": None}
        assert ask(gear, "lookup", path="a.b.c", a={"b": [5]}) == {"found": False, "value": None}
        sent = everything(op="reply")
        ((_, reply),) = gear.process(sent).messages
        assert (reply.ref_id, reply.trace, reply.meta) == (sent.id, "4bf9", sent.meta)
        assert (reply.data, reply.raw, reply.path) == ({"op": "reply"}, None, None)
        assert gear.process(everything(op="drop")).disposition is Disposition.DROP
        assert lines(gear.process(everything(op="log", level="warn", text=ROCKET))) == [(LogLevel.WARN, ROCKET)]
        assert ask(gear, "big", size=70_000)["blob"] == bytes(index % 251 for index in range(70_000))

    def test_a_panic_is_one_line_and_the_next_instance_starts_anew(self, load: Load, profile: str) -> None:
        gear = load(f"conformance-fluxrig-{profile}")
        assert [ask(gear, "count")["count"] for _ in range(2)] == [1, 2]
        outcome = gear.process(everything(op="trap"))
        assert isinstance(outcome.error, GuestTrap)
        ((level, text),) = lines(outcome)
        assert level is LogLevel.ERROR
        assert re.fullmatch(r"panicked at conformance/fluxrig/src/lib\.rs:\d+:\d+: asked to trap", text)
        assert ask(gear, "count") == {"count": 1}

    def test_messages_too_large_for_the_memory_are_errors_and_the_next_goes_on(self, load: Load, profile: str) -> None:
        gear = load(f"conformance-fluxrig-{profile}")
        for size in (300_000, 450_000, 900_000, 300_000):  # all of these inputs fit; what is made of some does not
            outcome = gear.process(everything(op="echo", blob=b"x" * size))
            if size == 300_000:
                assert answers(outcome)[0]["blob"] == b"x" * size
            else:
                assert "no memory is left for the message" in (*(line.text for line in outcome.logs), outcome.reason)
        assert isinstance(gear.process(everything(op="echo", blob=b"x" * MIB)).error, AllocationFailed)
        assert ask(gear, "big", size=1) == {"blob": b"\0"}

    def test_memory_does_not_grow_over_ten_thousand_messages(self, load: Load, profile: str) -> None:
        gear = load(f"conformance-fluxrig-{profile}", pages=4)
        payloads = [everything(op="echo", n=[n], text="x" * (n * 37 % 4000)).to_cbor() for n in range(100)]
        for _ in range(100):
            assert [len(back) for back in gear.call_many("process", payloads)] == [len(sent) for sent in payloads]


FAILURES: Final[list[tuple[dict[str, Any], str]]] = [
    ({"op": "fail", "reason": ROCKET}, ROCKET),
    ({"op": "fail"}, "reason is missing: expected text"),
    ({"op": "nothing"}, "there is no operation nothing"),
    ({"op": 5}, "op: expected text, found integer"),
    ({}, "op is missing: expected text"),
    ({"op": "log", "level": "loud", "text": ""}, "there is no level loud"),
    ({"op": "big", "size": -1}, "size: expected integer of 32 bits, found integer"),
    ({"op": "big", "size": 2**32 - 1}, "size: expected at most 16777216, found 4294967295"),
    ({"op": "fields", "int": 2**63 - 1}, "int is as large as it can be"),
]


@pytest.mark.parametrize(("data", "reason"), FAILURES, ids=lambda value: str(value)[:40])
def test_an_error_is_a_log_line_and_a_drop_in_core_and_a_rejection_in_extended(
    load: Load, data: dict[str, Any], reason: str
) -> None:
    core = load("conformance-fluxrig-core").process(everything(**data))
    assert (core.disposition, lines(core)) == (Disposition.DROP, [(LogLevel.ERROR, reason)])
    extended = load("conformance-fluxrig-extended").process(everything(**data))
    assert (extended.disposition, extended.reason, extended.logs) == (Disposition.REJECT, reason, ())


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "malformed CBOR: it ends too early"),
        (b"\xa0\x00", "malformed CBOR: 1 bytes follow the data item"),
        (b"\x9f" * 1000, "malformed CBOR at byte 32: more than 32 containers inside each other"),
        (b"\x9b" + b"\xff" * 8, "malformed CBOR: it ends too early"),
        (b"\xa1\x62id\xc0\x00", "malformed CBOR at byte 4: a tag"),
        (b"\xa2\x61a\x00\x61a\x00", "malformed CBOR at byte 7: the key a stands twice"),
        (b"\x80", "message: expected map, found array"),
        (cbor2.dumps({"flags": -1}), "flags: expected integer from 0 to 2**32 - 1, found integer"),
        (cbor2.dumps({"path": [{"g": b""}]}), "path: g: expected 16 bytes, found 0"),
    ],
)
def test_bytes_that_are_no_message_are_an_error_of_the_message(load: Load, payload: bytes, reason: str) -> None:
    with pytest.raises(MessageRejected, match=re.escape(reason)):
        load("conformance-fluxrig-extended").call("process", payload)


def test_a_map_of_many_keys_in_any_order_is_read_within_the_deadline(load: Load) -> None:
    data = {"op": "echo", **{str(number * 7919 % 100_003): None for number in range(100_000)}}
    ((_, back),) = load("conformance-fluxrig-core", pages=400).process(Message.new(data)).messages
    assert back.data == data


def in_order(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields in the order of their names in UTF-8, which is how the SDK writes them."""
    return {key: fields[key] for key in sorted(fields, key=str.encode)}


VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=9), inner, max_size=5).map(in_order),
    max_leaves=20,
)
DATA: Final = st.dictionaries(st.text(max_size=9), VALUES, max_size=9).map(in_order)
META: Final = st.dictionaries(st.text(), st.text(), max_size=4).map(in_order)


@pytest.fixture(scope="module")
def echo() -> Iterator[Plugin]:
    """A gear that stays for all examples."""
    with Host() as host:
        yield host.load(DIST / "fluxrig-echo-rust.wasm")


@settings(max_examples=150, deadline=None)
@given(DATA, META)
def test_any_message_comes_back_to_the_byte_but_for_the_order_of_names(
    echo: Plugin, data: dict[str, Any], meta: dict[str, str]
) -> None:
    sent = replace(everything(), data=data, meta=meta).to_cbor()
    assert echo.call("process", sent) == sent


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda rest: b"\xa1\x64data\xa1\x61x" + rest))
def test_no_bytes_make_a_gear_trap(echo: Plugin, payload: bytes) -> None:
    assert isinstance(echo.call("process", payload), bytes)


class TestExtended:
    def test_it_fans_out_and_emits(self, load: Load) -> None:
        gear = load("conformance-fluxrig-extended")
        for count in (1, 3):
            found = answers(gear.process(everything(op="fan_out", count=count)))
            assert [answer["index"] for answer in found] == list(range(count))
        assert gear.process(everything(op="fan_out", count=0)).disposition is Disposition.DROP
        emitted = answers(gear.process(everything(op="emit", count=2, answer=True)))
        assert [answer["index"] for answer in emitted] == [0, 1, 2]
        assert len(answers(gear.process(everything(op="emit", count=2, answer=False)))) == 2

    def test_what_fails_has_sent_nothing(self, load: Load) -> None:
        outcome = load("conformance-fluxrig-extended").process(everything(op="emit_fail", reason="no"))
        assert (outcome.disposition, outcome.reason, outcome.messages) == (Disposition.REJECT, "no", ())

    def test_it_keeps_state(self, load: Load) -> None:
        gear = load("conformance-fluxrig-extended")
        assert ask(gear, "state_get", key="k") == {"value": None}
        for value in (b"\x00\xff", b""):
            assert ask(gear, "state_put", key="k", value=value) == {"stored": True}
            assert ask(gear, "state_get", key="k") == {"value": value}
        assert [ask(gear, "state_count", key="n")["count"] for _ in range(2)] == [1, 2]

    def test_without_the_grant_state_is_refused(self, load: Load) -> None:
        gear = load("conformance-fluxrig-extended", permissions=Permissions())
        assert ask(gear, "state_put", key="k", value=b"v") == {"stored": False}
        assert ask(gear, "state_get", key="k") == {"value": None}

    def test_time_and_randomness_are_the_hosts_and_http_is_refused(self, load: Load) -> None:
        gear = load("conformance-fluxrig-extended")
        assert ask(gear, "time")["time"] > 1_700_000_000 * 10**9
        first, second = (ask(gear, "random", size=16)["bytes"] for _ in range(2))
        assert (len(first), len(second), first == second) == (16, 16, False)
        assert ask(gear, "http", url="http://example.com/", body=b"") == {"refused": True}


class TestPacked:
    def test_it_says_what_it_is_and_transforms(self, load: Load) -> None:
        guest = load("conformance-priostack-packed")
        assert (guest.claim.abi, guest.claim.profile) == ("priostack", "packed")
        assert json.loads(guest.call("contract", b"")) == {**CONTRACT, "abi": "priostack", "profile": "packed"}
        asked = {
            "name": ROCKET,
            "count": 2**62,
            "ratio": 0.1,
            "flags": [True, False],
            "nested": {"a": [None, {"b": 1}]},
        }
        found = json.loads(guest.call("transform", json.dumps(asked).encode()))
        changed = {"name": ROCKET + " ✓", "count": 2**62 + 1, "ratio": 0.2, "flags": [False, True]}
        assert found == {**asked, **changed, "big": 9007199254740993}

    def test_bytes_come_through(self, load: Load) -> None:
        guest = load("conformance-priostack-packed")
        payload = bytes(range(256))
        assert (guest.call("echo", payload), guest.call("reverse", payload)) == (payload, payload[::-1])
        assert (guest.call("echo", b""), guest.call("empty", b"x"), guest.call("length", payload)) == (b"", b"", b"256")
        assert guest.call("repeat", b'{"text": "a\\n\\u00e9", "times": 2}') == "a\néa\né".encode()
        assert len(guest.call("repeat", json.dumps({"text": "x" * 1000, "times": 2000}).encode())) == 2_000_000

    def test_failures_have_exactly_their_text(self, load: Load) -> None:
        guest = load("conformance-priostack-packed")
        for function in ("fail", "fail_object"):
            with pytest.raises(GuestError) as caught:
                guest.call(function, ROCKET.encode())
            assert caught.value.reason == ROCKET
        with pytest.raises(GuestError, match="the input is no text in UTF-8"):
            guest.call("fail", b"\xff")
        with pytest.raises(GuestError, match="missing field `times` at line 1"):
            guest.call("repeat", b'{"text": ""}')
        with pytest.raises(GuestError, match="can't be repeated 4294967295 times"):
            guest.call("repeat", b'{"text": "long", "times": 4294967295}')

    def test_a_panic_in_a_guest_with_std_is_one_line_too(self, load: Load, caplog: pytest.LogCaptureFixture) -> None:
        guest = load("conformance-priostack-packed")
        assert [guest.call("count", b"") for _ in range(2)] == [b"1", b"2"]
        with pytest.raises(GuestTrap):
            guest.call("trap", b"")
        ((level, text),) = [(record.levelname, record.getMessage()) for record in caplog.records]
        assert level == "ERROR"
        assert re.fullmatch(r"panicked at conformance/priostack-packed/src/lib\.rs:\d+:\d+: asked to trap", text)
        assert guest.call("count", b"") == b"1"

    def test_json_as_deep_as_its_reader_takes_fits_on_the_stack(self, load: Load) -> None:
        guest = load("conformance-priostack-packed")
        for opening, closing in (("[", "]"), ('{"a":', "}")):
            for depth, fits in ((126, True), (127, False), (200_000, False)):
                nested = opening * depth + "1" + closing * depth
                payload = f'{{"name":"","count":1,"ratio":1,"flags":[],"nested":{nested}}}'.encode()
                if fits:
                    assert nested.encode() in guest.call("transform", payload)
                else:
                    with pytest.raises(GuestError, match="recursion limit"):
                        guest.call("transform", payload)

    def test_time_and_randomness_are_the_hosts(self, load: Load) -> None:
        guest = load("conformance-priostack-packed")
        assert int(guest.call("current_time", b"")) > 1_700_000_000 * 10**9
        assert len(guest.call("random_bytes", b"1000")) == 1000
        with pytest.raises(PermissionDenied):
            load("conformance-priostack-packed", permissions=Permissions(clock=False)).call("current_time", b"")


class TestExtism:
    def test_functions_answer_and_fail(self, load: Load) -> None:
        guest = load("conformance-extism-actor", config={"label": ROCKET})
        assert json.loads(guest.call("contract", b"")) == {**CONTRACT, "abi": "extism", "profile": "actor"}
        for size in (0, 1, 7, 8, 9, 1000, MIB + 3):
            payload = bytes(index * 31 % 256 for index in range(size))
            assert guest.call("echo", payload) == payload
        assert json.loads(guest.call("config_get", b"label")) == {"value": ROCKET}
        assert json.loads(guest.call("config_get", b"other")) == {"value": None}
        with pytest.raises(GuestError) as caught:
            guest.call("fail", ROCKET.encode())
        assert caught.value.reason == ROCKET
        with pytest.raises(GuestTrap):
            guest.call("trap", b"")

    def test_variables_are_kept(self, load: Load) -> None:
        guest = load("conformance-extism-actor")
        assert [guest.call("count", b"") for _ in range(2)] == [b"1", b"2"]
        assert json.loads(guest.call("var_get", b"count")) == {"value": [2, 0, 0, 0, 0, 0, 0, 0]}
        assert guest.call("var_set", b'{"key": "count", "value": null}') == b"ok"
        assert json.loads(guest.call("var_get", b"count")) == {"value": None}

    @pytest.mark.parametrize("engine", ["wasmtime", "extism"])
    def test_both_engines_run_it(self, load: Load, engine: str) -> None:
        redacted = load("extism-redact", engine=engine).call("redact", "Grüße an <ada@example.com>\n".encode())
        assert redacted == "Grüße an <***>\n".encode()


class TestActor:
    def test_its_metadata_is_complete(self, load: Load) -> None:
        metadata = load("conformance-extism-actor").metadata
        assert (metadata["component"], metadata["version"]) == ("Conformance", "1.0.0")
        assert (len(metadata["inports"]), len(metadata["outports"])) == (13, 13)

    def test_values_of_each_type_come_through(self, load: Load) -> None:
        values: dict[str, Any] = {
            "integer": -(2**63),
            "float": 5e-324,
            "string": ROCKET,
            "object": {"a": 2**64 - 1},
            "flow": None,
        }
        values |= {"array": [1, "two", None], "stream": bytes(range(256)), "optional": None, "error": "no", "any": [[]]}
        sent = Message.new({f"{name}_in": value for name, value in values.items()})
        outcome = load("conformance-extism-actor").process(sent)
        found = {port: message.data for port, message in outcome.messages}
        expected = {f"{name}_out": value if name == "object" else {"value": value} for name, value in values.items()}
        assert found == expected

    def test_operations_answer(self, load: Load) -> None:
        actor = load("conformance-extism-actor", config={"label": "x"})

        def operate(**operation: Any) -> Outcome:
            return actor.process(Message.new({"op": operation}))

        assert len(operate(op="types").messages) == 12
        assert [operate(op="count").messages[0][1].data["count"] for _ in range(2)] == [1, 2]
        assert operate(op="context").messages[0][1].data["config"] == {"label": "x"}
        assert operate(op="state_set", key="k", value=[1]).disposition is Disposition.OK
        assert operate(op="state_get", key="k").messages[0][1].data["value"] == [1]
        sent = operate(op="send", port="p", values=[1, ROCKET])
        assert [(port, message.data) for port, message in sent.messages[:2]] == [
            ("p", {"value": 1}),
            ("p", {"value": ROCKET}),
        ]
        failed = operate(op="fail", reason=ROCKET)
        assert isinstance(failed.error, GuestError)
        assert failed.error.reason == ROCKET
        trapped = operate(op="trap")
        assert isinstance(trapped.error, GuestTrap)
        assert [level for level, _ in lines(trapped)] == [LogLevel.ERROR]

    def test_it_refuses_config_when_told_to(self, load: Load) -> None:
        with pytest.raises(ConfigInvalid):
            load("conformance-extism-actor", config={"refuse": True})

    @pytest.mark.parametrize("depth", [29, 127, 128, 200_000])
    def test_deep_json_never_overflows_the_stack(self, load: Load, depth: int) -> None:
        payload = '{"payload":{"any_in":{"type":"Any","data":' + "[" * depth + "]" * depth + "}}}"
        actor = load("conformance-extism-actor")
        if depth < 128:
            assert b"[" * depth in actor.call("process", payload.encode())
        else:
            with pytest.raises(GuestError, match="port any_in: recursion limit"):
                actor.call("process", payload.encode())


class TestExamples:
    def test_the_threshold_lets_large_payments_through(self, load: Load) -> None:
        gear = load("fluxrig-threshold")
        assert gear.claim.profile == "core"
        ((_, large),) = gear.process(Message.new({"payment": {"amount": 10_000}})).messages
        assert large.meta == {"size": "large"}
        small = gear.process(Message.new({"payment": {"amount": 9_999}}))
        assert (small.disposition, lines(small)) == (Disposition.DROP, [(LogLevel.DEBUG, "9999 is below the limit")])

    def test_orders_are_answered_with_bills(self, load: Load) -> None:
        gear = load("fluxrig-orders")
        assert gear.claim.profile == "core"
        order = Message.new(raw=b'{"items": [{"article": "bolt", "count": 8, "price": 25}]}')
        ((_, bill),) = gear.process(order).messages
        assert (bill.raw, bill.ref_id) == (b'{"articles":1,"net":200,"tax":38,"gross":238}', order.id)

    def test_velocity_counts_in_the_hosts_state_and_alerts(self, load: Load) -> None:
        gear = load("fluxrig-velocity")
        outcomes = [gear.process(Message.new({"card": "a"})) for _ in range(4)]
        assert [answers(outcome)[-1]["velocity"] for outcome in outcomes] == [1, 2, 3, 4]
        assert answers(outcomes[-1])[0] == {"alert": "velocity", "card": "a", "payments": 4}
        denied = load("fluxrig-velocity", permissions=Permissions()).process(Message.new({"card": "a"}))
        assert (denied.disposition, denied.reason) == (Disposition.REJECT, "the host refused to store velocity/a")

    def test_cards_and_addresses_are_redacted(self, load: Load) -> None:
        redacted = load("extism-redact").call("redact", b"pay 4111111111111111 to ada@example.com")
        assert redacted == b"pay *** to ***"

    def test_parcels_are_quoted_by_config(self, load: Load) -> None:
        plugin = load("extism-quote", config={"cents_per_kg": 100})
        assert plugin.call("quote", b'{"grams": 1500}') == b'{"number":1,"cents":200}'
        assert plugin.call("quote", b'{"grams": 1, "express": true}') == b'{"number":2,"cents":200}'
        with pytest.raises(GuestError, match=r"a parcel weighs up to 31\.5 kg, not 0 g"):
            plugin.call("quote", b'{"grams": 0}')

    def test_readings_are_averaged(self, load: Load) -> None:
        actor = load("reflow-average", config={"window": 2, "tolerance": 5})
        found = [actor.process(Message.new({"value": reading}), "reading") for reading in (1.0, 3.0, 5.0, 50.0)]
        means = [dict(outcome.messages)["mean"].data["value"] for outcome in found]
        assert means == [1.0, 2.0, 4.0, 27.5]
        assert dict(found[-1].messages)["alarm"].data == {"reading": 50.0, "mean": 4.0}
        with pytest.raises(ConfigInvalid):
            load("reflow-average", config={"window": 0})

    def test_grave_lines_are_kept(self, load: Load) -> None:
        log = b'{"level":"info"}\n{"level":"error"}\n'
        assert load("packed-lines").call("keep_grave", log) == b'{"level":"error"}\n'

    def test_clients_are_limited(self, load: Load) -> None:
        limiter = load("packed-limiter")
        visits = [json.loads(limiter.call("admit", b'{"client": "ada", "limit": 2}')) for _ in range(3)]
        assert [visit["left"] for visit in visits][:2] == [1, 0]
        assert limiter.call("forget", b"") == b""
        with pytest.raises(GuestError, match="the client has no name"):
            limiter.call("admit", b'{"client": "", "limit": 2}')

    def test_carts_are_priced(self, load: Load) -> None:
        cart = b'{"lines": [{"article": "bolt", "count": 4}], "voucher": "TEN"}'
        assert load("packed-cart").call("price_cart", cart) == b'{"total":90,"discount":10}'
        with pytest.raises(GuestError, match="there is no article screw"):
            load("packed-cart").call("price_cart", b'{"lines": [{"article": "screw", "count": 1}]}')

"""The functions of the module ``env``, on every engine."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import cbor2
import pytest
from tests.conformance.engines.conftest import OpenGuest

from plugbay_conformance.engines.contract import CannedResponse, Event, GuestStopped, PointerSession, Setting, StopKind
from plugbay_conformance.engines.journal import DROPPED, EVENT_BYTES, MOST_BYTES

ALLOCATOR = """(global $heap (mut i32) (i32.const 4096))
  (func (export "alloc") (param $n i32) (result i32)
    (global.set $heap (i32.add (global.get $heap) (local.get $n)))
    (i32.sub (global.get $heap) (local.get $n)))"""
GEAR = """(module
  (import "env" "log" (func $log (param i32 i32 i32)))
  (import "env" "flux_log_info" (func $log_info (param i32 i32)))
  (import "env" "emit" (func $emit (param i32 i32)))
  (import "env" "flux_emit" (func $flux_emit (param i32 i32)))
  (import "env" "reject" (func $reject (param i32 i32)))
  (import "env" "flux_kv_get" (func $get (param i32 i32) (result i64)))
  (import "env" "flux_kv_put" (func $put (param i32 i32 i32 i32) (result i32)))
  (import "env" "flux_req_http" (func $http (param i32 i32 i32 i32) (result i64)))
  (memory (export "memory") 1)
  {allocator}
  (export "log" (func $log)) (export "flux_log_info" (func $log_info)) (export "emit" (func $emit))
  (export "flux_emit" (func $flux_emit)) (export "reject" (func $reject)) (export "get" (func $get))
  (export "put" (func $put)) (export "http" (func $http))
  (func (export "flood") (param $count i32) (param $size i32)
    (loop $again
      (call $log (i32.const 2) (i32.const 0) (local.get $size))
      (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))))"""
TWO_IMPORTS = """(module
  (import "env" "log" (func $log (param i32 i32 i32)))
  (import "env" "now" (func $now (result i64)))
  (import "env" "random" (func $random (param i32 i32)))
  {}
  (memory (export "memory") {pages})
  (export "log" (func $log)) (export "now" (func $now)) (export "random" (func $random)))"""


@pytest.fixture
def gear(open_guest: OpenGuest) -> PointerSession:
    session = open_guest(GEAR.format(allocator=ALLOCATOR))
    session.write(0, b"keyvalue")
    return session


def unpacked(session: PointerSession, packed: int) -> bytes:
    return session.read(packed >> 32, packed & 0xFFFFFFFF)


def test_log_lines_have_the_level_as_the_guest_gave_it(gear: PointerSession) -> None:
    for level in (0, 1, 4, 2**32 - 1):
        gear.call("log", level, 0, 3)
    assert gear.events() == [Event("log", (b"key",), level) for level in (0, 1, 4, 2**32 - 1)]
    assert gear.events() == []


def test_what_is_handed_over_is_noted_by_the_name_of_the_import(gear: PointerSession) -> None:
    for name in ("flux_log_info", "emit", "flux_emit", "reject"):
        gear.call(name, 3, 5)
    assert gear.events() == [
        Event("flux_log_info", (b"value",), 2),
        Event("emit", (b"value",)),
        Event("flux_emit", (b"value",)),
        Event("reject", (b"value",)),
    ]


def test_state_is_kept_and_given_back_in_the_guests_own_memory(gear: PointerSession) -> None:
    assert gear.call("get", 0, 3) == (0,)
    assert gear.call("put", 0, 3, 3, 5) == (0,)
    (packed,) = gear.call("get", 0, 3)
    assert packed >> 32 == 4096
    assert unpacked(gear, packed) == b"value"
    assert gear.state() == {"key": b"value"}
    assert gear.events() == [
        Event("flux_kv_get", (b"key",)),
        Event("flux_kv_put", (b"key", b"value")),
        Event("flux_kv_get", (b"key",)),
    ]


def test_state_begins_as_the_setting_says(open_guest: OpenGuest) -> None:
    start = {"a": b"1", "empty": b""}
    session = open_guest(GEAR.format(allocator=ALLOCATOR), Setting(state=start))
    session.write(0, b"aempty")
    assert unpacked(session, *session.call("get", 0, 1)) == b"1"
    (packed,) = session.call("get", 1, 5)
    assert packed & 0xFFFFFFFF == 0
    assert packed >> 32
    assert session.state() == start
    session.call("put", 0, 1, 1, 1)
    assert start["a"] == b"1"


def test_state_that_is_not_granted_is_refused(open_guest: OpenGuest) -> None:
    session = open_guest(GEAR.format(allocator=ALLOCATOR), Setting(state={"k": b"v"}, grants_state=False))
    session.write(0, b"k")
    assert session.call("get", 0, 1) == (0,)
    assert session.call("put", 0, 1, 0, 1) == (1,)
    assert session.state() == {"k": b"v"}


def test_a_key_that_is_no_text_is_refused(gear: PointerSession) -> None:
    gear.write(0, b"\xff")
    assert gear.call("get", 0, 1) == (0,)
    assert gear.call("put", 0, 1, 0, 1) == (1,)
    assert gear.state() == {}


def test_a_store_that_would_hold_too_much_refuses(open_guest: OpenGuest) -> None:
    session = open_guest(GEAR.format(allocator=ALLOCATOR).replace('"memory") 1', '"memory") 300'))
    session.write(0, b"ab")
    assert session.call("put", 0, 1, 0, 16 * 1024 * 1024 - 1) == (0,)
    assert session.call("put", 1, 1, 0, 0) == (1,)
    assert session.call("put", 0, 1, 0, 5) == (0,)
    assert session.call("put", 1, 1, 0, 0) == (0,)


def test_http_is_answered_from_the_list_alone(open_guest: OpenGuest) -> None:
    answers = (
        CannedResponse("https://a.example/", 200, {"x-one": "1", "B": "2"}, b"\0body"),
        CannedResponse("https://a.example/", 500),
    )
    session = open_guest(GEAR.format(allocator=ALLOCATOR), Setting(responses=answers))
    session.write(0, b"https://a.example/body")
    (packed,) = session.call("http", 0, 18, 18, 4)
    assert cbor2.loads(unpacked(session, packed)) == {
        "status": 200,
        "headers": {"x-one": "1", "B": "2"},
        "body": b"\0body",
    }
    assert session.call("http", 0, 17, 0, 0) == (0,)
    assert session.events() == [
        Event("flux_req_http", (b"https://a.example/", b"body")),
        Event("flux_req_http", (b"https://a.example", b"")),
    ]


@pytest.mark.parametrize(
    ("export", "arguments"),
    [
        ("log", (2, 65536, 1)),
        ("log", (2, 65537, 0)),
        ("log", (2, 2**32 - 1, 2**32 - 1)),
        ("flux_log_info", (65530, 7)),
        ("emit", (0, 65537)),
        ("flux_emit", (2**31, 1)),
        ("reject", (65536, 1)),
        ("get", (65536, 1)),
        ("put", (0, 1, 65536, 1)),
        ("put", (65536, 1, 0, 1)),
        ("http", (65536, 1, 0, 0)),
        ("http", (0, 1, 65536, 1)),
    ],
)
def test_a_pointer_beyond_the_memory_traps_the_guest(
    gear: PointerSession, export: str, arguments: tuple[int, ...]
) -> None:
    with pytest.raises(GuestStopped, match="do not lie in a memory of 65536 bytes") as stopped:
        gear.call(export, *arguments)
    assert stopped.value.kind is StopKind.TRAP


def test_bytes_may_end_where_the_memory_ends(gear: PointerSession) -> None:
    gear.call("log", 2, 65535, 1)
    gear.call("log", 2, 65536, 0)
    assert [event.data for event in gear.events()] == [(b"\0",), (b"",)]


@pytest.mark.parametrize(
    ("allocator", "reason"),
    [
        ("", "needs the module's alloc, which is not there"),
        ('(func (export "alloc") (param i32) (result i32) (i32.const 65535))', "buffer by the allocator: 5 bytes at"),
        ('(func (export "alloc") (param i32) (result i32) (unreachable))', "unreachable"),
        (
            '(func (export "alloc") (param i32) (result i32) (drop (call $get (i32.const 0) (i32.const 1))) '
            "(i32.const 8))",
            "was called by the allocator that it needs",
        ),
        ('(func (export "alloc") (param i32) (result i32) (loop $l (br $l)) (i32.const 0))', "did not answer"),
    ],
)
def test_an_answer_that_cannot_be_handed_over_traps_the_guest(
    open_guest: OpenGuest, allocator: str, reason: str
) -> None:
    session = open_guest(GEAR.format(allocator=allocator), Setting(state={"k": b"value"}, deadline=0.2))
    session.write(0, b"k")
    with pytest.raises(GuestStopped, match=reason):
        session.call("get", 0, 1)


def test_an_allocator_that_has_no_memory_gets_no_answer(open_guest: OpenGuest) -> None:
    allocator = '(func (export "malloc") (param i32) (result i32) (i32.const 0))'
    session = open_guest(GEAR.format(allocator=allocator), Setting(state={"k": b"value"}))
    session.write(0, b"k")
    assert session.call("get", 0, 1) == (0,)


def test_a_flood_of_events_keeps_the_oldest_and_counts_the_rest(gear: PointerSession) -> None:
    gear.call("flood", 20_000, 36)
    events = gear.events()
    kept = MOST_BYTES // (36 + EVENT_BYTES)
    assert len(events) == kept + 1
    assert events[-1] == Event(DROPPED, (str(20_000 - kept).encode(),))
    gear.call("flood", 1, 1)
    assert len(gear.events()) == 1


def test_an_event_too_large_to_keep_is_counted(open_guest: OpenGuest) -> None:
    session = open_guest(GEAR.format(allocator=ALLOCATOR).replace('"memory") 1', '"memory") 20'))
    session.call("emit", 0, MOST_BYTES - EVENT_BYTES)
    assert len(session.events()[0].data[0]) == MOST_BYTES - EVENT_BYTES
    session.call("emit", 0, MOST_BYTES - EVENT_BYTES + 1)
    assert session.events() == [Event(DROPPED, (b"1",))]


def test_a_guest_that_floods_without_end_is_stopped(open_guest: OpenGuest) -> None:
    session = open_guest(GEAR.format(allocator=ALLOCATOR), Setting(deadline=0.3))
    with pytest.raises(GuestStopped) as stopped:
        session.call("flood", 0, 65536)
    assert stopped.value.kind is StopKind.DEADLINE
    assert sum(len(event.data[0]) for event in session.events()) <= MOST_BYTES


def test_the_clock_stands_still(open_guest: OpenGuest) -> None:
    text = TWO_IMPORTS.format("", pages=1)
    session = open_guest(text, Setting(clock=2**62 + 1), abi="priostack", profile="packed")
    assert session.call("now") == session.call("now") == (2**62 + 1,)
    assert session.events() == [Event("now"), Event("now")]


def test_random_bytes_are_the_blocks_of_the_seed(open_guest: OpenGuest) -> None:
    text = TWO_IMPORTS.format("", pages=4)
    blocks = b"".join(
        hashlib.sha256((7).to_bytes(8, "little") + counter.to_bytes(8, "little")).digest() for counter in range(5000)
    )
    session = open_guest(text, Setting(random_seed=7), abi="priostack", profile="packed")
    session.call("random", 0, 5)
    session.call("random", 5, 100_000)
    assert session.read(0, 100_005) == blocks[:100_005]
    assert session.events() == [Event("random"), Event("random")]


def test_random_bytes_beyond_the_memory_trap(open_guest: OpenGuest) -> None:
    session = open_guest(TWO_IMPORTS.format("", pages=1), abi="priostack", profile="packed")
    with pytest.raises(GuestStopped, match="random was given 2 bytes at 0xffff "):
        session.call("random", 65535, 2)


def test_a_guest_that_wants_random_bytes_without_end_is_stopped(open_guest: OpenGuest) -> None:
    text = TWO_IMPORTS.format(
        '(func (export "greedy") (loop $l (call $random (i32.const 0) (i32.const 67108864)) (br $l)))', pages=1024
    )
    session = open_guest(text, Setting(deadline=0.3), abi="priostack", profile="packed")
    with pytest.raises(GuestStopped) as stopped:
        session.call("greedy")
    assert stopped.value.kind is StopKind.DEADLINE


ASSEMBLYSCRIPT = """(module
  (import "env" "abort" (func $abort (param i32 i32 i32 i32)))
  (import "env" "seed" (func $seed (result f64)))
  (memory (export "memory") 1)
  (export "abort" (func $abort)) (export "seed" (func $seed)))"""


def string(text: str | bytes) -> bytes:
    data = text.encode("utf-16-le") if isinstance(text, str) else text
    return len(data).to_bytes(4, "little") + data


def test_abort_stops_the_guest_with_its_text_and_place(open_guest: OpenGuest) -> None:
    session = open_guest(ASSEMBLYSCRIPT, abi="priostack", profile="assemblyscript")
    session.write(96, string("nö 🚀"))
    session.write(196, string("users.ts"))
    with pytest.raises(GuestStopped, match=r"it aborted: nö 🚀 at users.ts:12:5") as stopped:
        session.call("abort", 100, 200, 12, 5)
    assert stopped.value.kind is StopKind.TRAP
    assert session.events() == [Event("abort", ("nö 🚀".encode(), b"users.ts"))]


@pytest.mark.parametrize(
    ("at", "data", "text"),
    [
        (0, b"", ""),
        (2, b"", ""),
        (65540, b"", ""),
        (65534, b"", ""),
        (100, (2**32 - 1).to_bytes(4, "little"), ""),
        (100, string(b"a\0b"), "a"),
        (100, string(b"\x3d\xd8x\0\x80\xde"), "\ufffdx\ufffd"),
    ],
)
def test_a_text_that_is_none_is_shown_as_far_as_it_can_be(
    open_guest: OpenGuest, at: int, data: bytes, text: str
) -> None:
    session = open_guest(ASSEMBLYSCRIPT, abi="priostack", profile="assemblyscript")
    if data:
        session.write(at - 4, data)
    with pytest.raises(GuestStopped):
        session.call("abort", at, 0, 1, 1)
    assert session.events() == [Event("abort", (text.encode(), b""))]


def test_seed_is_a_number_from_one_to_two(open_guest: OpenGuest) -> None:
    session = open_guest(ASSEMBLYSCRIPT, Setting(random_seed=3), abi="priostack", profile="assemblyscript")
    block = hashlib.sha256((3).to_bytes(8, "little") + bytes(8)).digest()
    (bits,) = session.call("seed")
    assert bits == 0x3FF0000000000000 | int.from_bytes(block[:8], "little") >> 12
    assert session.events() == [Event("seed")]


@pytest.mark.parametrize("module", ["wbg", "./users_bg.js"])
@pytest.mark.parametrize("name", ["__wbindgen_throw", "__wbg___wbindgen_throw_0123456789abcdef"])
def test_a_thrown_text_stops_the_guest_with_it(open_guest: OpenGuest, module: str, name: str) -> None:
    session = open_guest(
        f"""(module (import "{module}" "{name}" (func $throw (param i32 i32)))
          (import "{module}" "__wbindgen_init_externref_table" (func $table))
          (memory (export "memory") 1) (data (i32.const 0) "no such user")
          (func (export "f") (call $table) (call $throw (i32.const 0) (i32.const 12))))""",
        abi="priostack",
        profile="wasm-bindgen",
    )
    with pytest.raises(GuestStopped, match="it threw: no such user") as stopped:
        session.call("f")
    assert stopped.value.kind is StopKind.TRAP
    assert session.events() == [Event("__wbindgen_throw", (b"no such user",))]


def test_what_belongs_to_another_convention_is_not_there(open_guest: OpenGuest) -> None:
    with pytest.raises(GuestStopped, match=r"it imports env\.abort, which this host does not have"):
        open_guest(ASSEMBLYSCRIPT, abi="priostack", profile="packed")


def test_events_outlive_the_call_that_made_them(open_guest: OpenGuest) -> None:
    session = open_guest(
        """(module (import "env" "log" (func $log (param i32 i32 i32))) (memory (export "memory") 1)
          (func (export "f") (call $log (i32.const 4) (i32.const 0) (i32.const 0)) (unreachable)))"""
    )
    with pytest.raises(GuestStopped):
        session.call("f")
    assert session.events() == [Event("log", (b"",), 4)]


def test_settings_are_values() -> None:
    assert replace(Setting(), clock=1).clock == 1

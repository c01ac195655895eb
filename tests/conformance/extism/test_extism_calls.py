"""Sessions with Extism plugins: the same on every engine, whatever the plugin does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from tests.conformance.extism.judging import SPECIFICATION, subject_of
from tests.conformance.extism.mutants import build_guest
from tests.conformance.extism.small_guests import ECHO, actor, plugin

from plugbay_conformance.engines.contract import (
    CallOutcome,
    CallSession,
    CallStatus,
    CannedResponse,
    ConformanceEngine,
    GuestStopped,
    LogLine,
    Setting,
    StopKind,
)

Open = Callable[..., CallSession]
_USER = """
  (import "extism:host/user" "__get_state" (func $get_state (param i64) (result i64)))
  (import "extism:host/user" "__set_state" (func $set_state (param i64 i64)))
  (import "extism:host/user" "__send_output" (func $send_output (param i64)))
"""
_WASI = "wasi_snapshot_preview1"
_ERROR_SET = '(import "extism:host/env" "error_set" (func $error_set (param i64)))'
_PROC_EXIT = f'(import "{_WASI}" "proc_exit" (func $proc_exit (param i32)))'


@pytest.fixture
def open_session(engine: ConformanceEngine) -> Iterator[Open]:
    """Opens sessions, and closes them."""
    sessions: list[CallSession] = []

    def open_(module: bytes, setting: Setting | None = None, *, memory_pages: int = 1024) -> CallSession:
        host = replace(SPECIFICATION, memory_pages=memory_pages)
        sessions.append(engine.open_calls(subject_of(module, "plugin"), host, setting or Setting()))
        return sessions[-1]

    yield open_
    for session in sessions:
        session.close()


def test_bytes_come_back(open_session: Open) -> None:
    session = open_session(plugin())
    for payload in (b"", b"\x00\xff", b"x" * 2_000_000):
        assert session.call("f", payload) == CallOutcome(CallStatus.OK, payload, code=session.call("f", b"").code)


def test_an_error_text_is_the_plugins(open_session: Open) -> None:
    session = open_session(plugin("(call $error_set (call $input_offset)) (i32.const 1)", imports=_ERROR_SET))
    outcome = session.call("f", "Grüße 🚀".encode())
    assert (outcome.status, outcome.error) == (CallStatus.ERROR, "Grüße 🚀")
    assert session.call("f", b"again").error == "again"


def test_a_code_without_a_text_has_no_text(open_session: Open) -> None:
    outcome = open_session(plugin("(i32.const 7)")).call("f", b"")
    assert (outcome.status, outcome.error, outcome.code) == (CallStatus.ERROR, "", 7)


@pytest.mark.parametrize(
    "body", ["(unreachable)", "(i32.div_s (i32.const 1) (i32.const 0))", "(i32.load (i32.const -1))"]
)
def test_a_trap_ends_the_call(body: str, open_session: Open) -> None:
    outcome = open_session(plugin(body)).call("f", b"")
    assert outcome.status is CallStatus.TRAP
    assert outcome.error


def test_leaving_with_a_code_ends_the_call(open_session: Open) -> None:
    session = open_session(plugin("(call $proc_exit (i32.const 3)) (i32.const 0)", imports=_PROC_EXIT))
    assert session.call("f", b"").status is CallStatus.TRAP


def test_a_call_that_never_returns_ends_at_its_deadline(open_session: Open) -> None:
    session = open_session(plugin("(loop $on (br $on)) (i32.const 0)"), Setting(deadline=0.3))
    assert session.call("f", b"").status is CallStatus.DEADLINE


def test_a_fresh_session_knows_nothing_of_a_trap(open_session: Open) -> None:
    body = f"(if (i64.eqz (call $input_length)) (then (unreachable))) {ECHO}"
    assert open_session(plugin(body)).call("f", b"").status is CallStatus.TRAP
    assert open_session(plugin(body)).call("f", b"x").output == b"x"


def test_an_instance_that_ended_ends_every_later_call(wasmtime_engine: ConformanceEngine) -> None:
    body = f"(if (i64.eqz (call $input_length)) (then (unreachable))) {ECHO}"
    session = wasmtime_engine.open_calls(subject_of(plugin(body), "plugin"), SPECIFICATION, Setting())
    session.call("f", b"")
    assert session.call("f", b"x").status is CallStatus.TRAP
    session.close()


def test_what_is_not_exported_is_no_answer(open_session: Open) -> None:
    session = open_session(plugin())
    assert session.call("g", b"").status not in (CallStatus.OK, CallStatus.DEADLINE)


@pytest.mark.parametrize(
    "module",
    [
        pytest.param(plugin(imports='(import "other" "f" (func))'), id="import"),
        pytest.param(plugin(imports='(import "extism:host/user" "lookup" (func))'), id="host function"),
        pytest.param(plugin(extra="(func $boom (unreachable)) (start $boom)"), id="start"),
        pytest.param(plugin(extra='(func (export "_initialize") (unreachable))'), id="_initialize"),
    ],
)
def test_what_can_not_be_instantiated_says_so(module: bytes, open_session: Open, engine: ConformanceEngine) -> None:
    try:
        outcome = open_session(module).call("f", b"")
    except GuestStopped as stopped:
        assert stopped.kind is StopKind.LINK  # noqa: PT017 # or it is no exception: see below
    else:
        assert engine.name == "wazero", "Extism's Go SDK runs the start-up at the first call"
        assert outcome.status is CallStatus.TRAP


def test_the_host_profile_bounds_memory(open_session: Open) -> None:
    grow = "(i32.add (memory.grow (i32.const 20)) (i32.const 1))"
    assert open_session(plugin(grow), memory_pages=16).call("f", b"").code != 2
    assert open_session(plugin(grow), memory_pages=64).call("f", b"").code == 2


def test_state_is_the_settings_and_then_the_plugins(open_session: Open) -> None:
    session = open_session(build_guest(0), Setting(state={"a": b'{"n": 9007199254740993}'}))
    assert session.state() == {"a": {"n": 9007199254740993}}
    _operate(session, '{"op": "state_set", "key": "b", "value": [1, null]}')
    assert session.state() == {"a": {"n": 9007199254740993}, "b": [1, None]}


def test_what_was_sent_is_told_once_and_in_order(open_session: Open) -> None:
    session = open_session(build_guest(0))
    _operate(session, '{"op": "send", "port": "p", "values": [1, 2.5, "three"]}')
    assert session.sent() == [{"p": 1}, {"p": 2.5}, {"p": "three"}]
    assert session.sent() == []


@pytest.mark.parametrize(
    "call", ["(call $set_state (call $input_offset) (call $input_offset))", "(call $send_output (call $input_offset))"]
)
def test_no_json_for_reflows_functions_fails_the_call(call: str, open_session: Open) -> None:
    session = open_session(plugin(f"{call} (i32.const 0)", imports=_USER))
    assert session.call("f", b"{").status is not CallStatus.OK


def test_a_missing_key_is_null(open_session: Open) -> None:
    answer = "(local $h i64) (local.set $h (call $get_state (call $input_offset)))"
    body = f"{answer} (call $output_set (local.get $h) (call $length (local.get $h))) (i32.const 0)"
    length = '(import "extism:host/env" "length" (func $length (param i64) (result i64)))'
    session = open_session(plugin(body, imports=_USER + length), Setting(state={"k": b'"v"'}))
    assert session.call("f", b"k").output == b'"v"'
    assert session.call("f", b"absent").output in (b"null", b"")


def test_config_is_the_settings(open_session: Open) -> None:
    session = open_session(build_guest(0), Setting(config={"k": "v ✓"}))
    assert session.call("config_get", b"k").output == '{"value":"v ✓"}'.encode()
    assert open_session(build_guest(0)).call("config_get", b"k").output == b'{"value":null}'


@pytest.mark.parametrize("level", ["trace", "debug", "info", "warn", "error"])
def test_log_lines_are_told_once_with_their_level(level: str, open_session: Open, engine: ConformanceEngine) -> None:
    session = open_session(build_guest(0))
    session.call("write_log", f'{{"level": "{level}", "text": "a line"}}'.encode())
    assert session.logs() == ([] if engine.name == "libextism" else [LogLine(level, "a line")])
    assert session.logs() == []


def test_a_plugin_may_log_its_whole_input(open_session: Open) -> None:
    log = '(import "extism:host/env" "log_warn" (func $log_warn (param i64)))'
    session = open_session(plugin("(call $log_warn (call $input_offset)) (i32.const 0)", imports=log))
    assert session.call("f", b"x" * 200_000).status is CallStatus.OK


def test_http_is_answered_from_the_list_and_remembered(open_session: Open, engine: ConformanceEngine) -> None:
    if engine.name == "libextism":
        pytest.skip("libextism's own HTTP is refused")
    canned = CannedResponse("https://canned.example/a", 418, {"x-tea": "yes"}, b"short and stout")
    session = open_session(build_guest(0), Setting(responses=(canned,)))
    request = b'{"url": "https://canned.example/a", "method": "POST", "headers": {"X-One": "1"}, "body": "tea"}'
    outcome = session.call("http", request)
    assert outcome.output.startswith(b'{"status":418,')
    assert b"short and stout" in outcome.output
    (sent,) = session.requests()
    assert (sent.url, sent.method, sent.headers.get("x-one"), sent.body) == (canned.url, "POST", "1", b"tea")
    assert session.requests() == []


def test_http_elsewhere_fails_the_call(open_session: Open) -> None:
    session = open_session(build_guest(0))
    request = b'{"url": "http://127.0.0.1:1/", "method": "GET", "headers": {}, "body": null}'
    assert session.call("http", request).status in (CallStatus.TRAP, CallStatus.ERROR)


def test_repeated_calls_are_told_by_a_digest_that_is_the_same_everywhere(open_session: Open) -> None:
    session = open_session(build_guest(0))
    repeated = session.repeat("echo", [b"", b"one", b"three"], 1_000)
    failing = session.repeat("fail", [b"no"], 10)
    assert repeated.count == 1_000
    outputs = b"\0\0\0\0" + b"\3\0\0\0one" + b"\5\0\0\0three"
    assert repeated.digest == hashlib.sha256(outputs * 333 + b"\0\0\0\0").hexdigest()
    assert failing.digest == hashlib.sha256(b"\xff\xff\xff\xff" * 10).hexdigest()


def test_pages_are_told_where_they_are_known(open_session: Open, engine: ConformanceEngine) -> None:
    grows = f"(drop (memory.grow (i32.const 1))) {ECHO}"
    repeated = open_session(plugin(grows)).repeat("f", [b""], 300)
    known = (101, 301) if engine.name == "wasmtime" else (0, 0)
    assert (repeated.pages_after_first, repeated.pages) == known


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("(unreachable)", StopKind.TRAP),
        ("(loop $on (br $on)) (i32.const 0)", StopKind.DEADLINE),
    ],
)
def test_repeating_what_ends_the_instance_stops(body: str, kind: StopKind, open_session: Open) -> None:
    with pytest.raises(GuestStopped) as stopped:
        open_session(plugin(body), Setting(deadline=0.3)).repeat("f", [b""], 10)
    assert stopped.value.kind is kind


def test_clock_and_randomness_stand_still(open_session: Open, engine: ConformanceEngine) -> None:
    if engine.name == "libextism":
        pytest.skip("libextism's WASI has the real ones")
    imports = f"""
      (import "{_WASI}" "random_get" (func $random_get (param i32 i32) (result i32)))
      (import "{_WASI}" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
    """
    body = """
      (drop (call $random_get (i32.const 8) (i32.const 8)))
      (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 0)))
      (call $say (i32.const 0) (i32.const 16)) (i32.const 0)
    """
    output = open_session(plugin(body, imports=imports), Setting(clock=1_234_567, random_seed=3)).call("f", b"").output
    assert int.from_bytes(output[:8], "little") == 1_234_567
    assert output[8:] == hashlib.sha256((3).to_bytes(8, "little") + bytes(8)).digest()[:8]


def test_an_actors_metadata_can_be_asked_for(open_session: Open) -> None:
    assert open_session(actor(b"{}")).call("get_metadata", b"").output == b"{}"


def _operate(session: CallSession, operation: str) -> None:
    payload = f'{{"payload": {{"op": {{"type": "Object", "data": {operation}}}}}, "config": {{}}, "state": {{}}}}'
    assert session.call("process", payload.encode()).status is CallStatus.OK

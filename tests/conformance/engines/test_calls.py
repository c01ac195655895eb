"""Extism plugins and Reflow's functions on wazero, by Extism's Go SDK, beside plugbay's own adapter on wasmtime."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.conformance.engines.conftest import HOST, subject_of

from plugbay_conformance.engines.contract import (
    CallOutcome,
    CallSession,
    CallStatus,
    CannedResponse,
    GuestStopped,
    LogLine,
    SentRequest,
    Setting,
    StopKind,
)

if TYPE_CHECKING:
    from plugbay_conformance.engines.contract import ConformanceEngine

KERNEL = {
    "alloc": "(param i64) (result i64)",
    "free": "(param i64)",
    "length": "(param i64) (result i64)",
    "store_u8": "(param i64 i32)",
    "load_u8": "(param i64) (result i32)",
    "input_offset": "(result i64)",
    "input_length": "(result i64)",
    "output_set": "(param i64 i64)",
    "error_set": "(param i64)",
    "config_get": "(param i64) (result i64)",
    "var_get": "(param i64) (result i64)",
    "var_set": "(param i64 i64)",
    "http_request": "(param i64 i64) (result i64)",
    "http_status_code": "(result i32)",
    "http_headers": "(result i64)",
    "log_trace": "(param i64)",
    "log_error": "(param i64)",
    "get_log_level": "(result i32)",
}
REFLOW = {
    "__get_state": "(param i64) (result i64)",
    "__set_state": "(param i64 i64)",
    "__send_output": "(param i64)",
}
PLUGIN = f"""(module
  {" ".join(f'(import "extism:host/env" "{name}" (func ${name} {kind}))' for name, kind in KERNEL.items())}
  {" ".join(f'(import "extism:host/user" "{name}" (func ${name} {kind}))' for name, kind in REFLOW.items())}
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00") (data (i32.const 16) "out\\nli")
  (global $calls (mut i32) (i32.const 0))
  (func $input (result i64) (call $input_offset))
  (func $give (param i64) (call $output_set (local.get 0) (call $length (local.get 0))))
  (func $block (param $at i32) (param $n i32) (result i64) (local $h i64) (local $i i32)
    (local.set $h (call $alloc (i64.extend_i32_u (local.get $n))))
    (loop $next
      (call $store_u8 (i64.add (local.get $h) (i64.extend_i32_u (local.get $i)))
        (i32.load8_u (i32.add (local.get $at) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $h))
  (func (export "echo") (result i32) (call $give (call $input)) (i32.const 0))
  (func (export "nothing"))
  (func (export "code") (result i32) (i32.const -7))
  (func (export "long_code") (result i64) (i64.const 0))
  (func (export "fails") (result i32) (call $error_set (call $input)) (i32.const 1))
  (func (export "fails_softly") (result i32) (call $error_set (call $input)) (i32.const 0))
  (func (export "traps") (result i32) (unreachable))
  (func (export "fails_and_traps") (result i32) (call $error_set (call $input)) (unreachable))
  (func (export "exits") (result i32) (call $give (call $input)) (call $exit (i32.const 0)) (i32.const 0))
  (func (export "exits_with_9") (result i32) (call $exit (i32.const 9)) (i32.const 0))
  (func (export "spins") (result i32) (loop $l (br $l)) (i32.const 0))
  (func (export "spins_at_last") (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (i32.eq (global.get $calls) (i32.const 5)) (then (loop $l (br $l)))) (i32.const 0))
  (func (export "two") (result i32 i32) (i32.const 0) (i32.const 0))
  (func (export "takes") (param i32))
  (func (export "config") (result i32) (call $give (call $config_get (call $input))) (i32.const 0))
  (func (export "swap") (result i32) (local $old i64)
    (local.set $old (call $var_get (call $block (i32.const 16) (i32.const 1))))
    (call $var_set (call $block (i32.const 16) (i32.const 1)) (call $input))
    (call $give (local.get $old)) (i32.const 0))
  (func (export "get") (result i32) (call $give (call $http_request (call $input) (i64.const 0)))
    (call $http_status_code))
  (func (export "get_headers") (result i32) (drop (call $http_request (call $input) (i64.const 0)))
    (call $give (call $http_headers)) (i32.const 0))
  (func (export "logs") (result i32) (call $log_error (call $input)) (call $log_trace (call $block (i32.const 16)
    (i32.const 3))) (i32.const 0))
  (func (export "level") (result i32) (call $get_log_level))
  (func (export "prints") (result i32)
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
    (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 32)))
  (func (export "draws") (result i32) (drop (call $random (i32.const 64) (i32.const 40)))
    (call $give (call $block (i32.const 64) (i32.const 40))) (i32.const 0))
  (func (export "times") (result i32) (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 64)))
    (call $give (call $block (i32.const 64) (i32.const 8))) (i32.const 0))
  (func (export "state") (result i32) (call $give (call $__get_state (call $input))) (i32.const 0))
  (func (export "keep") (result i32)
    (call $__set_state (call $block (i32.const 16) (i32.const 1)) (call $input)) (i32.const 0))
  (func (export "send") (result i32) (call $__send_output (call $input)) (i32.const 0))
  (func (export "send_null") (result i32) (call $__send_output (i64.const 0)) (i32.const 0)))"""
OpenPlugin = Callable[..., CallSession]
EXTISM_HOST = replace(HOST, abi="extism")


@pytest.fixture
def open_plugin(engine: ConformanceEngine) -> Iterator[OpenPlugin]:
    opened: list[CallSession] = []

    def open_(setting: Setting | None = None, *, text: str = PLUGIN) -> CallSession:
        session = engine.open_calls(subject_of(text, "extism", "plugin"), EXTISM_HOST, setting or Setting())
        opened.append(session)
        return session

    yield open_
    for session in opened:
        session.close()


@pytest.mark.parametrize("payload", [b"", b"a", bytes(range(256)) * 300])
def test_an_output_comes_back(open_plugin: OpenPlugin, payload: bytes) -> None:
    outcome = open_plugin().call("echo", payload)
    assert (outcome.status, outcome.output) == (CallStatus.OK, payload)


def test_a_function_without_a_result_succeeds(open_plugin: OpenPlugin) -> None:
    assert open_plugin().call("nothing", b"x").status is CallStatus.OK


@pytest.mark.parametrize(("function", "code"), [("code", -7), ("long_code", -1)])
def test_a_code_without_a_text_is_an_error(open_plugin: OpenPlugin, function: str, code: int) -> None:
    session = open_plugin()
    assert session.call(function, b"") == CallOutcome(CallStatus.ERROR, code=code)
    assert session.call("echo", b"goes on").output == b"goes on"


@pytest.mark.parametrize("function", ["fails", "fails_softly"])
def test_the_text_of_an_error_comes_back(open_plugin: OpenPlugin, function: str) -> None:
    session = open_plugin()
    outcome = session.call(function, "no such user ✓".encode())
    assert (outcome.status, outcome.error) == (CallStatus.ERROR, "no such user ✓")
    assert session.call("echo", b"goes on").output == b"goes on"


def test_the_text_of_an_error_counts_beside_a_trap(open_plugin: OpenPlugin) -> None:
    session = open_plugin()
    outcome = session.call("fails_and_traps", b"first this")
    assert (outcome.status, outcome.error) == (CallStatus.ERROR, "first this")
    assert session.call("echo", b"").status is CallStatus.TRAP


def test_a_trap_ends_the_plugin(open_plugin: OpenPlugin) -> None:
    session = open_plugin()
    outcome = session.call("traps", b"")
    assert outcome.status is CallStatus.TRAP
    assert "unreachable" in outcome.error
    assert session.call("echo", b"") == CallOutcome(CallStatus.TRAP, error="the instance ended with an earlier call")


def test_an_exit_with_0_is_a_success_and_the_end(open_plugin: OpenPlugin) -> None:
    session = open_plugin()
    outcome = session.call("exits", b"last words")
    assert (outcome.status, outcome.output) == (CallStatus.OK, b"last words")
    assert session.call("echo", b"") == CallOutcome(CallStatus.TRAP, error="the instance ended with an earlier call")


def test_an_exit_with_another_code_is_none(open_plugin: OpenPlugin) -> None:
    outcome = open_plugin().call("exits_with_9", b"")
    assert (outcome.status, outcome.code) == (CallStatus.TRAP, 9)


def test_a_plugin_that_hangs_is_stopped(open_plugin: OpenPlugin) -> None:
    session = open_plugin(Setting(deadline=0.2))
    assert session.call("spins", b"").status is CallStatus.DEADLINE
    assert session.call("echo", b"").status is CallStatus.TRAP


@pytest.mark.parametrize("function", ["missing", "two", "takes", "memory"])
def test_what_cannot_be_called_is_not(open_plugin: OpenPlugin, function: str) -> None:
    session = open_plugin()
    outcome = session.call(function, b"")
    assert outcome == CallOutcome(CallStatus.TRAP, error=f"it exports no function {function!r} that a host can call")
    assert session.call("echo", b"x").output == b"x"


def test_config_and_variables(open_plugin: OpenPlugin) -> None:
    session = open_plugin(Setting(config={"greeting": "Grüße", "empty": ""}))
    assert session.call("config", b"greeting").output == "Grüße".encode()
    assert session.call("config", b"missing").output == b""
    assert session.call("swap", b"one").output == b""
    assert session.call("swap", b"two").output == b"one"
    assert open_plugin().call("swap", b"").output == b""


def test_http_is_answered_from_the_list_and_told(open_plugin: OpenPlugin) -> None:
    answer = CannedResponse("https://a.example/x?y=1", 201, {"X-One": "1", "Content-Type": "text/plain"}, b"body")
    session = open_plugin(Setting(responses=(answer,)))
    request = b'{"url": "https://a.example/x?y=1", "method": "POST", "headers": {"X-Two": "2"}}'
    outcome = session.call("get", request)
    assert (outcome.status, outcome.code) == (CallStatus.ERROR, 201)
    assert session.requests() == [SentRequest("https://a.example/x?y=1", "POST", {"x-two": "2"}, b"")]
    assert session.requests() == []
    assert session.call("get_headers", request).output in (
        b'{"x-one":"1","content-type":"text/plain"}',
        b'{"content-type":"text/plain","x-one":"1"}',
    )


def test_a_redirect_is_an_answer_like_any_other(open_plugin: OpenPlugin) -> None:
    answer = CannedResponse("https://a.example/", 302, {"location": "https://b.example/"})
    session = open_plugin(Setting(responses=(answer,)))
    assert session.call("get", b'{"url": "https://a.example/"}').code == 302


def test_a_request_without_an_answer_ends_the_plugin(open_plugin: OpenPlugin) -> None:
    session = open_plugin()
    outcome = session.call("get", b'{"url": "https://b.example/"}')
    assert outcome.status is CallStatus.TRAP
    assert "was not granted" in outcome.error
    assert [request.url for request in session.requests()] == ["https://b.example/"]


def test_log_lines_are_the_plugins_alone(open_plugin: OpenPlugin) -> None:
    session = open_plugin()
    session.call("logs", b"first")
    assert session.logs() == [LogLine("error", "first"), LogLine("trace", "out")]
    assert session.logs() == []
    assert session.call("level", b"").status is CallStatus.OK


def test_what_a_plugin_prints_is_logged_by_line(open_plugin: OpenPlugin) -> None:
    session = open_plugin()
    session.call("prints", b"")
    lines = [(line.level, line.text) for line in session.logs()]
    assert sorted(lines) == [("info", "li"), ("info", "out"), ("warn", "li"), ("warn", "out")]


def test_clock_and_randomness_are_the_settings(open_plugin: OpenPlugin, engine: ConformanceEngine) -> None:
    session = open_plugin(Setting(clock=1_600_000_000_123_456_789, random_seed=9))
    assert session.call("times", b"").output == struct.pack("<Q", 1_600_000_000_123_456_789)
    drawn = session.call("draws", b"").output
    other = open_plugin(Setting(random_seed=9)).call("draws", b"").output
    assert drawn == other
    assert drawn != open_plugin(Setting(random_seed=10)).call("draws", b"").output


def test_reflows_state_is_kept_as_json(open_plugin: OpenPlugin) -> None:
    session = open_plugin(Setting(state={"count": b"3"}))
    assert session.call("state", b"count").output == b"3"
    assert session.call("state", b"missing").output == b"null"
    assert session.call("keep", b'{"a": [1, 2.5, "x"]}').status is CallStatus.OK
    assert session.state() == {"count": 3, "o": {"a": [1, 2.5, "x"]}}


@pytest.mark.parametrize(("function", "payload"), [("keep", b"{"), ("keep", b"\xff"), ("send", b"[1]"), ("send", b"1")])
def test_what_is_no_json_fails_the_call(open_plugin: OpenPlugin, function: str, payload: bytes) -> None:
    session = open_plugin()
    assert session.call(function, payload).status is CallStatus.TRAP
    assert session.state() == {}
    assert session.sent() == []


def test_what_is_sent_is_told_in_order(open_plugin: OpenPlugin) -> None:
    session = open_plugin()
    session.call("send", b'{"out": 1, "other": "x"}')
    session.call("send", b"{}")
    assert session.sent() == [{"out": 1, "other": "x"}, {}]
    assert session.sent() == []


def test_a_null_handle_is_no_block(open_plugin: OpenPlugin) -> None:
    assert open_plugin().call("send_null", b"").status is CallStatus.TRAP


def test_calls_are_repeated_and_digested_alike(
    wasmtime_engine: ConformanceEngine, wazero_engine: ConformanceEngine
) -> None:
    digests: list[list[str]] = []
    for engine in (wasmtime_engine, wazero_engine):
        session = engine.open_calls(subject_of(PLUGIN, "extism", "plugin"), EXTISM_HOST, Setting())
        digests.append(
            [session.repeat(name, [b"", b"one", b"x" * 999], 1001).digest for name in ("echo", "fails", "code")]
        )
        assert session.logs() == []
        session.close()
    assert digests[0] == digests[1]


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        ("traps", StopKind.TRAP),
        ("exits", StopKind.EXIT),
        ("exits_with_9", StopKind.EXIT),
        ("spins_at_last", StopKind.DEADLINE),
    ],
)
@pytest.mark.parametrize("is_fresh", [True, False])
def test_a_repetition_that_cannot_go_on_is_stopped(
    open_plugin: OpenPlugin, function: str, kind: StopKind, *, is_fresh: bool
) -> None:
    session = open_plugin(Setting(deadline=0.2))
    if not is_fresh:
        session.call("nothing", b"")
    with pytest.raises(GuestStopped) as stopped:
        session.repeat(function, [b"x"], 100)
    assert stopped.value.kind is kind


def test_a_plugin_that_is_gone_repeats_nothing(wazero_engine: ConformanceEngine) -> None:
    session = wazero_engine.open_calls(subject_of(PLUGIN, "extism", "plugin"), EXTISM_HOST, Setting())
    session.call("traps", b"")
    with pytest.raises(GuestStopped, match="ended with an earlier call"):
        session.repeat("echo", [b""], 1)
    session.close()


@pytest.mark.parametrize(
    "text",
    [
        '(module (import "extism:host/env" "launch" (func)))',
        '(module (memory 1) (data (i32.const 65536) "x") (func (export "f") (result i32) (i32.const 0)))',
    ],
)
def test_a_plugin_that_cannot_be_made_is_no_session(open_plugin: OpenPlugin, text: str) -> None:
    with pytest.raises(GuestStopped) as stopped:
        open_plugin(text=text)
    assert stopped.value.kind is StopKind.LINK


def test_a_host_may_have_fewer_imports(engine: ConformanceEngine) -> None:
    host = replace(HOST, abi="extism", imports=frozenset({"extism:host/env.alloc"}))
    with pytest.raises(GuestStopped, match=r"imports extism:host/env\.free, which") as stopped:
        engine.open_calls(subject_of(PLUGIN, "extism", "plugin"), host, Setting())
    assert stopped.value.kind is StopKind.LINK

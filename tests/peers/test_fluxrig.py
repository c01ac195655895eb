"""The peer takes the same steps as plugbay, so that the comparison is fair, and can't run away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugbay import Limits, Plugin
from plugbay.module.binary import read_module
from plugbay.module.info import Import, ModuleInfo
from plugbay.peers import PeerFailed, Subject
from plugbay.peers.fluxrig import ordinary_wasmtime_calls, why_no_ordinary_calls

LOG = '(import "env" "log" (func $log (param i32 i32 i32)))'


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(payload=st.binary(max_size=70_000))
def test_it_gives_the_same_bytes_as_plugbay(echo: Plugin, echo_gear: bytes, payload: bytes) -> None:
    with ordinary_wasmtime_calls(Subject(echo_gear, echo.info, echo.limits), 1) as call:
        assert call("process", payload) == echo.call("process", payload)


def test_it_frees_what_it_allocates(gear: Callable[..., bytes]) -> None:
    data = gear("(call $number (global.get $live))")
    with ordinary_wasmtime_calls(Subject(data, read_module(data, ""), Limits()), 1) as call:
        assert [call("process", b"x") for _ in range(3)] == [(1).to_bytes(4, "little")] * 3


def test_it_takes_malloc_runs_initialize_and_serves_the_log(gear: Callable[..., bytes]) -> None:
    data = gear(
        "(call $log (i32.const 1) (i32.const 0) (i32.const 0)) (call $number (global.get $ready))",
        imports=LOG,
        alloc="malloc",
        extra='(global $ready (mut i32) (i32.const 0)) (func (export "_initialize") (global.set $ready (i32.const 7)))',
    )
    with ordinary_wasmtime_calls(Subject(data, read_module(data, ""), Limits()), 1) as call:
        assert call("process", b"") == (7).to_bytes(4, "little")


def test_a_dropped_message_is_empty(gear: Callable[..., bytes]) -> None:
    data = gear("(i64.const 0)")
    with ordinary_wasmtime_calls(Subject(data, read_module(data, ""), Limits()), 1) as call:
        assert call("process", b"x") == b""


@pytest.mark.parametrize(
    ("body", "extra"),
    [
        ("unreachable", ""),
        ("(loop $on (br $on)) (i64.const 0)", ""),
        ("(i64.const 0)", "(start $on) (func $on (loop $l (br $l)))"),
    ],
)
def test_a_guest_that_traps_or_never_ends_fails_it(gear: Callable[..., bytes], body: str, extra: str) -> None:
    data = gear(body, extra=extra)
    with (
        pytest.raises(PeerFailed, match="the peer failed"),
        ordinary_wasmtime_calls(Subject(data, read_module(data, ""), Limits(deadline=0.05)), 0.01) as call,
    ):
        call("process", b"x")


def test_the_memory_limit_holds(gear: Callable[..., bytes]) -> None:
    data = gear("(call $number (memory.grow (i32.const 100)))")
    with ordinary_wasmtime_calls(Subject(data, read_module(data, ""), Limits(memory_pages=16)), 1) as call:
        assert call("process", b"x") == b"\xff\xff\xff\xff"


def test_it_drives_what_it_can_serve(echo: Plugin) -> None:
    info = ModuleInfo("", 0, imports=(Import("env", "emit", echo.info.exports[1].type),))
    assert why_no_ordinary_calls(echo.info) is None
    assert why_no_ordinary_calls(info) == "the plugin imports env.emit; the peer serves only env.log"

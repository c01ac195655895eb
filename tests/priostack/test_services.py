"""The clock, randomness and WASI for byte functions: there by default, refused with a typed error."""

from __future__ import annotations

import struct
import time

import pytest
from tests.priostack.conftest import COPY, SHAPES, Shape

from plugbay import Host, Limits, Message, Permissions
from plugbay.errors import GuestError, GuestExit, PermissionDenied

NOW = '(import "env" "now" (func $now (result i64)))'
RANDOM = '(import "env" "random" (func $random (param i32 i32)))'
SEED = '(import "env" "seed" (func $seed (result f64)))'
TIME = """(local $q i32) (local.set $q (call $bump (i32.const 8)))
  (i64.store (local.get $q) (call $now)) (local.get $q) (i32.const 8)"""


def random_bytes(count: int) -> str:
    return f"""(local $q i32) (local.set $q (call $bump (i32.const {count})))
      (call $random (local.get $q) (i32.const {count})) (local.get $q) (i32.const {count})"""


def test_now_is_the_time_of_day_in_nanoseconds(host: Host, shape: Shape) -> None:
    plugin = host.load(shape.build(TIME, imports=NOW))
    before = time.time_ns()
    times = [
        struct.unpack("<q", output)[0] for output in (plugin.call("echo", b""), *plugin.call_many("echo", [b""] * 3))
    ]
    assert before <= times[0] <= times[1] <= times[2] <= times[3] <= time.time_ns()


@pytest.mark.parametrize("count", [0, 1, 16, 65_536, 65_537, 200_000])
def test_random_fills_what_it_is_given(host: Host, shape: Shape, count: int) -> None:
    plugin = host.load(shape.build(random_bytes(count), imports=RANDOM))
    first, second = plugin.call("echo", b""), plugin.call("echo", b"")
    assert len(first) == len(second) == count
    if count >= 16:
        assert first != second
        assert first[-16:] != bytes(16), "the last piece too"


def test_seed_is_a_random_number(host: Host) -> None:
    body = """(local $q i32) (local.set $q (call $bump (i32.const 8)))
      (f64.store (local.get $q) (call $seed)) (local.get $q) (i32.const 8)"""
    plugin = host.load(SHAPES[4].build(body, imports=SEED))
    seeds = {struct.unpack("<d", plugin.call("echo", b""))[0] for _ in range(20)}
    assert len(seeds) == 20
    assert all(1 <= seed < 2 for seed in seeds)


@pytest.mark.parametrize(
    ("imports", "body", "refused", "what"),
    [
        (NOW, TIME, Permissions(clock=False), "clock"),
        (RANDOM, random_bytes(4), Permissions(randomness=False), "randomness"),
    ],
)
def test_what_was_taken_away_fails_the_call(
    host: Host, shape: Shape, imports: str, body: str, refused: Permissions, what: str
) -> None:
    plugin = host.load(shape.build(body, imports=imports), permissions=refused)
    for _ in range(2):
        with pytest.raises(PermissionDenied, match=what) as caught:
            plugin.call("echo", b"")
        assert caught.value.plugin == plugin.name
    assert isinstance(plugin.process(Message.new()).error, PermissionDenied)


def test_a_seed_that_was_taken_away_fails_the_call_too(host: Host) -> None:
    body = f"(drop (call $seed)) {COPY}"
    plugin = host.load(SHAPES[4].build(body, imports=SEED), permissions=Permissions(randomness=False))
    with pytest.raises(PermissionDenied, match="randomness"):
        plugin.call("echo", b"")


def test_logs_may_be_taken_away_without_harm(host: Host, shape: Shape) -> None:
    body = f"(call $log (i32.const 2) (local.get $p) (local.get $n)) {COPY}"
    module = shape.build(body, imports='(import "env" "log" (func $log (param i32 i32 i32)))')
    plugin = host.load(module, permissions=Permissions(log=False))
    outcome = plugin.process(Message.new({"a": 1}))
    assert (outcome.logs, outcome.messages[0][1].data) == ((), {"a": 1})


WASI = """
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))"""


def test_wasi_is_there_and_reaches_nothing(host: Host, shape: Shape, caplog: pytest.LogCaptureFixture) -> None:
    body = f"""
      (if (i32.eq (local.get $n) (i32.const 3)) (then (call $exit (i32.const 7))))
      (drop (call $write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 80)))
      (if (call $write (i32.const 5) (i32.const 64) (i32.const 1) (i32.const 80)) (then (return {COPY})))
      (unreachable)"""
    extra = '(data (i32.const 64) "\\60\\00\\00\\00\\05\\00\\00\\00") (data (i32.const 96) "hello")'
    plugin = host.load(shape.build(body, imports=WASI, extra=extra))
    with caplog.at_level("INFO"):
        assert plugin.call("echo", b"x") == b"x"
    assert "hello" in caplog.text
    with pytest.raises(GuestExit) as caught:
        plugin.call("echo", b"abc")
    assert caught.value.exit_code == 7
    assert plugin.call("echo", b"x") == b"x"


def test_a_guest_that_asks_the_host_has_a_deadline_for_each_call(host: Host, shape: Shape) -> None:
    plugin = host.load(shape.build(TIME, imports=NOW), limits=Limits(deadline=0.5))
    assert len(plugin.call_many("echo", [b""] * 100)) == 100


def test_an_error_object_of_a_guest_that_asks_the_host_is_one_too(host: Host, shape: Shape) -> None:
    plugin = host.load(shape.build(f"(drop (call $now)) {COPY}", imports=NOW))
    with pytest.raises(GuestError, match="bad"):
        plugin.call("echo", b'{"error":"bad"}')
    assert plugin.call("echo", b"x") == b"x"

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

from plugbay import Host, Limits, Message, Permissions, Plugin
from plugbay.errors import (
    BatchError,
    DeadlineExceeded,
    GuestTrap,
    OutputTooLarge,
    PermissionDenied,
    TooManyLogs,
    TooManyMessages,
)

Gear = Callable[..., bytes]

IMPORTS = """
  (import "env" "log" (func $log (param i32 i32 i32)))
  (import "env" "emit" (func $emit (param i32 i32)))
"""
BY_LETTER = """
  (if (i32.eq (i32.load8_u (local.get $p)) (i32.const 76)) (then (loop $again (br $again))))  ;; L
  (if (i32.eq (i32.load8_u (local.get $p)) (i32.const 88)) (then (unreachable)))  ;; X
  (call $copy (local.get $p) (local.get $n))
"""


@pytest.fixture
def plugin(host: Host, gear: Gear) -> Plugin:
    return host.load(gear(BY_LETTER), limits=Limits(deadline=0.1))


def test_a_message_that_fails_neither_loses_nor_reorders_the_others(plugin: Plugin) -> None:
    payloads = [b"0", b"X", b"2", b"L", b"X", b"5", b"X"]
    with pytest.raises(BatchError, match="4 of 7 messages failed") as caught:
        plugin.call_many("process", payloads)
    kinds = [result if isinstance(result, bytes) else type(result) for result in caught.value.results]
    assert kinds == [b"0", GuestTrap, b"2", DeadlineExceeded, GuestTrap, b"5", GuestTrap]
    assert plugin.call_many("process", [b"6", b"7"]) == [b"6", b"7"]


def test_a_batch_has_a_deadline_for_each_message_and_not_for_all(host: Host, gear: Gear) -> None:
    # Each message counts to a few million: alone far below the deadline, together far above.
    body = """
      (local $i i32)
      (loop $again
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 4000000))))
      (call $copy (local.get $p) (local.get $n))"""
    plugin = host.load(gear(body), limits=Limits(deadline=0.25))
    assert plugin.call_many("process", [b"x"] * 200) == [b"x"] * 200


@pytest.mark.parametrize("calls", ["call", "call_many", "process", "process_many"])
def test_a_deadline_stops_a_guest_that_never_ends(plugin: Plugin, calls: str, host: Host, gear: Gear) -> None:
    endless = host.load(gear("(loop $again (br $again)) (i64.const 0)"), limits=Limits(deadline=0.05))
    message = Message.new()
    if calls == "call":
        with pytest.raises(DeadlineExceeded):
            endless.call("process", b"x")
    elif calls == "call_many":
        with pytest.raises(BatchError):
            endless.call_many("process", [b"x", b"y"])
    else:
        outcomes = [endless.process(message)] if calls == "process" else endless.process_many([message, message])
        assert all(isinstance(outcome.error, DeadlineExceeded) for outcome in outcomes)
    assert plugin.call("process", b"others serve on") == b"others serve on"


def test_the_time_between_two_messages_counts_to_neither(host: Host, gear: Gear) -> None:
    # The first message is long enough for the epoch to notice it, the pause is over the deadline.
    body = """
      (local $i i32)
      (loop $again
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 100000000))))
      (call $copy (local.get $p) (local.get $n))"""
    plugin = host.load(gear(body), limits=Limits(deadline=0.6))
    plugin.call("process", b"long")
    time.sleep(0.7)
    assert plugin.call("process", b"later") == b"later"
    assert plugin.call_many("process", [b"later"]) == [b"later"]


@pytest.mark.parametrize("round", range(3))
def test_ctrl_c_stops_a_long_call_and_the_plugin_serves_on(host: Host, gear: Gear, round: int) -> None:  # noqa: A002 # the word
    plugin = host.load(gear(BY_LETTER), limits=Limits(deadline=60))
    threading.Timer(0.05 + 0.003 * round, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        plugin.call("process", b"L")
    assert plugin.call("process", b"again") == b"again"
    plugin.close()


def test_ctrl_c_between_quick_calls_loses_no_instance(host: Host, gear: Gear) -> None:
    plugin = host.load(gear(BY_LETTER), limits=Limits(deadline=5))
    for _ in range(10):
        threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            while True:
                plugin.call("process", b"quick")
        except KeyboardInterrupt:
            pass
    assert plugin.call("process", b"still one instance") == b"still one instance"
    plugin.close()


def test_an_output_over_the_limit_is_refused_and_one_at_it_is_not(host: Host, gear: Gear) -> None:
    plugin = host.load(gear(), limits=Limits(output_bytes=100))
    assert plugin.call("process", bytes(100)) == bytes(100)
    with pytest.raises(OutputTooLarge) as caught:
        plugin.call("process", bytes(101))
    assert (caught.value.limit, caught.value.found) == ("output_bytes", 101)
    assert plugin.call("process", bytes(100)) == bytes(100)


def test_what_is_emitted_counts_to_the_output_and_to_the_messages(host: Host, gear: Gear) -> None:
    body = """
      (call $emit (local.get $p) (local.get $n)) (call $emit (local.get $p) (local.get $n))
      (call $copy (local.get $p) (local.get $n))"""
    wasm = gear(body, imports=IMPORTS)
    message = Message.new()
    size = len(message.to_cbor())
    assert len(host.load(wasm, limits=Limits(output_bytes=3 * size)).process(message).messages) == 3
    assert isinstance(host.load(wasm, limits=Limits(output_bytes=3 * size - 1)).process(message).error, OutputTooLarge)
    assert len(host.load(wasm, limits=Limits(messages_out=3)).process(message).messages) == 3
    for most in (1, 2):
        outcome = host.load(wasm, limits=Limits(messages_out=most)).process(message)
        assert isinstance(outcome.error, TooManyMessages)
        assert outcome.messages == ()


def test_log_text_is_bounded_for_each_message(host: Host, gear: Gear) -> None:
    body = "(call $log (i32.const 2) (local.get $p) (local.get $n)) (call $copy (local.get $p) (local.get $n))"
    plugin = host.load(gear(body, imports=IMPORTS), limits=Limits(log_bytes=1000))
    assert plugin.call_many("process", [bytes(900)] * 5) == [bytes(900)] * 5
    with pytest.raises(TooManyLogs):
        plugin.call("process", bytes(1001))


def test_log_lines_without_permission_vanish(host: Host, gear: Gear) -> None:
    body = "(call $log (i32.const 2) (local.get $p) (local.get $n)) (call $copy (local.get $p) (local.get $n))"
    plugin = host.load(gear(body, imports=IMPORTS), permissions=Permissions(log=False))
    message = Message.new()
    assert plugin.process(message).logs == ()
    assert plugin.process(message).messages == (("out", message),)


@pytest.mark.parametrize("count", [1, 3])
def test_sending_without_permission_fails_that_message_and_no_other(host: Host, gear: Gear, count: int) -> None:
    body = "(call $emit (local.get $p) (local.get $n)) (i64.const 0)"
    plugin = host.load(gear(body, imports=IMPORTS), permissions=Permissions(outputs=False))
    outcomes = plugin.process_many([Message.new()] * count)
    assert [type(outcome.error) for outcome in outcomes] == [PermissionDenied] * count
    with pytest.raises(BatchError) as caught:
        plugin.call_many("process", [b"x"] * count)
    assert [type(result) for result in caught.value.results] == [PermissionDenied] * count
    with pytest.raises(PermissionDenied):
        plugin.call("process", b"x")

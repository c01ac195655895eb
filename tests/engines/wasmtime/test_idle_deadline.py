from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import wasmtime

from plugbay import Host, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugbay import Plugin

DEADLINE = 0.4
BUSY, AT_ONCE = (30_000_000).to_bytes(4, "little"), (1).to_bytes(4, "little")
COUNTING_GEAR = """(module
  (memory (export "memory") 1)
  (func (export "alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "free") (param i32 i32))
  (func (export "process") (param $p i32) (param $n i32) (result i64) (local $left i32)
    (local.set $left (i32.load (local.get $p)))
    (loop $next (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i64.const 0)))"""
"""Counts down from the number in the message: long enough for the watch of the deadline to see it, or at once."""


@pytest.fixture
def plugin() -> Iterator[Plugin]:
    wasm = bytes(wasmtime.wat2wasm(COUNTING_GEAR))
    with Host(limits=Limits(deadline=DEADLINE)) as host, host.load(wasm) as plugin:
        yield plugin


def test_time_between_two_calls_does_not_count_towards_the_deadline(plugin: Plugin) -> None:
    assert plugin.call("process", BUSY) == b""
    time.sleep(DEADLINE + 0.05)
    assert plugin.call("process", AT_ONCE) == b""


def test_time_between_two_batches_does_not_count_towards_the_deadline(plugin: Plugin) -> None:
    assert plugin.call_many("process", [BUSY]) == [b""]
    time.sleep(DEADLINE + 0.05)
    assert plugin.call_many("process", [AT_ONCE]) == [b""]

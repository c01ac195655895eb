"""``plugbay run`` in a process of its own, and gears that do what a message says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from plugbay import Message
from plugbay.message import EntityId
from plugbay.message.ndjson import to_line

IMPORTS = """
  (import "env" "log" (func $log (param i32 i32 i32)))
  (import "env" "reject" (func $reject (param i32 i32)))"""
BODY = """
    (local $verb i32)
    (local.set $verb (i32.load8_u offset=20 (local.get $p)))
    (if (i32.eq (local.get $verb) (i32.const 1)) (then (return (i64.const 0))))
    (if (i32.eq (local.get $verb) (i32.const 2)) (then
      (call $reject (i32.const 16) (i32.const 8)) (return (i64.const 0))))
    (if (i32.eq (local.get $verb) (i32.const 3)) (then unreachable))
    (if (i32.eq (local.get $verb) (i32.const 4)) (then (call $log (i32.const 3) (i32.const 16) (i32.const 8))))
    (if (i32.eq (local.get $verb) (i32.const 5)) (then (loop $spin (br $spin))))
    (call $copy (local.get $p) (local.get $n))"""
REMEMBER = """
    (drop (call $put (i32.add (local.get $p) (i32.const 5)) (i32.const 16) (local.get $p) (i32.const 1)))
    (call $copy (local.get $p) (local.get $n))"""


@pytest.fixture(scope="session")
def line() -> Callable[..., bytes]:
    """A message that tells the gear a verb, as a line."""

    def write(verb: int = 0, n: int = 0, **data: object) -> bytes:
        return to_line(Message(EntityId(n.to_bytes(15, "big") + bytes([verb])), data={"n": n, **data}, ts=n))

    return write


@pytest.fixture(scope="session")
def lines(line: Callable[..., bytes]) -> Callable[..., bytes]:
    """Messages that pass, as lines."""

    def write(count: int, **data: object) -> bytes:
        return b"".join(line(0, n, **data) for n in range(count))

    return write


@pytest.fixture
def told_file(gear_file: Callable[..., Path]) -> Path:
    """A gear that does what the last byte of a message's id says."""
    return gear_file(BODY, imports=IMPORTS, extra='(data (i32.const 16) "too late")')


@pytest.fixture
def remembering_file(gear_file: Callable[..., Path]) -> Path:
    """A gear that keeps the id of every message in its state."""
    imports = '(import "env" "flux_kv_put" (func $put (param i32 i32 i32 i32) (result i32)))'
    return gear_file(REMEMBER, imports=imports)


class Started:
    """A run in a process of its own, with pipes to its streams."""

    def __init__(self, arguments: tuple[object, ...], stdin: Any, preexec_fn: Callable[[], None] | None) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "plugbay", "run", *map(str, arguments)],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=preexec_fn,
        )

    def feed(self, data: bytes) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(data)
        self.child.stdin.flush()

    def read_lines(self, count: int) -> bytes:
        """So many lines, and not a byte more: ``communicate`` would not see what Python had buffered."""
        assert self.child.stdout is not None
        read = bytearray()
        while count and (byte := os.read(self.child.stdout.fileno(), 1)):
            read += byte
            count -= byte == b"\n"
        return bytes(read)

    def close_output(self) -> None:
        assert self.child.stdout is not None
        self.child.stdout.close()

    def errors(self) -> str:
        """Standard error up to its end."""
        assert self.child.stderr is not None
        return self.child.stderr.read().decode()


@pytest.fixture
def start() -> Iterator[Callable[..., Started]]:
    """Starts ``plugbay run``; what still runs at the end is killed."""
    running: list[Started] = []

    def run(*arguments: object, stdin: Any = subprocess.PIPE, preexec_fn: Callable[[], None] | None = None) -> Started:
        running.append(Started(arguments, stdin, preexec_fn))
        return running[-1]

    yield run
    for started in running:
        if started.child.poll() is None:
            started.child.kill()
        started.child.wait(60)
        for stream in (started.child.stdin, started.child.stdout, started.child.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()

"""A gear that does what the last byte of a message's id says, and messages that tell it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Protocol

import pytest

from plugbay import Host, Message
from plugbay.message import EntityId
from plugbay.message.scanner import Scanner

IMPORTS = """
  (import "env" "log" (func $log (param i32 i32 i32)))
  (import "env" "emit" (func $emit (param i32 i32)))
  (import "env" "reject" (func $reject (param i32 i32)))"""
BODY = """
    (local $verb i32) (local $q i32)
    (local.set $verb (i32.load8_u offset=20 (local.get $p)))
    (if (i32.eq (local.get $verb) (i32.const 1)) (then (return (i64.const 0))))
    (if (i32.eq (local.get $verb) (i32.const 2)) (then
      (call $reject (i32.const 16) (i32.const 8)) (return (i64.const 0))))
    (if (i32.eq (local.get $verb) (i32.const 3)) (then unreachable))
    (if (i32.eq (local.get $verb) (i32.const 4)) (then
      (local.set $q (call $alloc (i32.add (i32.const 1) (i32.shl (local.get $n) (i32.const 1)))))
      (i32.store8 (local.get $q) (i32.const 0x82))
      (memory.copy (i32.add (local.get $q) (i32.const 1)) (local.get $p) (local.get $n))
      (memory.copy (i32.add (local.get $q) (i32.add (i32.const 1) (local.get $n))) (local.get $p) (local.get $n))
      (return (call $pack (local.get $q) (i32.add (i32.const 1) (i32.shl (local.get $n) (i32.const 1)))))))
    (if (i32.eq (local.get $verb) (i32.const 5)) (then (return (call $number (i32.const 0xffffffff)))))
    (if (i32.eq (local.get $verb) (i32.const 6)) (then (call $log (i32.const 3) (i32.const 16) (i32.const 8))))
    (if (i32.eq (local.get $verb) (i32.const 7)) (then (call $emit (local.get $p) (local.get $n))))
    (call $copy (local.get $p) (local.get $n))"""
EXTRA = '(data (i32.const 16) "too late")'


class Verb(IntEnum):
    """What the gear shall do with a message."""

    PASS = 0
    DROP = 1
    REJECT = 2
    TRAP = 3
    TWICE = 4
    GARBAGE = 5
    LOG = 6
    EMIT = 7

    @property
    def outputs(self) -> int:
        """Messages that come out."""
        return {Verb.PASS: 1, Verb.TWICE: 2, Verb.LOG: 1, Verb.EMIT: 2}.get(self, 0)


class Saying(Protocol):
    """Makes the message number ``n`` that tells the gear a verb."""

    def __call__(self, verb: Verb, n: int = 0) -> Message: ...


@pytest.fixture(scope="session")
def verbs() -> type[Verb]:
    return Verb


@pytest.fixture(scope="session")
def saying() -> Saying:
    return lambda verb, n=0: Message(EntityId(n.to_bytes(15, "big") + bytes([verb])), data={"n": n}, ts=n)


@pytest.fixture(scope="session")
def mixed_gear(gear: Callable[..., bytes]) -> bytes:
    """The gear that does as it is told."""
    return gear(BODY, imports=IMPORTS, extra=EXTRA)


@pytest.fixture(scope="session")
def shared_host() -> Iterator[Host]:
    with Host() as host:
        yield host


@pytest.fixture(scope="session")
def scanner(shared_host: Host) -> Iterator[Scanner]:
    with shared_host.new_scanner() as scanner:
        yield scanner

"""Hostile guests and what every one of them must leave unharmed.

A guest made by ``guest`` is an honest echo but for what the test puts in, and it is hostile only towards messages of
:data:`EVIL_SIZE` bytes: so the same guest must serve the harmless message that follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import wasmtime

from plugbay import Host, Limits, Message, Outcome, Plugin
from plugbay.errors import BatchError, PlugbayError

EVIL_SIZE = 333
GUEST = """
(module $hostile
  {imports}
  {memory}
  (global $heap (mut i32) (i32.const 8192))
  (global $live (mut i32) (i32.const 0))
  (func $bump (param $n i32) (result i32) (local $p i32)
    (local.set $p (global.get $heap))
    (global.set $live (i32.add (global.get $live) (i32.const 1)))
    (global.set $heap (i32.add (local.get $p) (i32.and (i32.add (local.get $n) (i32.const 15)) (i32.const -8))))
    (local.get $p))
  (func $release (param $p i32) (param $n i32)
    (global.set $live (i32.sub (global.get $live) (i32.const 1)))
    (if (i32.le_s (global.get $live) (i32.const 0)) (then
      (global.set $live (i32.const 0))
      (global.set $heap (i32.const 8192)))))
  (func $pack (param $q i32) (param $k i32) (result i64)
    (i64.or (i64.shl (i64.extend_i32_u (local.get $q)) (i64.const 32)) (i64.extend_i32_u (local.get $k))))
  (func $copy (param $p i32) (param $n i32) (result i64) (local $q i32)
    (local.set $q (call $bump (local.get $n)))
    (memory.copy (local.get $q) (local.get $p) (local.get $n))
    (call $pack (local.get $q) (local.get $n)))
  (func $is_evil (param $n i32) (result i32) (i32.eq (local.get $n) (i32.const {size})))

  (func $evil_alloc (param $n i32) (result i32) {alloc})
  (func $evil_free (param $p i32) (param $n i32) {free})
  (func $evil_process (param $p i32) (param $n i32) (result i64) {process})

  (func $alloc (export "alloc") (param $n i32) (result i32)
    (if (result i32) (call $is_evil (local.get $n))
      (then (call $evil_alloc (local.get $n))) (else (call $bump (local.get $n)))))
  (func $free (export "free") (param $p i32) (param $n i32)
    (if (call $is_evil (local.get $n)) (then (call $evil_free (local.get $p) (local.get $n))))
    (call $release (local.get $p) (local.get $n)))
  (func $process (export "process") (param $p i32) (param $n i32) (result i64)
    (if (result i64) (call $is_evil (local.get $n))
      (then (call $evil_process (local.get $p) (local.get $n))) (else (call $copy (local.get $p) (local.get $n)))))
  {extra})
"""
HONEST_MEMORY = '(memory (export "memory") 1)'
HONEST_ALLOC = "(call $bump (local.get $n))"
HONEST_PROCESS = "(call $copy (local.get $p) (local.get $n))"

Strike = Callable[..., PlugbayError]


def _message_of(size: int) -> Message:
    bare = len(Message.new(data={"pad": "x" * 200}).to_cbor()) - 200
    message = Message.new(data={"pad": "x" * (size - bare)})
    assert len(message.to_cbor()) == size
    return message


@pytest.fixture(scope="session")
def evil() -> Message:
    """The message that makes a hostile guest hostile."""
    return _message_of(EVIL_SIZE)


@pytest.fixture(scope="session")
def good() -> Message:
    """A message that every guest echoes."""
    return Message.new(data={"amount": 1299, "card": "4711"})


@pytest.fixture(scope="session")
def guest() -> Callable[..., bytes]:
    """Builds a guest: hostile bodies for alloc, free and process (parameters ``$p`` and ``$n``), and what they need."""

    def build(
        process: str = HONEST_PROCESS,
        *,
        alloc: str = HONEST_ALLOC,
        free: str = "",
        memory: str = HONEST_MEMORY,
        imports: str = "",
        extra: str = "",
    ) -> bytes:
        text = GUEST.format(
            process=process, alloc=alloc, free=free, memory=memory, imports=imports, extra=extra, size=EVIL_SIZE
        )
        return bytes(wasmtime.wat2wasm(text))

    return build


@pytest.fixture(scope="session")
def roomy() -> Limits:
    """Limits small enough to reach, with more time than any honest guest needs on a busy machine."""
    return Limits(deadline=5.0, memory_pages=16, table_elements=100, log_bytes=4096, output_bytes=65536)


@pytest.fixture(scope="session")
def hasty(roomy: Limits) -> Limits:
    """The same with a deadline short enough to wait for."""
    return roomy.with_changes(deadline=0.1)


@pytest.fixture(scope="module")
def arena(roomy: Limits) -> Iterator[Host]:
    """The host that hostile guests are let loose in."""
    with Host(limits=roomy) as host:
        yield host


@pytest.fixture(scope="module")
def neighbour(arena: Host, guest: Callable[..., bytes]) -> Plugin:
    """An honest guest in the same host."""
    return arena.load(guest(), name="neighbour")


@pytest.fixture(params=["call", "call_many", "process", "process_many", "process_encoded"])
def way(request: pytest.FixtureRequest) -> str:
    """Each way to send a message to a plugin."""
    return str(request.param)


@pytest.fixture(params=["process", "process_many", "process_encoded"])
def typed_way(request: pytest.FixtureRequest) -> str:
    """Each way whose results are judged as messages."""
    return str(request.param)


@pytest.fixture
def strike(neighbour: Plugin, evil: Message, good: Message) -> Strike:
    """Sends the evil message in one of the ways and returns the error that stopped the guest.

    In a batch it stands between good ones, whose results must not suffer. Afterwards the neighbour must serve, and the
    guest itself too unless it ``recovers`` not.
    """

    def strike(plugin: Plugin, way: str, *, recovers: bool = True) -> PlugbayError:
        error = _sent(plugin, way, evil, good)
        assert error.plugin == plugin.name
        assert str(error).startswith(f"{plugin.name}: ")
        for other in (neighbour, plugin) if recovers else (neighbour,):
            outcome = other.process(good).raise_for_error()
            assert [message for _, message in outcome.messages] == [good]
        return error

    return strike


def _sent(plugin: Plugin, way: str, evil: Message, good: Message) -> PlugbayError:
    batch = [good, evil, good]
    encoded = [message.to_cbor() for message in batch]
    if way == "call":
        with pytest.raises(PlugbayError) as raised:
            plugin.call("process", encoded[1])
        return raised.value
    if way == "call_many":
        with pytest.raises(BatchError) as failed:
            plugin.call_many("process", encoded)
        results = list(failed.value.results)
        assert [results[0], *results[2:]] == [encoded[0], encoded[2]]
        error = results[1]
        assert isinstance(error, PlugbayError)
        return error
    if way == "process":
        return _error(plugin.process(evil))
    if way == "process_many":
        outcomes = plugin.process_many(batch)
        assert [outcome.messages for outcome in [outcomes[0], *outcomes[2:]]] == [(("out", good),)] * 2
        return _error(outcomes[1])
    entries = plugin.process_encoded(encoded)
    assert entries is not None
    assert [_as_encoded(entry) for entry in [entries[0], *entries[2:]]] == [encoded[0], encoded[2]]
    failure = entries[1]
    assert isinstance(failure, Outcome)
    return _error(failure)


def _as_encoded(entry: bytes | Outcome) -> bytes:
    """A guest that asks the host for something is answered by outcomes; the result is the same message."""
    if isinstance(entry, bytes):
        return entry
    ((_, message),) = entry.raise_for_error().messages
    return message.to_cbor()


def _error(outcome: Outcome) -> PlugbayError:
    assert outcome.disposition == "error"
    assert outcome.messages == ()
    assert outcome.error is not None
    return outcome.error


@pytest.fixture
def refusal(arena: Host, neighbour: Plugin, good: Message) -> Callable[..., PlugbayError]:
    """Loads a module that must be refused and returns the error; the neighbour must serve afterwards."""

    def refusal(module: bytes | str, **options: object) -> PlugbayError:
        data = bytes(wasmtime.wat2wasm(module)) if isinstance(module, str) else module
        with pytest.raises(PlugbayError) as raised:
            arena.load(data, name="hostile", **options)  # type: ignore[arg-type] # whatever the test passes
        outcome = neighbour.process(good).raise_for_error()
        assert [message for _, message in outcome.messages] == [good]
        return raised.value

    return refusal

"""Guests that answer nonsense: bytes that are no CBOR, CBOR that is no message, messages by the hundred thousand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cbor2
import pytest

from plugbay import Host, Limits, Message, Outcome
from plugbay.errors import MalformedCbor, NotAMessage, PlugbayError, TooManyMessages

EMIT = '(import "env" "emit" (func $emit (param i32 i32)))'
DATA = 1024
"""Where the answers lie: below the heap, so that freeing one harms nothing."""


def _escaped(data: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in data)


def _answer(encoded: bytes) -> dict[str, str]:
    """The parts of a guest that answers these bytes."""
    return {
        "process": f"(call $pack (i32.const {DATA}) (i32.const {len(encoded)}))",
        "extra": f'(data (i32.const {DATA}) "{_escaped(encoded)}")',
    }


def _with(**fields: Any) -> bytes:
    """An otherwise empty message with these fields."""
    return cbor2.dumps(fields)


def _nested(depth: int, opening: bytes) -> bytes:
    return b"\xa1\x64data\xa1\x61x" + opening * depth + b"\xf6"


MALFORMED = {
    "one zero byte more than a message": b"\xa0\x00",
    "two messages end to end": b"\xa0\xa0",
    "a truncated map": b"\xa2\x62ts\x00",
    "a map that promises 2**32 entries": b"\xba\xff\xff\xff\xff",
    "a map that promises 2**64 - 1 entries": b"\xbb" + b"\xff" * 8,
    "an array that promises 2**63 messages": b"\x9b\x80" + b"\x00" * 7,
    "bytes that promise 4 GiB": b"\xa1\x63raw\x5a\xff\xff\xff\xff",
    "a text that promises more than there is": b"\xa1\x65trace\x79\xff\xff\x61",
    "a lone break": b"\xff",
    "a break in the place of a value": b"\xbf\x62ts\xff",
    "a reserved length": b"\xa1\x62ts\x1c",
    "text that is not UTF-8": b"\xa1\x65trace\x62\xc3\x28",
    "text with half a surrogate": b"\xa1\x65trace\x63\xed\xa0\x80",
    "a key that stands twice": b"\xa2\x62ts\x00\x62ts\x01",
    "a key of data that stands twice": b"\xa1\x64data\xa2\x61a\x00\x61a\x00",
    "nested seven thousand deep": _nested(7000, b"\x81"),
    "nested one level too deep": _nested(33, b"\x81"),
    "maps nested too deep": _nested(40, b"\xa1\x61x"),
    "tags nested too deep": _nested(5_000, b"\xc1"),
    "a date": b"\xa1\x62ts\xc1\x00",
    "a big number": b"\xa1\x62ts\xc2\x49" + b"\xff" * 9,
    "a shared reference to itself": b"\xd8\x1c\x81\xd8\x1d\x00",
}
NO_MESSAGE = {
    "a number": b"\x17",
    "null": b"\xf6",
    "a text": b"\x65hello",
    "an array of numbers": b"\x82\x01\x02",
    "an array with a number at its end": b"\x82\xa0\x01",
    "an array in an array": b"\x81\x80",
    "an id of 15 bytes": _with(id=b"x" * 15),
    "an id that is text": _with(id="0" * 16),
    "flags below zero": _with(flags=-1),
    "flags of 33 bits": _with(flags=2**32),
    "a time of 65 bits": _with(ts=2**63),
    "a time that is a fraction": _with(ts=1.5),
    "a time that is true": _with(ts=True),
    "meta with a number": _with(meta={"a": 1}),
    "meta that is an array": _with(meta=[]),
    "data that is text": _with(data="x"),
    "raw that is text": _with(raw="x"),
    "a trace that is null": _with(trace=None),
    "a path of 65 hops": _with(path=[{"g": b"x" * 16, "p": b"x" * 16, "t": 1}] * 65),
    "a hop that is a number": _with(path=[1]),
    "a key that is a number": b"\xa1\x01\x02",
    "a key of data that is an array": b"\xa1\x64data\xa1\x80\x00",
}


@pytest.mark.parametrize("encoded", MALFORMED.values(), ids=MALFORMED)
def test_bytes_that_are_not_strict_cbor_are_malformed(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], typed_way: str, encoded: bytes
) -> None:
    error = strike(arena.load(guest(**_answer(encoded)), name="hostile"), typed_way)
    assert isinstance(error, MalformedCbor)
    assert str(len(encoded)) in error.reason
    assert error.found == encoded[:32].hex(" ")
    assert error.hint


@pytest.mark.parametrize("encoded", NO_MESSAGE.values(), ids=NO_MESSAGE)
def test_cbor_that_is_no_message_is_refused(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], typed_way: str, encoded: bytes
) -> None:
    error = strike(arena.load(guest(**_answer(encoded)), name="hostile"), typed_way)
    assert isinstance(error, NotAMessage)
    assert error.hint


@pytest.mark.parametrize("encoded", [*MALFORMED.values(), *NO_MESSAGE.values()], ids=[*MALFORMED, *NO_MESSAGE])
def test_an_emitted_message_is_judged_like_a_result(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], encoded: bytes
) -> None:
    parts = _answer(encoded)
    body = f"(call $emit (i32.const {DATA}) (i32.const {len(encoded)})) (call $copy (local.get $p) (local.get $n))"
    plugin = arena.load(guest(body, imports=EMIT, extra=parts["extra"]), name="hostile")
    assert isinstance(strike(plugin, "process_many"), MalformedCbor | NotAMessage)
    assert isinstance(strike(plugin, "process_encoded"), MalformedCbor | NotAMessage)


@pytest.mark.parametrize("encoded", [*MALFORMED.values(), *NO_MESSAGE.values()], ids=[*MALFORMED, *NO_MESSAGE])
def test_a_raw_call_hands_out_whatever_the_guest_answered(
    arena: Host, guest: Callable[..., bytes], evil: Message, encoded: bytes
) -> None:
    plugin = arena.load(guest(**_answer(encoded)), name="raw")
    assert plugin.call("process", evil.to_cbor()) == encoded


STRANGE = {
    "an empty map": b"\xa0",
    "a map of no known length": b"\xbf\xff",
    "NaN": b"\xa1\x64data\xa1\x61x\xf9\x7e\x00",
    "infinity": b"\xa1\x64data\xa1\x61x\xfb\x7f\xf0" + b"\0" * 6,
    "a number in more bytes than it needs": b"\xa1\x62ts\x1b" + b"\0" * 7 + b"\x01",
    "nested as deep as it may be": _nested(29, b"\x81"),
    "unknown keys": _with(nobody="knows"),
}


@pytest.mark.parametrize("encoded", STRANGE.values(), ids=STRANGE)
def test_a_strange_message_is_still_a_message(
    arena: Host, guest: Callable[..., bytes], evil: Message, encoded: bytes
) -> None:
    plugin = arena.load(guest(**_answer(encoded)), name="strange")
    outcome = plugin.process(evil).raise_for_error()
    assert (outcome.disposition, len(outcome.messages)) == ("ok", 1)
    assert plugin.process_encoded([evil.to_cbor()]) == [encoded]


FAN_OUT = """(i32.store8 (i32.const 16384) (i32.const 0x9a)) (i32.store (i32.const 16385) (i32.const {swapped}))
  (memory.fill (i32.const 16389) (i32.const 0xa0) (i32.const {count}))
  (call $pack (i32.const 16384) (i32.add (i32.const 5) (i32.const {count})))"""


def _fan_out(count: int) -> str:
    return FAN_OUT.format(count=count, swapped=int.from_bytes(count.to_bytes(4, "big"), "little"))


@pytest.mark.parametrize("count", [1001, 100_000])
def test_a_fan_out_of_more_messages_than_allowed_is_stopped(
    arena: Host,
    guest: Callable[..., bytes],
    roomy: Limits,
    strike: Callable[..., PlugbayError],
    typed_way: str,
    count: int,
) -> None:
    module = guest(_fan_out(count), memory='(memory (export "memory") 4)')
    plugin = arena.load(module, name="hostile", limits=roomy.with_changes(output_bytes=1_000_000))
    error = strike(plugin, typed_way)
    assert isinstance(error, TooManyMessages)
    assert (error.limit, error.expected) == ("messages_out", 1000)
    assert error.hint


def test_a_fan_out_of_just_as_many_as_allowed_is_good(arena: Host, guest: Callable[..., bytes], evil: Message) -> None:
    outcome = arena.load(guest(_fan_out(1000)), name="generous").process(evil).raise_for_error()
    assert len(outcome.messages) == 1000


def test_a_fan_out_of_none_is_a_drop(arena: Host, guest: Callable[..., bytes], evil: Message) -> None:
    outcome = arena.load(guest(**_answer(b"\x80")), name="silent").process(evil)
    assert (outcome.disposition, outcome.messages, outcome.error) == ("drop", (), None)


def test_a_message_over_two_mebibytes_is_not_one(
    arena: Host, guest: Callable[..., bytes], roomy: Limits, strike: Callable[..., PlugbayError], typed_way: str
) -> None:
    size = 2 * 1024 * 1024 + 1
    head = b"\xa1\x63raw\x5a" + size.to_bytes(4, "big")
    module = guest(
        f"(call $pack (i32.const 65536) (i32.const {len(head) + size}))",
        memory='(memory (export "memory") 40)',
        extra=f'(data (i32.const 65536) "{_escaped(head)}")',
    )
    limits = roomy.with_changes(memory_pages=64, output_bytes=4 * 1024 * 1024)
    error = strike(arena.load(module, name="hostile", limits=limits), typed_way)
    assert isinstance(error, NotAMessage)
    assert error.found == size


def test_a_guest_that_may_send_nothing_sends_nothing(
    arena: Host, guest: Callable[..., bytes], roomy: Limits, evil: Message
) -> None:
    plugin = arena.load(guest(), name="mute", limits=roomy.with_changes(messages_out=0))
    (entry,) = plugin.process_encoded([evil.to_cbor()]) or []
    assert isinstance(entry, Outcome)
    for outcome in (entry, plugin.process(evil)):
        assert isinstance(outcome.error, TooManyMessages)

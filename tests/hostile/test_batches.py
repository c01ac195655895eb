"""Whatever happens to some messages of a batch, the others keep their places and their results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugbay import Disposition, Host, Limits, Message, Outcome, Plugin
from plugbay.errors import (
    AllocationFailed,
    BatchError,
    GuestTrap,
    InputTooLarge,
    MalformedCbor,
    MessageRejected,
    NotAMessage,
    OutputOverlapsInput,
    OutputTooLarge,
    PlugbayError,
    PointerOutOfBounds,
    TooManyLogs,
    TooManyMessages,
)

IMPORTS = """(import "env" "log" (func $log (param i32 i32 i32)))
  (import "env" "emit" (func $emit (param i32 i32)))
  (import "env" "reject" (func $reject (param i32 i32)))"""
BODIES = {
    "trap": "(unreachable)",
    "wild pointer": "(return (i64.const -1))",
    "overlap": "(return (call $pack (local.get $p) (local.get $n)))",
    "too large": "(return (call $pack (i32.const 0) (i32.const 7000)))",
    "log flood": "(loop $on (call $log (i32.const 1) (i32.const 0) (i32.const 100)) (br $on))",
    "emit flood": "(loop $on (call $emit (local.get $p) (i32.const 1)) (br $on))",
    "drop": "(return (i64.const 0))",
    "reject": "(call $reject (i32.const 16) (i32.const 6)) (return (i64.const 0))",
    "garbage": "(return (call $pack (i32.const 32) (i32.const 2)))",
    "no message": "(return (call $pack (i32.const 34) (i32.const 1)))",
    "log": "(call $log (i32.const 3) (i32.const 16) (i32.const 6))",
    "emit": "(call $emit (local.get $p) (local.get $n))",
}
"""What the guest does with a message whose last byte is the number of an entry; with any other it echoes."""
CODES = {name: code for code, name in enumerate(BODIES, 1)}
ERRORS: dict[str, type[PlugbayError]] = {
    "trap": GuestTrap,
    "wild pointer": PointerOutOfBounds,
    "overlap": OutputOverlapsInput,
    "too large": OutputTooLarge,
    "log flood": TooManyLogs,
    "emit flood": TooManyMessages,
    "garbage": MalformedCbor,
    "no message": NotAMessage,
    "oversized": InputTooLarge,
    "no memory": AllocationFailed,
}
OVERSIZED_BYTES = 2001
DATA = r"""(data (i32.const 16) "reason") (data (i32.const 32) "\ff\ff\17")"""
TIME = 1 << 40
KINDS = ("echo", *BODIES, "no memory", "oversized")
KIND_LISTS = st.lists(st.sampled_from(KINDS), max_size=40)
AGAIN = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def moody(arena: Host, guest: Callable[..., bytes], roomy: Limits) -> Plugin:
    """The guest that does what the last byte of a message says."""
    cases = "".join(
        f"(if (i32.eq (local.get $mood) (i32.const {CODES[name]})) (then {body}))" for name, body in BODIES.items()
    )
    mood = "(local.set $mood (i32.load8_u (i32.sub (i32.add (local.get $p) (local.get $n)) (i32.const 1))))"
    module = guest(
        alloc="(i32.const 0)",
        imports=IMPORTS,
        extra=f"""{DATA}
        (func (export "moody") (param $p i32) (param $n i32) (result i64) (local $mood i32)
          {mood} {cases} (call $copy (local.get $p) (local.get $n)))""",
    )
    return arena.load(
        module,
        name="moody",
        config={"entrypoint": "moody"},
        limits=roomy.with_changes(output_bytes=6000, input_bytes=2000, log_bytes=1000, messages_out=10),
    )


def _message(kind: str, number: int) -> Message:
    """A message of that kind, unlike any other: its time ends with the code that the guest reads."""
    size = {"no memory": 333, "oversized": OVERSIZED_BYTES}.get(kind, 0)
    padded = Message.new(data={"number": number, "pad": "x" * (1000 if size > 1000 else 100)})
    pad = size - len(padded.to_cbor()) + len(padded.data["pad"]) if size else 0
    return replace(padded, data={"number": number, "pad": "x" * pad}, ts=TIME + CODES.get(kind, 0))


def _judge_outcome(kind: str, message: Message, outcome: Outcome) -> None:
    if kind in ERRORS:
        assert type(outcome.error) is ERRORS[kind]
        assert outcome.messages == ()
        return
    assert outcome.error is None
    sent = {"drop": 0, "reject": 0, "emit": 2}.get(kind, 1)
    assert outcome.messages == (("out", message),) * sent
    assert outcome.disposition == {"drop": Disposition.DROP, "reject": Disposition.REJECT}.get(kind, Disposition.OK)
    assert outcome.reason == ("reason" if kind == "reject" else None)
    assert [text for _, text in outcome.logs] == (["reason"] if kind == "log" else [])


@given(kinds=KIND_LISTS)
@AGAIN
def test_outcomes_line_up_with_their_messages(moody: Plugin, kinds: list[str]) -> None:
    messages = [_message(kind, number) for number, kind in enumerate(kinds)]
    outcomes = moody.process_many(messages)
    assert len(outcomes) == len(messages)
    for kind, message, outcome in zip(kinds, messages, outcomes, strict=True):
        _judge_outcome(kind, message, outcome)


@given(kinds=KIND_LISTS)
@AGAIN
def test_encoded_results_line_up_with_their_messages(moody: Plugin, kinds: list[str]) -> None:
    messages = [_message(kind, number) for number, kind in enumerate(kinds)]
    entries = moody.process_encoded([message.to_cbor() for message in messages])
    assert entries is not None
    for kind, message, entry in zip(kinds, messages, entries, strict=True):
        if isinstance(entry, bytes):
            assert kind == "echo"
            assert entry == message.to_cbor()
        else:
            _judge_outcome(kind, message, entry)


@given(kinds=KIND_LISTS)
@AGAIN
def test_raw_results_line_up_with_their_payloads(moody: Plugin, kinds: list[str]) -> None:
    payloads = [_message(kind, number).to_cbor() for number, kind in enumerate(kinds)]
    results: list[bytes | PlugbayError]
    try:
        results = list(moody.call_many("moody", payloads))
    except BatchError as error:
        results = list(error.results)
    raw = {"drop": b"", "garbage": b"\xff\xff", "no message": b"\x17"}
    for kind, payload, result in zip(kinds, payloads, results, strict=True):
        if isinstance(result, bytes):
            assert result == raw.get(kind, payload)
        else:
            assert type(result) is (MessageRejected if kind == "reject" else ERRORS[kind])


@given(kinds=KIND_LISTS)
@AGAIN
def test_a_batch_and_single_messages_end_alike(moody: Plugin, kinds: list[str]) -> None:
    messages = [_message(kind, number) for number, kind in enumerate(kinds)]
    together = moody.process_many(messages)
    alone = [moody.process(message) for message in messages]
    assert [(one.disposition, one.messages, one.logs, one.reason, type(one.error)) for one in together] == [
        (one.disposition, one.messages, one.logs, one.reason, type(one.error)) for one in alone
    ]

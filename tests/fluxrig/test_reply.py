from __future__ import annotations

import struct

import pytest

from plugbay import Disposition, Limits, LogLevel, Message
from plugbay.engines.wasmtime.mailbox import Record
from plugbay.errors import NotAMessage, TooManyMessages
from plugbay.outcome import LogRecord, Outcome
from plugbay_adapters.fluxrig.reply import Reply, outcome_of, plain_reply, split_records

MESSAGES = [Message.new(data={"n": number}) for number in range(4)]
ENCODED = [message.to_cbor() for message in MESSAGES]


def outcome(reply: Reply, limits: Limits | None = None) -> Outcome:
    return outcome_of(reply, plugin="gear", limits=limits or Limits(), fuel=7, seconds=0.5)


def area(*records: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack("<II", kind, len(data)) + data for kind, data in records)


def test_a_plain_reply_is_its_message() -> None:
    result = outcome(plain_reply(ENCODED[0]))
    assert (result.disposition, result.messages) == (Disposition.OK, (("out", MESSAGES[0]),))
    assert (result.fuel, result.seconds) == (7, 0.5)


def test_emitted_messages_come_before_the_result_and_fan_outs_open_up() -> None:
    fan_out = b"\x82" + ENCODED[2] + ENCODED[3]
    result = outcome(Reply(Disposition.OK, fan_out, (ENCODED[0], ENCODED[1])))
    assert [message for _, message in result.messages] == MESSAGES


@pytest.mark.parametrize("reply", [Reply(Disposition.DROP, b""), Reply(Disposition.OK, b"\x80")])
def test_no_message_at_all_is_a_drop(reply: Reply) -> None:
    assert outcome(reply) == Outcome(Disposition.DROP, fuel=7, seconds=0.5)


def test_a_rejection_keeps_its_reason_and_log() -> None:
    line = LogRecord(LogLevel.WARN, "bad")
    result = outcome(Reply(Disposition.REJECT, b"", logs=(line,), reason="no"))
    assert (result.disposition, result.reason, result.logs) == (Disposition.REJECT, "no", (line,))


def test_emitted_and_returned_messages_count_together() -> None:
    reply = Reply(Disposition.OK, b"\x82" + ENCODED[2] + ENCODED[3], (ENCODED[0], ENCODED[1]))
    assert len(outcome(reply, Limits(messages_out=4)).messages) == 4
    with pytest.raises(TooManyMessages):
        outcome(reply, Limits(messages_out=3))


def test_what_is_emitted_must_be_messages_too() -> None:
    with pytest.raises(NotAMessage):
        outcome(Reply(Disposition.OK, b"", (b"\x01",)))


def test_records_are_told_apart() -> None:
    records = split_records(
        area(
            (Record.INFO, b"one"),
            (Record.EMIT, b"first"),
            (Record.REJECT, b"because"),
            (Record.EMIT, b"second"),
            (Record.ERROR, b"two"),
        )
    )
    assert records.logs == (LogRecord(LogLevel.INFO, "one"), LogRecord(LogLevel.ERROR, "two"))
    assert records.emitted == (b"first", b"second")
    assert records.reason == "because"

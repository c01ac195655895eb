"""Guests that talk too much: log lines, messages beside the result, reasons."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plugbay import Host, Limits, LogLevel, Message, Permissions
from plugbay.errors import (
    GuestTrap,
    MessageRejected,
    OutputTooLarge,
    PermissionDenied,
    PlugbayError,
    TooManyLogs,
    TooManyMessages,
)

LOG = '(import "env" "log" (func $log (param i32 i32 i32)))'
EMIT = '(import "env" "emit" (func $emit (param i32 i32)))'
REJECT = '(import "env" "reject" (func $reject (param i32 i32)))'
ECHO = "(call $copy (local.get $p) (local.get $n))"


def _repeat(times: int, call: str) -> str:
    return f"""(local $i i32)
      (loop $on {call}
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $on (i32.lt_u (local.get $i) (i32.const {times}))))"""


LOG_FLOODS = {
    "one huge line": "(call $log (i32.const 2) (i32.const 0) (i32.const 65536))",
    "one line over the limit": "(call $log (i32.const 2) (i32.const 0) (i32.const 4089))",
    "a length of all ones": "(call $log (i32.const 2) (i32.const 0) (i32.const -1))",
    "many small lines": _repeat(1_000_000, "(call $log (i32.const 2) (i32.const 0) (i32.const 1))"),
    "many empty lines": _repeat(1_000_000, "(call $log (i32.const 2) (i32.const 0) (i32.const 0))"),
    "a huge line after a small one": """(call $log (i32.const 2) (i32.const 0) (i32.const 1))
      (call $log (i32.const 2) (i32.const 0) (i32.const 4090))""",
}


@pytest.mark.parametrize("body", LOG_FLOODS.values(), ids=LOG_FLOODS)
def test_a_log_flood_is_stopped(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], way: str, body: str
) -> None:
    error = strike(arena.load(guest(f"{body} {ECHO}", imports=LOG), name="hostile"), way)
    assert isinstance(error, TooManyLogs)
    assert (error.limit, error.expected) == ("log_bytes", 4096)
    assert error.hint


def test_what_was_logged_before_the_flood_was_stopped_is_kept(
    arena: Host, guest: Callable[..., bytes], evil: Message
) -> None:
    flood = _repeat(1_000_000, "(call $log (i32.const 3) (i32.const 0) (i32.const 8))")
    plugin = arena.load(guest(f"{flood} {ECHO}", imports=LOG), name="hostile")
    outcome = plugin.process(evil)
    assert isinstance(outcome.error, TooManyLogs)
    assert [record.level for record in outcome.logs] == [LogLevel.WARN] * 256  # of 8 bytes and a header of 8


@pytest.mark.parametrize("pointer", [65536, -1, 65530])
def test_a_log_line_beyond_memory_traps(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], way: str, pointer: int
) -> None:
    body = f"(call $log (i32.const 2) (i32.const {pointer}) (i32.const 100)) {ECHO}"
    error = strike(arena.load(guest(body, imports=LOG), name="hostile"), way)
    assert isinstance(error, GuestTrap)
    assert error.trap == "out of bounds memory access"


@pytest.mark.parametrize("level", [0, 5, 16, 17, 18, -1, 1 << 31])
def test_a_level_that_there_is_not_is_info(arena: Host, guest: Callable[..., bytes], evil: Message, level: int) -> None:
    body = f"(call $log (i32.const {level}) (i32.const 0) (i32.const 2)) {ECHO}"
    outcome = arena.load(guest(body, imports=LOG, extra='(data (i32.const 0) "hi")'), name="odd").process(evil)
    assert [(record.level, record.text) for record in outcome.logs] == [(LogLevel.INFO, "hi")]
    assert outcome.messages == (("out", evil),)


def test_a_log_line_that_is_not_utf_8_is_kept_readable(arena: Host, guest: Callable[..., bytes], evil: Message) -> None:
    module = guest(
        f"(call $log (i32.const 4) (i32.const 0) (i32.const 4)) {ECHO}",
        imports=LOG,
        extra=r'(data (i32.const 0) "a\ff\c0z")',
    )
    ((level, text),) = arena.load(module, name="odd").process(evil).logs
    assert (level, text) == (LogLevel.ERROR, "a\ufffd\ufffdz")


def test_logging_in_the_start_up_counts_too(guest: Callable[..., bytes], refusal: Callable[..., PlugbayError]) -> None:
    flood = _repeat(1_000_000, "(call $log (i32.const 3) (i32.const 0) (i32.const 8))")
    error = refusal(guest(imports=LOG, extra=f"(func $start {flood}) (start $start)"))
    assert isinstance(error, TooManyLogs)
    assert (error.plugin, error.limit) == ("hostile", "log_bytes")


EMIT_FLOODS = {
    "many": (_repeat(1_000_000, "(call $emit (local.get $p) (local.get $n))"), TooManyMessages, "messages_out"),
    "one too many": (_repeat(6, "(call $emit (local.get $p) (local.get $n))"), TooManyMessages, "messages_out"),
    "empty ones": (_repeat(1_000_000, "(call $emit (i32.const 0) (i32.const 0))"), TooManyMessages, "messages_out"),
    "a huge one": ("(call $emit (i32.const 0) (i32.const 65537))", OutputTooLarge, "output_bytes"),
    "huge in the end": (_repeat(5, "(call $emit (i32.const 0) (i32.const 14000))"), OutputTooLarge, "output_bytes"),
    "a length of all ones": ("(call $emit (i32.const 0) (i32.const -1))", OutputTooLarge, "output_bytes"),
}


@pytest.mark.parametrize(("body", "expected", "limit"), EMIT_FLOODS.values(), ids=EMIT_FLOODS)
def test_an_emit_flood_is_stopped(
    arena: Host,
    guest: Callable[..., bytes],
    roomy: Limits,
    strike: Callable[..., PlugbayError],
    way: str,
    body: str,
    expected: type[PlugbayError],
    limit: str,
) -> None:
    limits = roomy.with_changes(messages_out=5)
    error = strike(arena.load(guest(f"{body} {ECHO}", imports=EMIT), name="hostile", limits=limits), way)
    assert type(error) is expected
    assert (error.limit, error.expected) == (limit, getattr(limits, limit))
    assert error.hint


def test_the_result_counts_with_what_was_emitted(
    arena: Host, guest: Callable[..., bytes], roomy: Limits, strike: Callable[..., PlugbayError], typed_way: str
) -> None:
    body = _repeat(5, "(call $emit (local.get $p) (local.get $n))")
    limits = roomy.with_changes(messages_out=5)
    error = strike(arena.load(guest(f"{body} {ECHO}", imports=EMIT), name="hostile", limits=limits), typed_way)
    assert type(error) is TooManyMessages
    assert error.limit == "messages_out"


def test_emitting_without_the_permission_is_refused(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], way: str
) -> None:
    module = guest(f"(call $emit (local.get $p) (local.get $n)) {ECHO}", imports=EMIT)
    error = strike(arena.load(module, name="hostile", permissions=Permissions.none()), way)
    assert isinstance(error, PermissionDenied)
    assert error.hint


@pytest.mark.parametrize("pointer", [65536, -1])
def test_emitting_beyond_memory_traps(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], way: str, pointer: int
) -> None:
    module = guest(f"(call $emit (i32.const {pointer}) (i32.const 9)) {ECHO}", imports=EMIT)
    assert isinstance(strike(arena.load(module, name="hostile"), way), GuestTrap)


REJECT_FLOODS = {
    "many": _repeat(1_000_000, "(call $reject (i32.const 0) (i32.const 9))"),
    "many empty ones": _repeat(1_000_000, "(call $reject (i32.const 0) (i32.const 0))"),
    "a huge one": "(call $reject (i32.const 0) (i32.const 65537))",
}


@pytest.mark.parametrize("body", REJECT_FLOODS.values(), ids=REJECT_FLOODS)
def test_a_reject_flood_is_stopped(
    arena: Host, guest: Callable[..., bytes], strike: Callable[..., PlugbayError], way: str, body: str
) -> None:
    error = strike(arena.load(guest(f"{body} {ECHO}", imports=REJECT), name="hostile"), way)
    assert isinstance(error, OutputTooLarge)
    assert (error.limit, error.expected) == ("output_bytes", 65536)


def test_a_message_that_is_rejected_twice_has_the_last_reason_and_is_no_failure(
    arena: Host, guest: Callable[..., bytes], evil: Message
) -> None:
    module = guest(
        f"(call $reject (i32.const 0) (i32.const 5)) (call $reject (i32.const 5) (i32.const 6)) {ECHO}",
        imports=REJECT,
        extra='(data (i32.const 0) "firstsecond")',
    )
    plugin = arena.load(module, name="fickle")
    outcome = plugin.process(evil)
    assert (outcome.disposition, outcome.reason, outcome.messages) == ("reject", "second", ())
    with pytest.raises(MessageRejected, match="second") as raised:
        plugin.call("process", evil.to_cbor())
    assert raised.value.plugin == "fickle"

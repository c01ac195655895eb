from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from plugbay.engines.wasmtime.mailbox import Service
from plugbay.engines.wasmtime.service_calls import Answer, ServiceCalls, service_handlers, split_pair
from plugbay.errors import DeadlineExceeded, HttpFailed, PermissionDenied, StateQuotaExceeded
from plugbay.limits import Limits
from plugbay.outcome import LogLevel
from plugbay.permissions import Permissions
from plugbay.services import HostServices, HttpClient
from plugbay.state import MemoryStore

REFUSED = 2**64 - 1


def connected(handler: Callable[[bytes], Answer]) -> tuple[ServiceCalls, bytearray]:
    mailbox = bytearray(b"....request.....")
    calls = ServiceCalls({1: handler}, note_bytes=200)

    def write(start: int, data: bytes) -> None:
        mailbox[start : start + len(data)] = data

    calls.connect(lambda start, size: bytes(mailbox[start : start + size]), write)
    return calls, mailbox


def services(permissions: Permissions, limits: Limits | None = None) -> HostServices:
    return HostServices("gear", permissions, limits or Limits(), MemoryStore(), HttpClient())


def test_an_answer_is_its_length_and_then_its_bytes() -> None:
    calls, mailbox = connected(lambda request: request.upper())
    assert calls.service(1, 4, 7) == 7
    calls.fetch(4)
    assert mailbox == b"....REQUEST....."


def test_a_number_is_answered_directly() -> None:
    calls, _ = connected(lambda _request: 42)
    assert calls.service(1, 0, 0) == 42


def test_what_is_absent_is_answered_as_such_without_a_line_in_the_log() -> None:
    calls, _ = connected(lambda _request: None)
    assert calls.service(1, 0, 0) == REFUSED
    assert calls.take_notes() == ()


def test_arguments_arrive_as_raw_values_whose_upper_half_means_nothing() -> None:
    calls, _ = connected(lambda request: request)
    assert calls.service(1 | 7 << 32, 4 | 9 << 40, 7 | 1 << 33) == 7


@pytest.mark.parametrize(
    "error",
    [
        PermissionDenied("state was not granted"),
        HttpFailed("no route"),
        StateQuotaExceeded("too much"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    ],
)
def test_a_refused_service_tells_the_guest_nothing_and_the_log_everything(error: Exception) -> None:
    def refuse(_request: bytes) -> Answer:
        raise error

    calls, _ = connected(refuse)
    assert calls.service(1, 0, 0) == REFUSED
    (note,) = calls.take_notes()
    assert note.level is LogLevel.WARN
    assert note.text.startswith("host refused: ")
    assert calls.take_notes() == ()


def test_a_guest_that_asks_again_and_again_fills_no_log() -> None:
    def refuse(_request: bytes) -> Answer:
        raise HttpFailed("n" * 90)

    calls, _ = connected(refuse)
    for _ in range(1000):
        calls.service(1, 0, 0)
    assert len(calls.take_notes()) == 2
    calls.service(1, 0, 0)
    assert len(calls.take_notes()) == 1


def test_the_deadline_stops_the_guest() -> None:
    def late(_request: bytes) -> Answer:
        raise DeadlineExceeded("too late")

    calls, _ = connected(late)
    with pytest.raises(DeadlineExceeded):
        calls.service(1, 0, 0)


def test_pairs_are_split_by_the_length_of_the_first() -> None:
    assert split_pair(struct.pack("<I", 3) + b"keyvalue") == (b"key", b"value")
    assert split_pair(struct.pack("<I", 0)) == (b"", b"")


def test_state_clock_and_randomness_are_served() -> None:
    handlers = service_handlers(services(Permissions(state=True)))
    assert handlers[Service.STATE_GET](b"key") is None
    assert handlers[Service.STATE_PUT](struct.pack("<I", 3) + b"keyvalue") == 0
    assert handlers[Service.STATE_GET](b"key") == b"value"
    now = handlers[Service.CLOCK](b"")
    assert isinstance(now, int)
    assert now > 1_600_000_000 * 10**9
    random = handlers[Service.RANDOM](struct.pack("<I", 16))
    assert isinstance(random, bytes)
    assert len(random) == 16
    assert handlers[Service.SLEEP](struct.pack("<Q", 1)) == 0


def test_nobody_sleeps_past_the_deadline() -> None:
    limited = services(Permissions(), Limits(deadline=0.001))
    assert service_handlers(limited)[Service.SLEEP](struct.pack("<Q", 2**63)) == 0
    assert limited.remaining() == 0

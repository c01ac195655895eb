"""Answers a driver's requests to the host: the part of a guest's imports that needs Python."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from plugbay.engines.wasmtime.mailbox import OWN_SERVICES, Service
from plugbay.errors import DeadlineExceeded, HttpFailed, LimitExceeded, PermissionDenied
from plugbay.outcome import LogLevel, LogRecord

if TYPE_CHECKING:
    from plugbay.services import HostServices

Answer = bytes | int | None
"""Bytes for the guest, a plain number, or None for absent or refused."""
Handler = Callable[[bytes], Answer]
Handlers = Mapping[int, Handler]

_REFUSED = (1 << 64) - 1
_U32 = struct.Struct("<I")


def service_handlers(services: HostServices) -> dict[int, Handler]:
    """The handlers that every ABI shares: state, clock, randomness, sleep."""

    def state_put(request: bytes) -> Answer:
        key, value = split_pair(request)
        services.state_put(key.decode(), value)
        return 0

    def sleep(request: bytes) -> Answer:
        seconds = int.from_bytes(request, "little") / 1e9
        time.sleep(max(0.0, min(seconds, services.remaining())))
        return 0

    return {
        Service.STATE_GET: lambda request: services.state_get(request.decode()),
        Service.STATE_PUT: state_put,
        Service.CLOCK: lambda _request: services.now_ns(),
        Service.RANDOM: lambda request: services.random(_U32.unpack(request)[0]),
        Service.SLEEP: sleep,
    }


def split_pair(request: bytes) -> tuple[bytes, bytes]:
    """The two byte strings of a request: u32 length of the first, the first, the second."""
    (size,) = _U32.unpack_from(request)
    return request[4 : 4 + size], request[4 + size :]


class ServiceCalls:
    """The host's side of ``host.service`` and ``host.fetch`` for one instance.

    A service that is refused, and HTTP that fails, answers "absent" to the guest and leaves a log line that says why;
    an adapter's own operations fail the call instead. The deadline stops the guest, and so does a store that can't be
    used: a guest that took that for "absent" would overwrite what is there.
    """

    def __init__(self, handlers: Handlers, *, note_bytes: int) -> None:
        self._handlers = handlers
        self._answer = b""
        self._notes: list[LogRecord] = []
        self._note_bytes = note_bytes
        self._bytes_left = note_bytes

    def connect(self, read: Callable[[int, int], bytes], write: Callable[[int, bytes], None]) -> None:
        """Give the mailbox's read and write; before that no guest runs."""
        self._read = read
        self._write = write

    def service(self, operation: int, start: int, size: int) -> int:
        """Do an operation on the request at ``start``: the answer's length, a number, or all ones when refused."""
        try:
            answer = self._handlers[operation & 0xFFFFFFFF](self._read(start & 0xFFFFFFFF, size & 0xFFFFFFFF))
        except DeadlineExceeded:
            raise
        except (PermissionDenied, LimitExceeded, HttpFailed) as error:
            if operation & 0xFFFFFFFF >= OWN_SERVICES:
                raise
            self._note(f"host refused: {error.reason}")
            return _REFUSED
        except UnicodeDecodeError:
            self._note("host refused: a key or URL is not UTF-8")
            return _REFUSED
        if answer is None:
            return _REFUSED
        if isinstance(answer, int):
            return answer
        self._answer = answer
        return len(answer)

    def fetch(self, start: int) -> None:
        """Write the last answer where the driver reserved its length."""
        self._write(start & 0xFFFFFFFF, self._answer)
        self._answer = b""

    def take_notes(self) -> tuple[LogRecord, ...]:
        """The log lines of refused services since the last call."""
        notes = tuple(self._notes)
        self._notes.clear()
        self._bytes_left = self._note_bytes
        return notes

    def _note(self, text: str) -> None:
        """Keep a line about a refusal; a guest that asks again and again gets no more of them than log text."""
        if self._bytes_left > 0:
            self._bytes_left -= len(text)
            self._notes.append(LogRecord(LogLevel.WARN, text))

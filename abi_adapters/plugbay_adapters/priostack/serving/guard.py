"""Bounds on what a connection may cost: uvicorn's HTTP protocol with a size for heads, and times for slow clients.

A client that sends or takes a byte now and then holds its place no longer than the bounds say. The times are looked
at once a second for all connections together, so that a request pays for no timer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

    from uvicorn._types import ASGI3Application
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from plugbay_adapters.priostack.serving.settings import ServeSettings

_CHUNK_FRAMING: Final = 16
"""Bytes around each chunk of a body that count as body; trailers count as head."""
_PHRASES: Final = {
    400: b"Bad Request",
    408: b"Request Timeout",
    431: b"Request Header Fields Too Large",
    503: b"Service Unavailable",
}


@dataclass(frozen=True, slots=True)
class ConnectionBounds:
    """The bounds of every connection; times are seconds. :class:`ServeSettings` says what each means."""

    connections: int
    head_bytes: int
    head_seconds: float
    body_seconds: float
    write_seconds: float

    @classmethod
    def of(cls, settings: ServeSettings) -> ConnectionBounds:
        """Those that the settings ask for."""
        return cls(
            connections=settings.connections,
            head_bytes=settings.head_bytes,
            head_seconds=settings.head_seconds,
            body_seconds=settings.body_seconds,
            write_seconds=settings.write_seconds,
        )


class GuardedHttp(HttpToolsProtocol):
    """One connection. Subclasses, made by :func:`guarded_by`, carry the bounds: uvicorn builds the objects itself."""

    bounds: ClassVar[ConnectionBounds]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """A client is there; one too many is told so."""
        self._in_request = True
        """Whether a request is being read, or awaited on a new connection."""
        self._since = self.loop.time()
        """When it began."""
        self._before: RequestResponseCycle | None = None
        """The request before it: the head is whole once there is another one."""
        self._running: RequestResponseCycle | None = None
        """The request that is being answered; of several that came in a row, not the last one."""
        self._unframed = 0
        """Bytes read of it that are no body."""
        self._unsent = 0
        self._unsent_since = self._since
        super().connection_made(transport)
        if len(self.connections) > self.bounds.connections:
            self._refuse(503, "too many connections are open")

    def data_received(self, data: bytes) -> None:
        """Bytes came. What belongs to no body may not grow without end: the line, the headers, trailers."""
        if self._unframed + len(data) > self.bounds.head_bytes:
            self._receive_in_parts(data)
            return
        self._unframed += len(data)
        HttpToolsProtocol.data_received(self, data)

    def _receive_in_parts(self, data: bytes) -> None:
        """Never more at once than there is room for, so that no head is taken that is too large."""
        at = 0
        while at < len(data) and not self.transport.is_closing():
            room = self.bounds.head_bytes - self._unframed
            if room <= 0:
                self._refuse(431, f"the headers are larger than {self.bounds.head_bytes} bytes")
                return
            part = data[at : at + room]
            at += len(part)
            self._unframed += len(part)
            HttpToolsProtocol.data_received(self, part)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._in_request = True
        self._since = self.loop.time()
        self._before = self.cycle
        HttpToolsProtocol.on_message_begin(self)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._unframed -= len(body) + _CHUNK_FRAMING
        HttpToolsProtocol.on_body(self, body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._in_request = False
        self._unframed = 0
        HttpToolsProtocol.on_message_complete(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone. Uvicorn tells that to the last request only, whose turn may not have come."""
        self._tell_running()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        HttpToolsProtocol._start_asgi_task(self, cycle, app)  # noqa: SLF001 # there is no other place where it is known

    def _tell_running(self) -> None:
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 # uvicorn's text is in another shape than ours
        """The bytes are no HTTP."""
        self._refuse(400, "this is no valid HTTP request")

    def check_time(self, now: float) -> None:
        """Give up a client that is too slow; ``now`` is the loop's time."""
        self._check_writing(now)
        if not self._in_request or self.transport.is_closing():
            return
        if self.flow.read_paused:  # it is we who do not read
            self._since = now
        elif now - self._since > (self.bounds.head_seconds if self._in_head else self.bounds.body_seconds):
            self._refuse(408, "the request did not come in time")

    @property
    def _in_head(self) -> bool:
        return self.cycle is self._before

    def _check_writing(self, now: float) -> None:
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
        elif now - self._unsent_since > self.bounds.write_seconds:
            self.transport.abort()  # closing would wait for the client to take the rest

    def _refuse(self, status: int, reason: str) -> None:
        """Answer, unless an answer is under way already, and close."""
        if self.transport.is_closing():
            return
        running = self._running
        if running is None or running.response_complete:
            self.transport.write(_answer(status, reason))
        elif running is self.cycle and not running.response_started and not self._in_head:
            self.transport.write(_answer(status, reason))  # in place of its own answer
        self._tell_running()
        self.transport.close()


def guarded_by(bounds: ConnectionBounds) -> type[GuardedHttp]:
    """The protocol with these bounds."""
    return type("BoundedHttp", (GuardedHttp,), {"bounds": bounds})


def _answer(status: int, reason: str) -> bytes:
    body = orjson.dumps({"error": reason})
    again = b"retry-after: 1\r\n" if status == 503 else b""
    head = b"HTTP/1.1 %d %s\r\n%bcontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
    return head % (status, _PHRASES[status], again, len(body)) + body

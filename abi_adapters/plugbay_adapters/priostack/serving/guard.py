"""Bounds on what a connection may cost: uvicorn's HTTP protocol with a size for heads, and times for slow clients.

A client that sends or takes a byte now and then holds its place no longer than the bounds say. The times are looked
at once a second for all connections together, so that a request pays for no timer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Final

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

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


class _Reading(Enum):
    """What of a request is being read."""

    NOTHING = "nothing"
    HEAD = "head"
    BODY = "body"


class GuardedHttp(HttpToolsProtocol):
    """One connection. Subclasses, made by :func:`guarded_by`, carry the bounds: uvicorn builds the objects itself."""

    bounds: ClassVar[ConnectionBounds]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """A client is there; one too many is told so."""
        self._reading = _Reading.HEAD
        self._since = self.loop.time()
        self._unframed = 0
        """Bytes read of the current request that are no body."""
        self._unsent = 0
        self._unsent_since = self._since
        super().connection_made(transport)
        if len(self.connections) > self.bounds.connections:
            self._refuse(503, "too many connections are open")

    def data_received(self, data: bytes) -> None:
        """Bytes came. What belongs to no body may not grow without end: the line, the headers, trailers."""
        self._unframed += len(data)
        super().data_received(data)
        if self._unframed > self.bounds.head_bytes:
            self._refuse(431, f"the headers are larger than {self.bounds.head_bytes} bytes")

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        if self._reading is _Reading.NOTHING:
            self._reading = _Reading.HEAD
            self._since = self.loop.time()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        if self._unframed > self.bounds.head_bytes:  # what came with it at once counts too: see what it is really
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if size > self.bounds.head_bytes:
                self._refuse(431, f"the headers are larger than {self.bounds.head_bytes} bytes")
                raise _Refused  # the parser stops here: nothing that follows in the same bytes is served
        self._reading = _Reading.BODY
        self._since = self.loop.time()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._unframed -= len(body) + _CHUNK_FRAMING
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._reading = _Reading.NOTHING
        self._unframed = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 # uvicorn's text is in another shape than ours
        """The bytes are no HTTP."""
        self._refuse(400, "this is no valid HTTP request")

    def check_time(self, now: float) -> None:
        """Give up a client that is too slow; ``now`` is the loop's time."""
        self._check_writing(now)
        if self._reading is _Reading.NOTHING or self.transport.is_closing():
            return
        if self.flow.read_paused:  # it is we who do not read
            self._since = now
            return
        in_head = self._reading is _Reading.HEAD
        if now - self._since > (self.bounds.head_seconds if in_head else self.bounds.body_seconds):
            self._refuse(408, "the request did not come in time")

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
        cycle = self.cycle
        pending = cycle is not None and not cycle.response_complete  # pyright: ignore[reportUnnecessaryComparison] # uvicorn's word for "none yet"
        if not (pending and (cycle.response_started or self._reading is not _Reading.BODY or self.pipeline)):
            self.transport.write(_answer(status, reason))
        if pending:
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()


class _Refused(Exception):
    """Stops the parser; nobody sees it."""


def guarded_by(bounds: ConnectionBounds) -> type[GuardedHttp]:
    """The protocol with these bounds."""
    return type("BoundedHttp", (GuardedHttp,), {"bounds": bounds})


def _answer(status: int, reason: str) -> bytes:
    body = orjson.dumps({"error": reason})
    again = b"retry-after: 1\r\n" if status == 503 else b""
    head = b"HTTP/1.1 %d %s\r\n%bcontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
    return head % (status, _PHRASES[status], again, len(body)) + body

"""Loads an HTTP server from a process of its own, and measures every request.

python benchmarks/http_client.py PORT PATH --connections N [--requests N] [--seconds S] [--body FILE --expect FILE]

Each connection sends its next request when the last one is answered, until all were sent or the time is over. Standard
output gets a line of JSON (seconds, statuses, sent, failed), then the latencies in seconds as raw doubles.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from array import array
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import cast

import orjson
import uvloop


@dataclass(slots=True)
class Load:
    """What is to be sent, and what came of it."""

    request: bytes
    expected: bytes | None
    left: int
    until: float
    latencies: array[float] = field(default_factory=lambda: array("d"))
    statuses: Counter[int] = field(default_factory=Counter[int])
    sent: int = 0
    failed: int = 0

    def take(self) -> bool:
        """Whether another request is to be sent."""
        if self.left <= 0 or perf_counter() >= self.until:
            return False
        self.left -= 1
        self.sent += 1
        return True

    def answered(self, status: int, body: bytes, seconds: float) -> None:
        """Count an answer. One that is not 200 with the expected body is a failure."""
        self.latencies.append(seconds)
        self.statuses[status] += 1
        if status != 200 or (self.expected is not None and body != self.expected):
            self.failed += 1


class Connection(asyncio.Protocol):
    """One connection: a request, its answer, the next request. ``ended`` is set when it has no more to do."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._buffer = b""
        self._sent = 0.0
        self._busy = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's have no common base with asyncio's
        self._next()

    def data_received(self, data: bytes) -> None:
        """Take a piece of an answer."""
        self._buffer += data
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self._buffer[:head_end].lower()
        end = head_end + 4 + _body_length(head)
        if len(self._buffer) < end:
            return
        seconds = perf_counter() - self._sent
        self._busy = False
        self._load.answered(int(self._buffer[9:12]), self._buffer[head_end + 4 : end], seconds)
        self._buffer = self._buffer[end:]
        if b"\r\nconnection: close" in head:
            self._transport.close()
        else:
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 # the signature of asyncio's protocols
        """An answer that was still to come is a failure."""
        if self._busy:
            self._load.failed += 1
        if not self.ended.done():
            self.ended.set_result(None)

    def _next(self) -> None:
        if self._load.take():
            self._busy = True
            self._sent = perf_counter()
            self._transport.write(self._load.request)
        else:
            self._transport.close()


def _body_length(head: bytes) -> int:
    _, _, rest = head.partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0] or 0)


async def _keep_connected(load: Load, port: int) -> None:
    """Connect again when the server hung up in between."""
    loop = asyncio.get_running_loop()
    while load.left > 0 and perf_counter() < load.until:
        try:
            _, connection = await loop.create_connection(lambda: Connection(load), "127.0.0.1", port)
        except OSError:
            load.failed += load.take()
            await asyncio.sleep(0.01)
        else:
            await connection.ended


async def _drive(load: Load, port: int, connections: int) -> float:
    started = perf_counter()
    await asyncio.gather(*(_keep_connected(load, port) for _ in range(connections)))
    return perf_counter() - started


def main() -> None:
    """Send, measure, tell."""
    parser = argparse.ArgumentParser(description="Load an HTTP server on this machine.")
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--requests", type=int, default=sys.maxsize)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--body", type=Path, required=True)
    parser.add_argument("--expect", type=Path)
    options = parser.parse_args()
    body = options.body.read_bytes()
    head = (
        f"POST {options.path} HTTP/1.1\r\nhost: 127.0.0.1:{options.port}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    expected = options.expect.read_bytes() if options.expect else None
    load = Load(head.encode() + body, expected, options.requests, perf_counter() + options.seconds)
    seconds = uvloop.run(_drive(load, options.port, options.connections))
    statuses = {str(status): count for status, count in load.statuses.items()}
    told = {"seconds": seconds, "statuses": statuses, "sent": load.sent, "failed": load.failed}
    sys.stdout.buffer.write(orjson.dumps(told) + b"\n" + load.latencies.tobytes())


if __name__ == "__main__":
    main()

"""Real servers on the loopback interface, and a client that reaches them by made-up names and addresses."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from plugbay.services import HostPattern, HttpClient, HttpResponse

PUBLIC = "93.184.215.14"
"""A public address, never connected to: the dialer of :class:`Lab` goes to a local server in its place."""


@dataclass
class Server:
    """A server that answers each connection with a script, and remembers what it was sent."""

    port: int
    requests: list[bytes] = field(default_factory=list[bytes])

    @property
    def heads(self) -> list[str]:
        return [request.partition(b"\r\n\r\n")[0].decode("latin-1").lower() for request in self.requests]


Answer = bytes | Callable[[socket.socket], None]
Serve = Callable[..., Server]


def read_request(connection: socket.socket) -> bytes:
    """One request with its body, as far as its Content-Length says."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return data
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server whose n-th connection gets the n-th answer; the last one goes on."""
    running: list[socketserver.ThreadingTCPServer] = []

    def start(*answers: Answer, wrap: Callable[[socket.socket], socket.socket] | None = None) -> Server:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                # A client that gives up resets the connection, which is no failure of the server.
                with contextlib.suppress(OSError):
                    connection = wrap(self.request) if wrap else self.request
                    server.requests.append(read_request(connection))
                    answer = answers[min(len(server.requests), len(answers)) - 1]
                    if callable(answer):
                        answer(connection)
                    else:
                        connection.sendall(answer)
                    connection.close()

        tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        tcp.daemon_threads = True
        server = Server(tcp.server_address[1])
        running.append(tcp)
        threading.Thread(target=tcp.serve_forever, args=(0.01,), daemon=True).start()
        return server

    yield start
    for tcp in running:
        tcp.shutdown()
        tcp.server_close()


def ok(body: bytes = b"hello", *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def redirect(location: str, status: int = 302) -> bytes:
    return b"HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, location.encode())


@dataclass
class Lab:
    """A client with made-up names: ``names`` says what each lookup of a name answers, the last answer goes on.

    Connections to public addresses end at the local server; ``dialed`` has what was asked for.
    """

    names: dict[str, list[list[str]]] = field(default_factory=dict[str, list[list[str]]])
    looked_up: list[str] = field(default_factory=list[str])
    dialed: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    def resolve(self, host: str, port: int) -> list[str]:
        self.looked_up.append(host)
        answers = self.names.get(host)
        if answers is None:
            raise OSError("no such name")
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def dial(self, address: str, port: int, timeout: float) -> socket.socket:
        self.dialed.append((address, port))
        return socket.create_connection(("127.0.0.1", port), timeout)

    def get(
        self,
        url: str,
        *grants: str,
        method: str = "GET",
        headers: list[tuple[str, str]] | None = None,
        body: bytes = b"",
        max_bytes: int = 100_000,
        seconds: float = 20.0,
        client: HttpClient | None = None,
    ) -> HttpResponse:
        return (client or HttpClient(resolver=self.resolve, dialer=self.dial)).request(
            url,
            method=method,
            headers=headers or [],
            body=body,
            grants=[HostPattern.parse(grant) for grant in grants],
            max_bytes=max_bytes,
            deadline_at=time.monotonic() + seconds,
        )


@pytest.fixture
def lab() -> Lab:
    return Lab({"api.example.com": [[PUBLIC]], "other.example.com": [[PUBLIC]]})

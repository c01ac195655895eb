"""Sockets for one request: to checked addresses only, and never beyond its deadline.

Imported by the first request: httpcore takes longer to import than the rest of the host services together.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

from plugbay.errors import DeadlineExceeded, HttpFailed

Dialer = Callable[[str, int, float], socket.socket]
"""Connects to an address (never a name) and port within so many seconds; raises ``OSError``."""


def dial(address: str, port: int, timeout: float) -> socket.socket:
    """A TCP connection to an address."""
    connection = socket.create_connection((address, port), timeout)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to the addresses that were checked, whatever name it is given: no second lookup can answer otherwise."""

    def __init__(self, addresses: Sequence[str], deadline_at: float, dialer: Dialer) -> None:
        self._addresses = addresses
        self._deadline_at = deadline_at
        self._dialer = dialer

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 # httpcore's signature; the deadline rules
        local_address: str | None = None,  # noqa: ARG002 # httpcore's signature
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002 # httpcore's signature
    ) -> httpcore.NetworkStream:
        """A connection to the first address that takes one; an address that hangs leaves time for those after it."""
        failure: OSError | None = None
        for number, address in enumerate(self._addresses):
            share = remaining(self._deadline_at) / (len(self._addresses) - number)
            try:
                return DeadlineStream(self._dialer(address, port, share), self._deadline_at)
            except OSError as error:
                failure = error
        remaining(self._deadline_at)
        raise HttpFailed(f"can't connect to {host} port {port}: {failure}", found=str(failure)) from failure


class DeadlineStream(httpcore.NetworkStream):
    """A socket whose every operation gets the time that is left, so that a server dripping bytes gains nothing."""

    def __init__(self, connection: socket.socket, deadline_at: float) -> None:
        self._socket = connection
        self._deadline_at = deadline_at

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 # httpcore's signature; the deadline rules
        """Bytes of the server; empty at the end."""
        try:
            self._socket.settimeout(remaining(self._deadline_at))
            return self._socket.recv(max_bytes)
        except OSError as error:
            raise _failed("the server's answer broke off", error) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 # httpcore's signature; the deadline rules
        """Send all of the buffer."""
        view = memoryview(buffer)
        while view:
            self._socket.settimeout(remaining(self._deadline_at))
            try:
                view = view[self._socket.send(view) :]
            except TimeoutError as error:
                raise _failed("the server does not take the request", error) from error
            except OSError as error:
                # httpcore then reads the answer: a server may refuse a request before all of it was sent.
                raise httpcore.WriteError(str(error)) from error

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 # httpcore's signature; the deadline rules
    ) -> httpcore.NetworkStream:
        """The same connection under TLS, its certificate checked for the name in the URL."""
        try:
            self._socket.settimeout(remaining(self._deadline_at))
            return DeadlineStream(
                ssl_context.wrap_socket(self._socket, server_hostname=server_hostname), self._deadline_at
            )
        except (OSError, ValueError) as error:
            self.close()
            raise _failed(f"no TLS connection to {server_hostname}", error) from error

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of a stream: the TLS object, to see which protocol was agreed on."""
        return self._socket if info == "ssl_object" and isinstance(self._socket, ssl.SSLSocket) else None


def remaining(deadline_at: float) -> float:
    """Seconds until a time of ``time.monotonic``. Raises :class:`~plugbay.errors.DeadlineExceeded` when it has come."""
    left = deadline_at - time.monotonic()
    if left <= 0:
        raise DeadlineExceeded("the message's time was up during an HTTP request", limit="deadline")
    return left


def _failed(what: str, error: Exception) -> HttpFailed | DeadlineExceeded:
    if isinstance(error, DeadlineExceeded):
        return error
    if isinstance(error, TimeoutError):
        return DeadlineExceeded("the message's time was up during an HTTP request", limit="deadline")
    return HttpFailed(f"{what}: {error}", found=str(error))

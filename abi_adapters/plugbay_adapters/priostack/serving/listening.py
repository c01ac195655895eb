"""The socket that a server listens on, taken before anything else is done and shared by its workers."""

from __future__ import annotations

import errno
import socket
from typing import Final

from plugbay_adapters.priostack.serving.errors import AddressUnusable

_BACKLOG: Final = 2048
"""Connections that may wait to be accepted; the system allows fewer on some machines."""


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to the address; nobody can connect before :func:`listen`.

    Raises :class:`AddressUnusable`.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise AddressUnusable(f"{host} is no address: {_reason(error)}", found=host) from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was just in use may be taken again
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise _unusable(host, port, error) from error
    return listener


def listen(listener: socket.socket) -> None:
    """From now on clients may connect. Raises :class:`AddressUnusable`."""
    try:
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        host, port = listener.getsockname()[:2]
        raise _unusable(host, port, error) from error


def url_of(listener: socket.socket) -> str:
    """Where a socket is reached, with the port that it really has."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _unusable(host: str, port: int, error: OSError) -> AddressUnusable:
    hints = {
        errno.EADDRINUSE: "another program listens there; choose another --port, or 0 for any",
        errno.EACCES: "ports below 1024 need a privilege; choose a higher --port",
        errno.EADDRNOTAVAIL: "this machine has no such address; choose another --host",
    }
    hint = hints.get(error.errno or 0)
    return AddressUnusable(f"can't listen on {host} port {port}: {_reason(error)}", found=f"{host}:{port}", hint=hint)


def _reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text[:1].lower() + text[1:]

"""A guest's request method and headers, checked before anything of them reaches a socket."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugbay.errors import HttpFailed

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD_BYTES = 64 * 1024
"""Bytes that the names and values of one request's or response's headers may have together."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_METHODS_REFUSED = frozenset({"CONNECT", "TRACE", "TRACK"})
_OURS = frozenset(
    {
        "connection",
        "expect",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers about the connection, or about which server is meant: a guest that set them could talk past the checks."""

_CREDENTIALS = frozenset({"authorization", "cookie"})
_CONTENT = frozenset({"content-encoding", "content-language", "content-location", "content-type"})

Headers = tuple[tuple[str, str], ...]
"""Names in lower case, and values."""


def check_method(method: str) -> str:
    """The method in upper case; :class:`~plugbay.errors.HttpFailed` for no method, and for those that open tunnels."""
    method = method.upper()
    if not _TOKEN.fullmatch(method) or method in _METHODS_REFUSED:
        raise HttpFailed(f"{method!a} is no method for a request", found=ascii(method))
    return method


def check_headers(headers: Iterable[tuple[str, str]], body: bytes) -> Headers:
    """The headers to send for the guest, without those that follow from the request itself.

    ``Content-Length`` must be the body's length and is set anew; ``Accept-Encoding`` is always ``identity``, so that a
    small response can't become a huge one. Raises :class:`~plugbay.errors.HttpFailed` for characters that could end a
    header (no request can be smuggled in) and for headers that are the host's.
    """
    checked: list[tuple[str, str]] = []
    size = 0
    for raw_name, raw_value in headers:
        name, value = raw_name.lower(), raw_value.strip(" \t")
        size += len(name) + len(value)
        if size > HEAD_BYTES:
            raise HttpFailed(f"the request's headers are over {HEAD_BYTES} bytes", expected=HEAD_BYTES, found=size)
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            raise HttpFailed(
                f"the header {raw_name[:100]!a} has characters that no header has", found=ascii(value[:100])
            )
        if name in _OURS or (name == "content-length" and value != str(len(body))):
            raise HttpFailed(f"the header {name} is set by the host", found=name, hint="leave it out")
        if name not in ("content-length", "accept-encoding"):
            checked.append((name, value))
    return tuple(checked)


def without_credentials(headers: Headers) -> Headers:
    """The headers for another origin than the one that the guest chose them for."""
    return tuple(header for header in headers if header[0] not in _CREDENTIALS)


def without_content(headers: Headers) -> Headers:
    """The headers for a request that lost its body."""
    return tuple(header for header in headers if header[0] not in _CONTENT)

"""The request that follows a redirect."""

from __future__ import annotations

from plugbay.services.headers import without_content, without_credentials
from plugbay.services.request import HttpRequest


def redirected(request: HttpRequest, status: int, location: str) -> HttpRequest:
    """The next request, by the rules of RFC 9110, section 15.4, and of what browsers do with a POST.

    ``Authorization`` and ``Cookie`` are left out when scheme, host or port change. Raises what
    :func:`~plugbay.services.url.parse_url` raises; whether the new host is granted is asked before it is sent.
    """
    url = request.url.join(_utf8(location))
    method, headers, body = request.method, request.headers, request.body
    if (status == 303 and method not in ("GET", "HEAD")) or (status in (301, 302) and method == "POST"):
        method, headers, body = "GET", without_content(headers), b""
    if url.origin != request.url.origin:
        headers = without_credentials(headers)
    return HttpRequest(method, url, headers, body)


def _utf8(location: str) -> str:
    """A location whose letters beyond ASCII a server sent as UTF-8; header values are read as Latin-1."""
    try:
        return location.encode("latin-1").decode()
    except UnicodeDecodeError:
        return location

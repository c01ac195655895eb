"""Modules by ``https:`` and ``http:`` URLs."""

from __future__ import annotations

import re
import time

from plugbay.errors import (
    DeadlineExceeded,
    HttpFailed,
    LimitExceeded,
    PermissionDenied,
    SourceNotFound,
    SourceUnreadable,
    TooLarge,
)
from plugbay.hookspecs import hookimpl
from plugbay.services import HostPattern, HttpClient
from plugbay.services.url import parse_url

SECONDS = 30.0
"""How long one download may take, redirects included."""

_WEB = re.compile(r"https?://", re.IGNORECASE)
_OK = 200
_MISSING = (404, 410)


@hookimpl
def plugbay_module_source(uri: str, max_bytes: int) -> bytes | None:
    """The module at an ``https:`` or ``http:`` URL."""
    return download(uri, max_bytes, HttpClient()) if _WEB.match(uri) else None


def download(url: str, max_bytes: int, client: HttpClient) -> bytes:
    """What is at a URL: at most ``max_bytes``, within :data:`SECONDS`.

    Whoever gave the URL chose its server, which may be a private one. Redirects lead to public servers only, and from
    https to https on port 443 only. Raises :class:`SourceNotFound`, :class:`SourceUnreadable` and
    :class:`TooLarge`.
    """
    try:
        target = parse_url(url)
        response = client.request(
            url,
            grants=(HostPattern(target.host, target.port), HostPattern("*", 443 if target.scheme == "https" else None)),
            max_bytes=max_bytes,
            deadline_at=time.monotonic() + SECONDS,
            keep_https=target.scheme == "https",
        )
    except LimitExceeded as error:
        if isinstance(error, DeadlineExceeded):
            raise SourceUnreadable(f"{url} took over {SECONDS:g} seconds", found=url) from error
        hint = "raise Limits.module_bytes (--module-bytes) if you trust it"
        raise TooLarge(
            f"{url} has over {max_bytes} bytes", limit="module_bytes", expected=max_bytes, hint=hint
        ) from error
    except (HttpFailed, PermissionDenied) as error:
        hint = "check the URL, or save the module and give its path"
        raise SourceUnreadable(f"{url} can't be read: {error.reason}", found=url, hint=hint) from error
    if response.status in _MISSING:
        raise SourceNotFound(f"there is no {url}", found=response.status, expected=_OK, hint="check the URL")
    if response.status != _OK:
        reason = f"{url} can't be read: the server answered {response.status}"
        raise SourceUnreadable(reason, found=response.status, expected=_OK, hint="try the URL with another program")
    return response.body

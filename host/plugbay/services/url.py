"""The URL of a guest's request, read once and strictly: what is checked is what is connected to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin

from plugbay.errors import HttpFailed, PermissionDenied
from plugbay.services.hosts import normal_host

_PARTS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?)?", re.DOTALL)
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{0,5}))?")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SAFE = "/%:@!$&'()*+,;=~"
_MAX_LENGTH = 64 * 1024


@dataclass(frozen=True, slots=True)
class Url:
    """An http or https URL. ``host`` is spelt as :func:`~plugbay.services.hosts.normal_host` does; ``target`` is the
    path and query, percent-encoded."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host and port as a ``Host`` header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """What two URLs must share for credentials to be passed on."""
        return self.scheme, self.host, self.port

    def join(self, location: str) -> Url:
        """The URL that a redirect from here leads to. Raises what :func:`parse_url` raises."""
        try:
            return parse_url(urljoin(str(self), location))
        except ValueError as error:
            raise _malformed(location) from error

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def parse_url(text: str) -> Url:
    """The URL that a text spells.

    Refused, because readers of URLs differ over them: spaces, control characters, backslashes, and a user name and
    password (which belong in an ``Authorization`` header). A fragment is left out.

    Raises :class:`~plugbay.errors.PermissionDenied` for a scheme other than http and https and
    :class:`~plugbay.errors.HttpFailed` for what is no URL.
    """
    parts = None if len(text) > _MAX_LENGTH or _FORBIDDEN.search(text) else _PARTS.match(text)
    if parts is None:
        raise _malformed(text)
    scheme = parts[1].lower()
    if scheme not in _DEFAULT_PORTS:
        raise PermissionDenied(f"HTTP is for http and https URLs, not {scheme}", expected="http, https", found=scheme)
    authority = _AUTHORITY.fullmatch(parts[2] or "")
    host = normal_host(authority[1]) if authority and "@" not in authority[1] else None
    if authority is None or host is None:
        raise _malformed(text)
    port = int(authority[2]) if authority[2] else _DEFAULT_PORTS[scheme]
    if not 0 < port < 65536:
        raise _malformed(text)
    return Url(scheme, host, port, _target(text, parts[3], parts[4]))


def _target(text: str, path: str, query: str | None) -> str:
    try:
        target = quote(path or "/", safe=_SAFE)
        return target if query is None else f"{target}?{quote(query, safe=_SAFE + '?[]')}"
    except UnicodeEncodeError as error:
        raise _malformed(text) from error


def _malformed(text: str) -> HttpFailed:
    shown = text if len(text) <= 200 else f"{text[:200]}…"
    return HttpFailed(f"{shown!a} is no URL that HTTP takes", found=ascii(shown), expected="http(s)://HOST[:PORT]/PATH")

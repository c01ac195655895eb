"""Names of hosts: one spelling for each, and the globs that grant them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from plugbay.errors import ConfigInvalid

if TYPE_CHECKING:
    from collections.abc import Iterable

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORT = re.compile(r"[0-9]{1,5}")


def normal_host(text: str) -> str | None:
    """The one spelling of a host: lower case, IDNA in ASCII, no trailing dot, addresses in their shortest form.

    IPv6 addresses lose their brackets. None when it is no host. So are the odd spellings of IPv4 addresses that system
    resolvers take (``127.1``, ``0x7f.0.0.1``, ``2130706433``): what looks like an address must be one. Names become
    ASCII by IDNA 2003, the version that Python brings.
    """
    if text.startswith("["):
        return _ipv6(text[1:-1]) if text.endswith("]") else None
    if len(text) > 1000:
        return None
    try:
        name = text.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    name = name.removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    return _ipv4(name) if _NUMBER.fullmatch(labels[-1]) else name


@dataclass(frozen=True, slots=True)
class HostPattern:
    """One grant: ``host``, ``host:port`` or ``host:*``, where ``*`` in the host stands for any characters.

    ``*.example.com`` is every name below ``example.com`` but not that name itself; ``*`` is every host. Without a port,
    or with ``*``, it is every port. IPv6 addresses stand in brackets. Case, a trailing dot and the spelling of
    international names make no difference.
    """

    host: str
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> HostPattern:
        """The grant that a text spells. Raises :class:`~plugbay.errors.ConfigInvalid`."""
        host, port = _split_port(text)
        normal = _normal_glob(host)
        if normal is None or not (port in ("", "*") or (_PORT.fullmatch(port) and 0 < int(port) < 65536)):
            raise ConfigInvalid(
                f"{text!r} is no host that HTTP could be granted to",
                found=text,
                expected="HOST, HOST:PORT, or *.DOMAIN",
                hint="leave out the scheme and the path: api.example.com",
            )
        return cls(normal, int(port) if port not in ("", "*") else None)

    @property
    def literal(self) -> bool:
        """Whether it names one host and no other."""
        return "*" not in self.host

    def matches(self, host: str, port: int) -> bool:
        """Whether it grants a host, as :func:`normal_host` spells it, and a port."""
        return self.port in (None, port) and (self.host == host or (not self.literal and fnmatchcase(host, self.host)))


def parse_patterns(texts: Iterable[str]) -> tuple[HostPattern, ...]:
    """The grants of a permission list; one text in place of a list raises :class:`~plugbay.errors.ConfigInvalid`."""
    if isinstance(texts, str):
        raise ConfigInvalid("http takes a list of hosts, not one text", found=texts, hint=f"http=({texts!r},)")
    return tuple(map(HostPattern.parse, texts))


def _split_port(text: str) -> tuple[str, str]:
    """Host and port; the port is empty when there is none, and ``?`` when a colon is followed by nothing."""
    if text.startswith("["):
        host, bracket, rest = text.partition("]")
        host += bracket
    else:
        host, colon, port = text.partition(":")
        rest = colon + port
    if not rest:
        return host, ""
    return host, (rest[1:] or "?") if rest.startswith(":") else "?"


def _normal_glob(host: str) -> str | None:
    if "*" not in host:
        return normal_host(host)
    if host.strip("*") == "":
        return "*"
    # Only whole ASCII text can be compared under a wildcard; a label in other letters is converted by itself.
    labels = [label if label.isascii() else normal_host(label) for label in host.lower().removesuffix(".").split(".")]
    known = [label for label in labels if label is not None]
    fits = len(known) == len(labels) and all(re.fullmatch(r"[a-z0-9_*-]+", label) for label in known)
    return ".".join(known) if fits else None


def _ipv4(text: str) -> str | None:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        return None


def _ipv6(text: str) -> str | None:
    try:
        # A scope is a matter of this machine, never of a URL.
        return None if "%" in text else str(ipaddress.IPv6Address(text))
    except ValueError:
        return None

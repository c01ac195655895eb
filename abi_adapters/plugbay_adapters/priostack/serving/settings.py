"""How a bundle is served: all of it in one value, judged in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Final

from plugbay.errors import ConfigInvalid
from plugbay.limits import Limits

STANDARD_OUTPUT: Final = "-"
"""The access log's path that means standard output."""


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """What ``plugbay bundle serve`` is told. Times are seconds.

    Raises :class:`ConfigInvalid` that names every value out of range at once, and for a proxy that is no address.
    """

    source: str
    """The bundle: a folder or a zip of it."""
    host: str = "127.0.0.1"
    port: int = 8000
    """0 takes any free one."""
    workers: int = 1
    """Processes that serve, each with the whole bundle."""
    instances: int = 4
    """Calls of one service that may run at once, in each worker."""
    waiting: int = 100
    """Calls of one service that may wait for an instance, in each worker; more are answered 503."""
    queue: str = "memory:"
    """Where the events of sensors are kept: ``memory:`` or ``sqlite:PATH``."""
    watch: bool = False
    """Whether a changed file of the bundle is taken into service by itself."""
    access_log: str | None = STANDARD_OUTPUT
    """The file that a line for each request goes to; None writes none."""
    trusted_proxy: str | None = None
    """The proxy whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed: an address or network, or ``*``."""
    grace: float = 30.0
    """How long requests in flight may take to finish once the server was told to stop."""
    connections: int = 1000
    """Connections that may be open at once, in each worker."""
    head_bytes: int = 32 * 1024
    """Bytes of a request's line and headers."""
    head_seconds: float = 10.0
    """How long a client may take to send a request's line and headers."""
    body_seconds: float = 60.0
    """How long it may take until the body is whole, from the first byte of the request on."""
    write_seconds: float = 30.0
    """How long it may take nothing of an answer."""
    idle_seconds: float = 30.0
    """How long a connection may stay open between two requests."""
    limits: Limits = field(default_factory=Limits)
    """Of each call, in each service."""

    def __post_init__(self) -> None:
        wrong = [
            f"{name.replace('_', '-')} {getattr(self, name)!r} (from {least:,} to {most:,})"
            for name, (least, most) in _RANGES.items()
            if not least <= getattr(self, name) <= most
        ]
        if wrong:
            raise ConfigInvalid(f"out of range: {', '.join(wrong)}", limit=wrong[0].partition(" ")[0])
        if self.trusted_proxy is not None and self.trusted_proxy != "*":
            _check_proxy(self.trusted_proxy)


def _check_proxy(text: str) -> None:
    """Judge it here: a name would be believed by nobody, and nothing would tell."""
    for part in text.split(","):
        try:
            ip_network(part.strip())  # strict, as uvicorn is
        except ValueError:
            hint = "give its address or network, such as 10.0.0.7 or 10.0.0.0/8; several are separated by commas"
            raise ConfigInvalid(f"the trusted proxy {part.strip()!r} is no address", found=text, hint=hint) from None


_DAY = 86_400
_RANGES: Final[dict[str, tuple[float, float]]] = {
    "port": (0, 65_535),
    "workers": (1, 256),
    "instances": (1, 10_000),
    "waiting": (1, 1_000_000),
    "grace": (0, _DAY),
    "connections": (1, 100_000),
    "head_bytes": (1024, 1024 * 1024),
    "head_seconds": (0.1, _DAY),
    "body_seconds": (0.1, _DAY),
    "write_seconds": (0.1, _DAY),
    "idle_seconds": (0, _DAY),
}

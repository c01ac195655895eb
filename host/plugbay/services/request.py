"""A guest's HTTP request after every check that needs no network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugbay.services.headers import Headers
    from plugbay.services.url import Url


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What is sent: checked method and headers, and the body."""

    method: str
    url: Url
    headers: Headers
    body: bytes

    def all_headers(self) -> list[tuple[bytes, bytes]]:
        """The guest's headers and the host's."""
        headers = [
            ("host", self.url.authority),
            *self.headers,
            ("accept-encoding", "identity"),
            ("connection", "close"),
        ]
        if self.body or self.method in ("POST", "PUT", "PATCH"):
            headers.append(("content-length", str(len(self.body))))
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]

"""A request that the server refuses before any guest has seen it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class RequestRefused(Exception):
    """The request can't be served as it is; ``reason`` is one sentence for the client, who sees nothing else of it."""

    def __init__(self, status: int, reason: str, headers: Mapping[bytes, bytes] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = dict(headers or {})


class ClientLeft(Exception):
    """The client closed the connection before its request was whole: there is nobody to answer."""

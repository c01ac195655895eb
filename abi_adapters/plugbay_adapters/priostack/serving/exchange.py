"""One request and its answer, and all that is known about them afterwards."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping
    from typing import Any

    from plugbay_adapters.priostack.bundle.version import Route
    from plugbay_adapters.priostack.serving.inputs import Receive

    Message = MutableMapping[str, Any]
    Send = Callable[[Message], Awaitable[None]]

JSON: Final = (b"content-type", b"application/json")
LEFT: Final = 499
"""The status in logs and metrics when the client left before it could be answered (nginx's number for it)."""


class Exchange:
    """A request on its way through the server."""

    __slots__ = (
        "bytes_in",
        "bytes_out",
        "error",
        "receive",
        "request_id",
        "route",
        "scope",
        "send",
        "started",
        "status",
    )

    def __init__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send, request_id: bytes) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.request_id = request_id
        self.started = perf_counter()
        self.route: Route | None = None
        self.status = LEFT
        """Of the answer, once it began."""
        self.error: str | None = None
        """The code of the error that the answer tells about."""
        self.bytes_in = 0
        self.bytes_out = 0

    @property
    def seconds(self) -> float:
        """Time since the request's head was there."""
        return perf_counter() - self.started

    async def answer_json(self, body: bytes) -> None:
        """A function's output: 200, or 204 when it is empty."""
        if body:
            await self._answer(200, [JSON, (b"content-length", b"%d" % len(body))], body)
        else:
            await self._answer(204, [], b"")

    async def answer_error(
        self, status: int, told: object, *, with_id: bool = False, headers: Mapping[bytes, bytes] | None = None
    ) -> None:
        """The shape of every error: ``{"error": …}``, and ``id`` where the log says more."""
        facts = {"error": told, "id": self.request_id.decode()} if with_id else {"error": told}
        body = orjson.dumps(facts)
        await self._answer(status, [JSON, (b"content-length", b"%d" % len(body)), *(headers or {}).items()], body)

    async def answer_empty(self, status: int, headers: Mapping[bytes, bytes]) -> None:
        """An answer without a body."""
        await self._answer(status, [*headers.items()], b"")

    async def send_tracked(self, message: Message) -> None:
        """Pass on what another application answers, with the request's id, and remember status and size."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message.get("headers", ()), (b"x-request-id", self.request_id)]}
        else:
            self.bytes_out += len(message.get("body", b""))
        await self.send(message)

    async def _answer(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        headers.append((b"x-request-id", self.request_id))
        self.status = status
        if self.scope["method"] != "HEAD":  # whose body uvicorn keeps back
            self.bytes_out = len(body)
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

"""The application: a bundle's endpoints, straight on ASGI, and the server's own paths beside them.

The way of a request to an endpoint is kept short, since it is taken by every one of them: its head is read, its route
looked up, its body read, its input made, and the call put into the lane of its service. Between the last look-up and
the lane nothing is awaited, so a reload comes before both or after both.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

from plugbay.errors import PluginClosed
from plugbay_adapters.priostack.serving.exchange import Exchange
from plugbay_adapters.priostack.serving.failures import answer_failure, answer_refusal
from plugbay_adapters.priostack.serving.head import RequestHead, request_ids
from plugbay_adapters.priostack.serving.inputs import BODY_METHODS, input_of_body, input_of_url, read_body
from plugbay_adapters.priostack.serving.landing import Landing
from plugbay_adapters.priostack.serving.outputs import check_output
from plugbay_adapters.priostack.serving.own_paths import own_paths
from plugbay_adapters.priostack.serving.refusal import ClientLeft, RequestRefused
from plugbay_adapters.priostack.serving.reserved import reserved_path
from plugbay_adapters.priostack.serving.router import Match, NoMatch, Router

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

    from plugbay_adapters.priostack.bundle.bundle import Bundle
    from plugbay_adapters.priostack.bundle.version import BundleVersion
    from plugbay_adapters.priostack.serving.exchange import Send
    from plugbay_adapters.priostack.serving.inputs import Receive
    from plugbay_adapters.priostack.serving.recording import Recorder
    from plugbay_adapters.priostack.serving.settings import ServeSettings

_ATTEMPTS: Final = 3
"""Lanes that one call is tried on: each but the first after a reload that came in between."""


def create_app(bundle: Bundle, settings: ServeSettings, recorder: Recorder) -> BundleApp:
    """The ASGI application that serves a bundle in this process. Bundle and recorder stay the caller's to close."""
    return BundleApp(bundle, settings, recorder)


class BundleApp:
    """Answers every request there is. Made for one event loop; it has no lifespan."""

    def __init__(self, bundle: Bundle, settings: ServeSettings, recorder: Recorder) -> None:
        self._bundle = bundle
        self._recorder = recorder
        self._own = own_paths(bundle, settings, recorder, is_draining=lambda: self.draining)
        self._new_id = request_ids()
        self._landing: Landing | None = None
        self._routing: tuple[BundleVersion, Router] | None = None
        self.draining = False
        """Set once the server was told to stop: ``/readyz`` says so, the rest goes on."""
        self.gave_up = False
        """Whether a request was not waited for: its function may still run."""

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """One request. Whatever becomes of it, it is answered and written down."""
        head = RequestHead(scope["headers"])
        exchange = Exchange(scope, receive, send, head.request_id or self._new_id())
        self._recorder.begin()
        try:
            await self._serve(exchange, head)
        except (RequestRefused, HTTPException) as refused:
            await answer_refusal(exchange, refused)
        except ClientLeft:
            exchange.error = "client-left"
        except asyncio.CancelledError:  # the time to finish is over
            self.gave_up = True
            await answer_refusal(exchange, RequestRefused(503, "the server is ending", {b"retry-after": b"1"}))
        except Exception as error:  # noqa: BLE001 # no failure of one request may go without an answer
            await answer_failure(exchange, error)
        finally:
            self._recorder.end(exchange)

    async def _serve(self, exchange: Exchange, head: RequestHead) -> None:
        method: str = exchange.scope["method"]
        raw_path: str = exchange.scope["raw_path"].decode("ascii")
        match = self._match(method, raw_path)
        if isinstance(match, NoMatch) or (match.parameters and reserved_path(raw_path)):
            await self._serve_unmatched(exchange, match, raw_path)
            return
        exchange.route = match.route
        body = None
        if method in BODY_METHODS or (method == "DELETE" and head.has_body):
            most = match.route.target.lane.plugin.limits.input_bytes
            head.check_json()
            head.check_length(most)
            body = await read_body(exchange.receive, most)
            exchange.bytes_in = len(body)
        output = await self._call(exchange, match, method, raw_path, body)
        check_output(output, match.route)
        await exchange.answer_json(output)

    async def _call(self, exchange: Exchange, match: Match, method: str, raw_path: str, body: bytes | None) -> bytes:
        """The function's output. A call that a reload left without its lane is made again, on the new version."""
        landing = self._landing or self._new_landing()
        left = _ATTEMPTS
        while True:
            if body is None:
                payload = input_of_url(exchange.scope["query_string"], match.parameters)
            else:
                payload = input_of_body(body, match.parameters)
            target = match.route.target
            try:
                result = await landing.call(target.lane, target.export, payload)
            except PluginClosed as error:
                result = error
            left -= 1
            if not isinstance(result, PluginClosed) or left == 0:
                break
            again = self._match(method, raw_path)
            if isinstance(again, NoMatch):
                raise _not_found(again)
            exchange.route, match = again.route, again
        if isinstance(result, BaseException):
            raise result
        return result

    async def _serve_unmatched(self, exchange: Exchange, match: Match | NoMatch, raw_path: str) -> None:
        if reserved_path(raw_path):
            await self._own({**exchange.scope, "app": self}, exchange.receive, exchange.send_tracked)
            return
        assert isinstance(match, NoMatch), "reserved paths are the only ones that are not taken from a match"
        if match.allowed and exchange.scope["method"] == "OPTIONS":
            await exchange.answer_empty(204, {b"allow": ", ".join(match.allowed).encode()})
            return
        raise _not_found(match)

    def _match(self, method: str, raw_path: str) -> Match | NoMatch:
        """What the version of the bundle that serves now has for a request."""
        version, routing = self._bundle.version, self._routing
        if routing is None or routing[0] is not version:
            routing = self._routing = version, Router(version.routes)
        return routing[1].match(method, raw_path)

    def _new_landing(self) -> Landing:
        self._landing = Landing(asyncio.get_running_loop())
        return self._landing


def _not_found(match: NoMatch) -> RequestRefused:
    if not match.allowed:
        return RequestRefused(404, "there is nothing at this path")
    allowed = ", ".join(match.allowed)
    return RequestRefused(405, f"this path takes {allowed}", {b"allow": allowed.encode()})

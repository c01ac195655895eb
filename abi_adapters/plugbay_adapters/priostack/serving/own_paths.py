"""What the server answers itself, on starlette: health, metrics, goals, intents, sensors, and its own documentation."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import orjson
from starlette.responses import Response
from starlette.routing import Route, Router

from plugbay.errors import PlugbayError
from plugbay_adapters.priostack.serving.docs_page import DocsPage
from plugbay_adapters.priostack.serving.head import RequestHead
from plugbay_adapters.priostack.serving.inputs import parse_json, read_body
from plugbay_adapters.priostack.serving.metrics import CONTENT_TYPE
from plugbay_adapters.priostack.serving.openapi import openapi_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from plugbay_adapters.priostack.bundle.bundle import Bundle
    from plugbay_adapters.priostack.serving.recording import Recorder
    from plugbay_adapters.priostack.serving.settings import ServeSettings

_NO_STORE = {"cache-control": "no-store"}


def own_paths(
    bundle: Bundle, settings: ServeSettings, recorder: Recorder, *, is_draining: Callable[[], bool]
) -> Router:
    """The application behind :data:`RESERVED_PATHS`. Its failures are left to the caller, who answers all of them."""
    paths = _OwnPaths(bundle, settings, recorder, is_draining)
    page = DocsPage()
    return Router(
        [
            Route("/healthz", paths.health),
            Route("/readyz", paths.readiness),
            Route("/metrics", paths.metrics),
            Route("/openapi.json", paths.openapi),
            Route("/docs", page.answer),
            Route("/_goals", paths.goals),
            Route("/_intents", paths.intents),
            Route("/_sensors/{name}", paths.fire, methods=["POST"]),
        ],
        redirect_slashes=False,
    )


class _OwnPaths:
    def __init__(
        self, bundle: Bundle, settings: ServeSettings, recorder: Recorder, is_draining: Callable[[], bool]
    ) -> None:
        self._bundle = bundle
        self._settings = settings
        self._recorder = recorder
        self._is_draining = is_draining

    async def health(self, _: Request) -> Response:
        """Whether the process lives: it does when it answers."""
        return _json({"status": "ok"})

    async def readiness(self, _: Request) -> Response:
        """Whether requests should be sent here."""
        if self._is_draining():
            return _json({"error": "the server is ending"}, 503)
        try:
            await asyncio.to_thread(self._bundle.intents.check)
        except PlugbayError:
            return _json({"error": "the queue of sensor events can't be used"}, 503)
        version = self._bundle.version
        return _json({"status": "ready", "bundle": version.document.name, "version": version.number})

    async def metrics(self, _: Request) -> Response:
        """For Prometheus."""
        content = await asyncio.to_thread(self._recorder.render)
        return Response(content, headers={"content-type": CONTENT_TYPE, **_NO_STORE})

    async def openapi(self, _: Request) -> Response:
        """The document of the version that serves now."""
        return _json(openapi_document(self._bundle.version))

    async def goals(self, _: Request) -> Response:
        """Which goals are met."""
        return _json({"goals": [report.to_dict() for report in self._recorder.goals()]})

    async def intents(self, _: Request) -> Response:
        """What the intents are doing."""
        report = await asyncio.to_thread(self._recorder.intents)
        return _json(report.to_dict())

    async def fire(self, request: Request) -> Response:
        """Accept an event of a sensor; once this is answered 202, it is durable."""
        most = self._settings.limits.input_bytes
        head = RequestHead(request.scope["headers"])
        head.check_json()
        head.check_length(most)
        payload = await read_body(request.receive, most)
        parse_json(payload)
        event = await asyncio.to_thread(self._bundle.fire, request.path_params["name"], payload)
        return _json(event.to_dict(), 202)


def _json(value: object, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, {"content-type": "application/json", **_NO_STORE})

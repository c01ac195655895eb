"""Writes down every request once it is answered: in the metrics, and in the access log."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from plugbay_adapters.priostack.serving.access_log import AccessLog
from plugbay_adapters.priostack.serving.metrics import UNMATCHED, ServerMetrics
from plugbay_adapters.priostack.serving.reserved import reserved_path
from plugbay_adapters.priostack.serving.settings import STANDARD_OUTPUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plugbay_adapters.priostack.bundle.bundle import Bundle
    from plugbay_adapters.priostack.goals.meter import GoalReport
    from plugbay_adapters.priostack.intents.report import IntentsReport
    from plugbay_adapters.priostack.serving.exchange import Exchange
    from plugbay_adapters.priostack.serving.place import WorkerPlace


class Recorder:
    """What is told of each request, and of each reload; also what the metrics ask for.

    ``access_log`` is as in :class:`ServeSettings`. Raises :class:`~plugbay.errors.ConfigInvalid` when it can't be
    opened.
    """

    def __init__(self, bundle: Bundle, access_log: str | None, place: WorkerPlace) -> None:
        self._bundle = bundle
        self._access_log = _open_log(access_log)
        self._in_flight = 0
        self._metrics = ServerMetrics(self, folder=place.folder, worker=place.worker, workers=place.workers)

    def begin(self) -> None:
        """A request's head is there."""
        self._in_flight += 1

    def end(self, exchange: Exchange) -> None:
        """A request was answered, or its client left."""
        self._in_flight -= 1
        seconds = exchange.seconds
        scope = exchange.scope
        method: str = scope["method"]
        path: str = scope["raw_path"].decode("ascii")
        service = endpoint = None
        if exchange.route is not None:
            service, endpoint = exchange.route.service, exchange.route.endpoint.name
            self._metrics.observe_request(endpoint, method, exchange.status, seconds, service=service)
            if exchange.error is not None:
                self._metrics.count_failure(service, exchange.error)
        else:
            self._metrics.observe_request(reserved_path(path) or UNMATCHED, method, exchange.status, seconds)
        if self._access_log is not None:
            client = scope["client"]
            self._access_log.write(
                {
                    "id": exchange.request_id.decode(),
                    "client": client[0] if client else None,
                    "method": method,
                    "path": path,
                    "status": exchange.status,
                    "bytes_in": exchange.bytes_in,
                    "bytes_out": exchange.bytes_out,
                    "seconds": seconds,
                    "service": service,
                    "endpoint": endpoint,
                    "error": exchange.error,
                }
            )

    def reloaded(self, ok: bool) -> None:
        """A changed bundle was taken into service, or refused."""
        self._metrics.count_reload(ok=ok)

    def render(self) -> bytes:
        """The metrics as Prometheus reads them."""
        return self._metrics.render()

    def close(self) -> None:
        """Everything is written."""
        self._metrics.close()
        if self._access_log is not None:
            self._access_log.close()

    def in_flight(self) -> int:
        """Requests that are not answered yet."""
        return self._in_flight

    def waiting(self) -> Mapping[str, int]:
        """Calls that wait for an instance, by service."""
        return {service: lane.waiting for service, lane in self._bundle.version.lanes.items()}

    def lines_dropped(self) -> int:
        """Lines of the access log that were lost."""
        return 0 if self._access_log is None else self._access_log.dropped

    def goals(self) -> Sequence[GoalReport]:
        """How the goals stand."""
        services = self._bundle.version.document.services
        return self._bundle.goals.report([goal for service in services for goal in service.goals])

    def intents(self) -> IntentsReport:
        """What the intents are doing."""
        return self._bundle.intents.report()


def _open_log(path: str | None) -> AccessLog | None:
    if path is None:
        return None
    return AccessLog(sys.stdout.fileno() if path == STANDARD_OUTPUT else Path(path))

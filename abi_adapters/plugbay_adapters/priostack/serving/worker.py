"""A worker process, as ``python -m``: told what to do by one line of JSON on standard input, by :mod:`supervisor`.

It reports with lines of JSON on a pipe: ``{"ready": …}`` once, or ``{"error": …}``. When standard input ends, the one
who started it is gone, and it ends too.
"""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import asdict
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import orjson

from plugbay.errors import PlugbayError
from plugbay.limits import Limits
from plugbay_adapters.priostack.serving.logs import server_logs
from plugbay_adapters.priostack.serving.place import WorkerPlace
from plugbay_adapters.priostack.serving.settings import ServeSettings

if TYPE_CHECKING:
    from plugbay_adapters.priostack.serving.process import Serving


def order_of(settings: ServeSettings, place: WorkerPlace, *, listener: int, report: int) -> bytes:
    """The line that a worker is started with; ``listener`` and ``report`` are descriptors that it inherits."""
    facts = {"settings": asdict(settings), "worker": place.worker, "workers": place.workers}
    return orjson.dumps({**facts, "folder": str(place.folder), "listener": listener, "report": report}) + b"\n"


def main() -> int:
    """Serve until told to stop. Returns the exit code: 0 after a graceful end, else 1."""
    from plugbay_adapters.priostack.serving.process import serve_process

    order: dict[str, Any] = orjson.loads(sys.stdin.buffer.readline())
    facts: dict[str, Any] = order["settings"]
    facts["limits"] = Limits(**facts["limits"])
    settings = ServeSettings(**facts)
    place = WorkerPlace(order["worker"], order["workers"], Path(order["folder"]))
    listener = socket.socket(fileno=order["listener"])
    report: int = order["report"]

    def ready(serving: Serving) -> None:
        Thread(target=_follow, args=(serving,), name="plugbay-parent", daemon=True).start()
        _tell(report, {"ready": {"routes": serving.routes, "bundle": serving.bundle}})

    with server_logs():
        try:
            finished = serve_process(settings, listener, place, plugins=None, on_ready=ready)
        except PlugbayError as error:
            _tell(report, {"error": error.to_dict()})
            return 1
    if not finished:
        sys.stdout.flush()
        os._exit(1)  # functions still run in threads, and nothing waits for them
    return 0


def _follow(serving: Serving) -> None:
    """End when the parent is gone: nobody would tell this process to."""
    while os.read(0, 4096):
        pass
    serving.server.stop()


def _tell(report: int, facts: dict[str, object]) -> None:
    os.write(report, orjson.dumps(facts, default=str) + b"\n")


if __name__ == "__main__":
    sys.exit(main())

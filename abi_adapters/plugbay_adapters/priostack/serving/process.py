"""One process that serves a bundle: loads it, listens, reloads it, and closes everything again."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Final

from plugbay.host import Host
from plugbay_adapters.priostack.bundle.bundle import Bundle
from plugbay_adapters.priostack.goals.meter import GoalMeter
from plugbay_adapters.priostack.serving.app import create_app
from plugbay_adapters.priostack.serving.listening import listen, url_of
from plugbay_adapters.priostack.serving.recording import Recorder
from plugbay_adapters.priostack.serving.reloader import Reloader
from plugbay_adapters.priostack.serving.server import BundleServer
from plugbay_adapters.priostack.serving.watcher import Watcher

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from plugbay.plugins import PlugbayPlugins
    from plugbay_adapters.priostack.serving.place import WorkerPlace
    from plugbay_adapters.priostack.serving.settings import ServeSettings

_log = logging.getLogger("plugbay.serving")
_LEAST_TO_CLOSE: Final = 1.0
"""Seconds; what is left of the grace may be nothing, and closing alone takes some milliseconds."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What is known of a server that is ready for requests."""

    url: str
    bundle: str
    """The bundle's name."""
    routes: int
    server: BundleServer


def serve_process(
    settings: ServeSettings,
    listener: socket.socket,
    place: WorkerPlace,
    *,
    plugins: PlugbayPlugins | None,
    on_ready: Callable[[Serving], None],
) -> bool:
    """Serve on a bound socket until told to stop; whether everything that was under way has been finished.

    ``on_ready`` is called once clients can connect; the server can be stopped by what it is given. When this is False,
    functions may still run in daemon threads, and the process had better end without waiting for them. Raises what
    :meth:`Bundle.load` raises, and :class:`AddressUnusable`.
    """
    with ExitStack() as stack:
        host = stack.enter_context(Host(limits=settings.limits, plugins=plugins))
        bundle = open_bundle(settings, host, place, stack)
        recorder = Recorder(bundle, settings.access_log, place)
        stack.callback(recorder.close)
        reloader = Reloader(bundle, told=recorder.reloaded)
        version = bundle.version
        server = BundleServer(
            create_app(bundle, settings, recorder),
            settings,
            reload=reloader.ask_and_tell,
            on_ready=lambda server: on_ready(
                Serving(url_of(listener), version.document.name, len(version.routes), server)
            ),
        )
        listen(listener)
        bundle.start()
        reloader.start()
        stack.callback(reloader.close)
        if settings.watch:
            watcher = Watcher(settings.source, reloader.ask)
            watcher.start()
            stack.callback(watcher.close)
        server.serve_on(listener)
        resources = stack.pop_all()  # of an orderly end: closed below, unless it takes too long
    if server.ended_at_once:
        recorder.close()
        finished = False
    else:
        finished = _close_within(server.grace_left, resources)
    if not finished:
        _log.warning("ended while functions were still running")
    return finished


def _close_within(seconds: float, resources: ExitStack) -> bool:
    """Close everything, and wait no longer than that: a function of an intent may run for as long as its deadline."""
    closing = Thread(target=resources.close, name="plugbay-close", daemon=True)
    closing.start()
    closing.join(max(seconds, _LEAST_TO_CLOSE))
    return not closing.is_alive()


def open_bundle(settings: ServeSettings, host: Host, place: WorkerPlace, stack: ExitStack) -> Bundle:
    """The bundle of the settings, loaded; the stack closes it. Raises what :meth:`Bundle.load` raises."""
    goals = GoalMeter(folder=place.folder, worker=place.worker, workers=place.workers)
    stack.callback(goals.close)
    return stack.enter_context(
        Bundle.load(
            settings.source,
            host=host,
            limits=settings.limits,
            instances=settings.instances,
            waiting=settings.waiting,
            queue=settings.queue,
            goals=goals,
        )
    )

"""``plugbay bundle serve`` as a function: one process, or a supervisor of several."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from plugbay.errors import ConfigInvalid
from plugbay.host import Host
from plugbay_adapters.priostack.serving.listening import bind, url_of
from plugbay_adapters.priostack.serving.place import WorkerPlace
from plugbay_adapters.priostack.serving.process import open_bundle, serve_process
from plugbay_adapters.priostack.serving.settings import STANDARD_OUTPUT
from plugbay_adapters.priostack.serving.supervisor import Supervisor

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from plugbay.plugins import PlugbayPlugins
    from plugbay_adapters.priostack.serving.settings import ServeSettings


@dataclass(frozen=True, slots=True)
class Ready:
    """What a user wants to know once requests can come."""

    url: str
    bundle: str
    routes: int


def serve(settings: ServeSettings, *, plugins: PlugbayPlugins | None = None, on_ready: Callable[[Ready], None]) -> bool:
    """Serve a bundle until a signal says to stop; whether everything that was under way has been finished.

    Has to run in the main thread, which gets the signals. ``on_ready`` is called once. Raises
    :class:`AddressUnusable`, what :meth:`Bundle.load` raises, :class:`WorkersFailed`, and
    :class:`~plugbay.errors.ConfigInvalid` when the access log is to go to a standard output that is closed.
    """
    _require_output(settings)
    listener = bind(settings.host, settings.port)
    with listener:
        if settings.workers > 1:
            return _serve_by_workers(settings, listener, plugins, on_ready)
        return serve_process(
            settings,
            listener,
            WorkerPlace(),
            plugins=plugins,
            on_ready=lambda serving: on_ready(Ready(serving.url, serving.bundle, serving.routes)),
        )


def _require_output(settings: ServeSettings) -> None:
    """Before anything is opened: its descriptor would be that of the standard output, and the log go there."""
    if settings.access_log == STANDARD_OUTPUT and sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison] # None when the shell closed it
        hint = "name a file with --access-log, or give --no-access-log"
        raise ConfigInvalid("the access log goes to standard output, which is closed", hint=hint)


def _serve_by_workers(
    settings: ServeSettings,
    listener: socket.socket,
    plugins: PlugbayPlugins | None,
    on_ready: Callable[[Ready], None],
) -> bool:
    name = _check(settings, plugins)
    with tempfile.TemporaryDirectory(prefix="plugbay-", ignore_cleanup_errors=True) as folder:
        if settings.queue == "memory:":  # which each worker would have for itself
            settings = replace(settings, queue=f"sqlite:{Path(folder, 'sensors.db')}")

        def ready(routes: int) -> None:
            on_ready(Ready(url_of(listener), name, routes))

        return Supervisor(settings, listener, Path(folder), on_ready=ready).run()


def _check(settings: ServeSettings, plugins: PlugbayPlugins | None) -> str:
    """The bundle's name, after it was loaded once: mistakes are told before any process is started, and what is
    compiled now the workers find in the cache.
    """
    alone = replace(settings, queue="memory:")
    with ExitStack() as stack:
        host = stack.enter_context(Host(limits=settings.limits, plugins=plugins))
        return open_bundle(alone, host, WorkerPlace(), stack).version.document.name

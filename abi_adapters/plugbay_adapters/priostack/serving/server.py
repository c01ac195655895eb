"""Serves one loaded bundle from this process, on uvicorn, until it is told to stop."""

from __future__ import annotations

import math
import resource
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn

from plugbay_adapters.priostack.serving.guard import ConnectionBounds, GuardedHttp, guarded_by

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Generator
    from types import FrameType

    from plugbay_adapters.priostack.serving.app import BundleApp
    from plugbay_adapters.priostack.serving.settings import ServeSettings

_ENDING: Final = (signal.SIGTERM, signal.SIGINT)
_OTHER_FILES: Final = 200
"""Open files beside the connections: modules, logs, the queue, pipes."""
_TICKS_OF_CHECK: Final = 10
"""Uvicorn ticks ten times a second; clients' times are checked once."""


class BundleServer(uvicorn.Server):
    """Listens on one socket. The first SIGTERM or SIGINT ends it gracefully, the second at once; SIGHUP reloads.

    ``on_ready`` is called once, when requests can come.
    """

    def __init__(
        self,
        app: BundleApp,
        settings: ServeSettings,
        *,
        reload: Callable[[], None],
        on_ready: Callable[[BundleServer], None],
    ) -> None:
        super().__init__(_config(app, settings))
        self._app = app
        self._settings = settings
        self._reload = reload
        self._reload_asked = False
        self._on_ready = on_ready
        self._stopped_at = time.monotonic()

    @property
    def ended_at_once(self) -> bool:
        """Whether functions may still run although the server has ended."""
        return self.force_exit or self._app.gave_up

    def serve_on(self, listener: socket.socket) -> None:
        """Serve on a listening socket until the server is told to stop."""
        _allow_open_files(self._settings.connections)
        self.config.get_loop_factory()  # imports uvloop: done in run, a Ctrl-C meanwhile would leave a coroutine behind
        self.run(sockets=[listener])

    @property
    def grace_left(self) -> float:
        """Seconds of the grace that are left, once the server was told to stop."""
        return self._settings.grace - (time.monotonic() - self._stopped_at)

    def stop(self) -> None:
        """End gracefully; the second time at once. Safe to call from any thread, and from a signal's handler."""
        self.force_exit = self.should_exit
        if not self.should_exit:
            self._stopped_at = time.monotonic()
        self._app.draining = True
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 # a handler's signature
        """A signal came."""
        if sig in _ENDING:
            self.stop()
        else:
            self._reload_asked = True  # a handler may interrupt another one, so it takes no lock

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Handle the signals while the server runs; afterwards nothing is left of them, so ending by one is no failure.

        Only the main thread gets signals; a server in another one is ended by :meth:`stop`.
        """
        try:
            before = {number: signal.signal(number, self.handle_exit) for number in (*_ENDING, signal.SIGHUP)}
        except ValueError:  # not the main thread
            before = {}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections. Signals are handled already, so whoever is told may send one at once."""
        await super().startup(sockets)
        self._on_ready(self)

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second; whether to end."""
        if self._reload_asked:
            self._reload_asked = False
            self._reload()
        if counter % _TICKS_OF_CHECK == 0:
            self._check_clients()
        return await super().on_tick(counter)

    def _check_clients(self) -> None:
        connections: list[object] = list(self.server_state.connections)  # it may change while some are closed
        for connection in connections:
            if isinstance(connection, GuardedHttp):
                connection.check_time(connection.loop.time())


def _config(app: BundleApp, settings: ServeSettings) -> uvicorn.Config:
    proxy = settings.trusted_proxy
    return uvicorn.Config(
        app,  # pyright: ignore[reportArgumentType] # it takes HTTP only, which is all that is configured here
        http=guarded_by(ConnectionBounds.of(settings)),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=proxy is not None,
        forwarded_allow_ips=proxy,
        timeout_keep_alive=math.ceil(settings.idle_seconds),
        timeout_graceful_shutdown=math.ceil(settings.grace),
    )


def _allow_open_files(connections: int) -> None:
    """Raise the soft limit of open files, where the hard one allows it, so that every connection may be accepted."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))

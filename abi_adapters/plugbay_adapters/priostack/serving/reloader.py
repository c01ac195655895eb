"""Takes a changed bundle into service while requests go on, and says in the log what became of it."""

from __future__ import annotations

import logging
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from plugbay.errors import PlugbayError

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_adapters.priostack.bundle.bundle import Bundle

_log = logging.getLogger("plugbay.serving")
SETTLE_SECONDS: Final = 0.3
"""How long nothing may change before a bundle that can't be read is believed to be wrong, and not half written."""


class Reloader:
    """Reloads a bundle in a thread of its own whenever it is asked to. Requests that come meanwhile count as one."""

    def __init__(self, bundle: Bundle, *, told: Callable[[bool], None], settle: float = SETTLE_SECONDS) -> None:
        self._bundle = bundle
        self._told = told
        self._settle = settle
        self._asked = Event()
        self._closing = False
        self._awaited = False
        self._refused = False
        self._thread: Thread | None = None

    def ask(self) -> None:
        """Have the bundle reloaded soon; returns at once. Any thread may ask, but no signal's handler."""
        self._asked.set()

    def ask_and_tell(self) -> None:
        """As :meth:`ask`, for someone who reads in the log what became of it, also if nothing has changed."""
        self._awaited = True
        self._asked.set()

    def start(self) -> None:
        """Begin to wait for :meth:`ask`."""
        self._thread = Thread(target=self._run, name="plugbay-reload", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End, once a reload that is under way is through."""
        self._closing = True
        self._asked.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            self._asked.wait()
            if self._closing:
                return
            self._asked.clear()
            self._reload()

    def _reload(self) -> None:
        """One reload. What can't be taken is tried again once the files have settled: they may be half written."""
        try:
            change = self._bundle.reload()
        except Exception as error:  # noqa: BLE001 # whatever a new version does, the old one serves on
            if self._asked.wait(self._settle):
                return  # more has changed: the next round looks at it
            self._reload_settled(error)
            return
        self._accept(change)

    def _reload_settled(self, before: Exception) -> None:
        try:
            change = self._bundle.reload()
        except PlugbayError as error:
            self._refuse(str(error))
        except Exception:  # noqa: BLE001 # as above
            _log.exception("a reload failed in the server itself (first: %s)", before)
            self._told(False)
        else:
            self._accept(change)

    def _refuse(self, reason: str) -> None:
        self._awaited, self._refused = False, True
        version = self._bundle.version.number
        _log.error("the changed bundle is refused, version %d serves on: %s", version, reason)
        self._told(False)

    def _accept(self, change: object) -> None:
        version = self._bundle.version.number
        if change:
            _log.info("version %d serves now: %s", version, change)
            self._told(True)
        elif self._awaited or self._refused:  # or the last that the log says would be that it is refused
            _log.info("version %d serves on: the bundle is as it was then", version)
        self._awaited = self._refused = False

"""Watches the files of a bundle, and asks for a reload when they change."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger("plugbay.serving")
_STEP_MS: Final = 50
"""Changes that follow each other within so many milliseconds are one."""
_DEBOUNCE_MS: Final = 250
"""But for so many at most."""
_LOOK_MS: Final = 1000
"""How often it is looked whether the path still leads to the same files: a link may be switched to other ones."""
_SUFFIXES: Final = ("", ".yaml", ".yml", ".wasm", ".wat")
"""Of a bundle's files and folders. A queue or an access log in the same folder changes with every request."""


class Watcher:
    """Calls ``changed`` after each change of a bundle, a folder or a zip, from a thread of its own."""

    def __init__(self, source: str, changed: Callable[[], None]) -> None:
        self._source = Path(source)
        self._changed = changed
        self._closing = Event()
        self._thread = Thread(target=self._run, name="plugbay-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._watch()
            except Exception:  # noqa: BLE001 # whatever ends a watch, the next one may work
                _log.exception("%s can't be watched, trying again", self._source)
            self._closing.wait(_LOOK_MS / 1000)

    def _watch(self) -> None:
        """Watch the files that the path leads to now; ends when it leads to others, or nowhere."""
        from watchfiles import watch

        target = _identity(self._source)
        if target is None:
            return
        self._changed()  # something may have changed while nothing was watched
        folder = self._source if self._source.is_dir() else self._source.resolve().parent
        for changes in watch(
            folder,
            watch_filter=None,
            debounce=_DEBOUNCE_MS,
            step=_STEP_MS,
            rust_timeout=_LOOK_MS,
            yield_on_timeout=True,
            stop_event=self._closing,
            recursive=self._source.is_dir(),
            raise_interrupt=False,
        ):
            if any(self._concerns(path) for _, path in changes):
                self._changed()
            if _identity(self._source) != target:
                return

    def _concerns(self, path: str) -> bool:
        if not self._source.is_dir():
            return Path(path).name in (self._source.name, self._source.resolve().name)
        return Path(path).suffix in _SUFFIXES


def _identity(path: Path) -> tuple[str, int, int] | None:
    """Which folder or file a path leads to; for a file only which folder it is in, as files are replaced by others."""
    try:
        real = path.resolve(strict=True)
        facts = (real if real.is_dir() else real.parent).stat()
    except OSError:
        return None
    return str(real), facts.st_dev, facts.st_ino

"""Hands guests' log lines of raw calls to Python's logging."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from plugbay.outcome import LogLevel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugbay.outcome import LogRecord

LOGGER: Final = "plugbay.guest"
_LEVELS: Final = {
    LogLevel.TRACE: logging.DEBUG,
    LogLevel.DEBUG: logging.DEBUG,
    LogLevel.INFO: logging.INFO,
    LogLevel.WARN: logging.WARNING,
    LogLevel.ERROR: logging.ERROR,
}


class GuestLog:
    """The logger ``plugbay.guest.NAME`` of one plugin."""

    def __init__(self, plugin: str) -> None:
        self._logger = logging.getLogger(f"{LOGGER}.{plugin}")

    def warn(self, text: str) -> None:
        """Log a warning of the host's own about the plugin."""
        self._logger.warning("%s", text)

    def write(self, records: Iterable[LogRecord]) -> None:
        """Log the lines at their levels."""
        for record in records:
            self._logger.log(_LEVELS[record.level], "%s", record.text)

"""Log lines of the server, its guests and the host, on standard error while a bundle is served."""

from __future__ import annotations

import logging
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from plugbay.cli.text import visible

if TYPE_CHECKING:
    from collections.abc import Generator

_ROOT: Final = "plugbay"
_SEVERITIES: Final = {"warning": "warn", "critical": "error"}


@contextmanager
def server_logs(level: int = logging.INFO) -> Generator[None]:
    """Show what is logged under ``plugbay`` from this level on, and errors of uvicorn."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_LineFormatter())
    loggers = [logging.getLogger(_ROOT), logging.getLogger("uvicorn.error")]
    before = [(logger, logger.propagate, logger.level) for logger in loggers]
    loggers[0].setLevel(level)
    loggers[1].setLevel(logging.ERROR)
    for logger in loggers:
        logger.propagate = False
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger, propagate, old_level in before:
            logger.removeHandler(handler)
            logger.propagate = propagate
            logger.setLevel(old_level)


class _LineFormatter(logging.Formatter):
    """``2026-11-25T16:20:56Z error plugbay.serving: …``; nothing in it can move a terminal's cursor."""

    def format(self, record: logging.LogRecord) -> str:
        """One record; a traceback follows in lines of its own."""
        severity = record.levelname.lower()
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        text = record.getMessage()
        if record.exc_info:
            text = f"{text}\n{self.formatException(record.exc_info)}"
        text = visible(text, lines=True).replace("\n", "\n    ")
        return f"{moment} {_SEVERITIES.get(severity, severity):<5} {record.name}: {text}"

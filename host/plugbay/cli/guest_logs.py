"""Log lines of guests, and the host's own warnings, on standard error."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from plugbay.cli.text import visible

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from plugbay.cli.output import Output
    from plugbay.outcome import LogRecord

_ROOT: Final = "plugbay"
_GUESTS: Final = "plugbay.guest."
_STYLES: Final = {"trace": "dim", "debug": "dim", "info": "cyan", "warn": "yellow", "error": "red"}
_NAMES: Final = {logging.WARNING: "warn", logging.CRITICAL: "error"}


@contextmanager
def shown_logs(output: Output) -> Generator[None]:
    """Show everything that is logged under ``plugbay`` from level debug (guests) or warning (the host) on."""
    root, guests = logging.getLogger(_ROOT), logging.getLogger(_GUESTS.rstrip("."))
    handler = _Handler(output)
    before = root.propagate, guests.level
    root.propagate = False
    guests.setLevel(logging.DEBUG)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.propagate = before[0]
        guests.setLevel(before[1])


def show_records(output: Output, plugin: str, records: Iterable[LogRecord]) -> None:
    """Show the log lines of an outcome."""
    for record in records:
        show_line(output, str(record.level), plugin, record.text)


def show_line(output: Output, level: str, source: str, text: str) -> None:
    """One log line, for people; with ``--json`` an object."""
    if output.json:
        output.say_json({"level": level, "source": source, "text": text})
        return
    from rich.text import Text

    output.say(Text.assemble((f"{level:<5}", _STYLES[level]), (f" {source}: ", "dim"), visible(text)))


class _Handler(logging.Handler):
    def __init__(self, output: Output) -> None:
        super().__init__(logging.DEBUG)
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        """Show one record; guests are called by their plugin's name."""
        level = _NAMES.get(record.levelno, record.levelname.lower())
        source = record.name.removeprefix(_GUESTS)
        show_line(self._output, level, source, record.getMessage())

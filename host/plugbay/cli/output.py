"""Where a verb's words go: data to standard output, talk to standard error."""

from __future__ import annotations

import errno
import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

    from rich.console import Console, RenderableType

PIPE_WIDTH = 100
"""Columns of a table that goes to a file or pipe."""


class Output:
    """The two streams of one run. ``json`` is set by ``--json``: then all data is JSON."""

    def __init__(self, *, json: bool) -> None:
        self.json = json

    @property
    def to_terminal(self) -> bool:
        """Whether somebody reads standard output on a terminal."""
        return sys.stdout is not None and sys.stdout.isatty()  # pyright: ignore[reportUnnecessaryComparison] # None when the shell closed it

    def write(self, data: bytes) -> None:
        """Bytes to standard output, as they are."""
        stream = binary_stdout()
        stream.write(data)
        stream.flush()

    def document(self, value: object) -> None:
        """One JSON document and a line end to standard output."""
        self.write(to_json(value))

    def show(self, *parts: RenderableType) -> None:
        """Tables and text for people, to standard output."""
        binary_stdout()
        for part in parts:
            self._stdout.print(part)

    def say(self, part: RenderableType) -> None:
        """Talk, to standard error; lines stay whole for those who search them."""
        self.stderr.print(part, soft_wrap=True)

    def say_json(self, value: object) -> None:
        """Talk for programs, to standard error: one JSON object a line."""
        if sys.stderr is not None:  # pyright: ignore[reportUnnecessaryComparison] # None when the shell closed it
            sys.stderr.write(to_json(value).decode())

    @cached_property
    def stderr(self) -> Console:
        """The console on standard error, for progress bars too."""
        return _console(stderr=True)

    @cached_property
    def _stdout(self) -> Console:
        return _console(stderr=False)


def to_json(value: object) -> bytes:
    """A JSON document with a line end; what JSON can't hold (lone surrogates) is escaped like in Python."""
    import orjson

    try:
        return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        import json

        return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def binary_stdout() -> BinaryIO:
    """Standard output for bytes, what was printed before flushed. Raises :class:`OSError` when it is closed."""
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison] # None when the shell closed it
        raise OSError(errno.EBADF, os.strerror(errno.EBADF), "standard output")
    sys.stdout.flush()
    return sys.stdout.buffer


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    return console

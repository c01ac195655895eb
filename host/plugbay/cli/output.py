"""Where a verb's words go: data to standard output, talk to standard error."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.console import Console, RenderableType

PIPE_WIDTH = 100
"""Columns of a table that goes to a file or pipe."""


class ReaderLeft(Exception):
    """Nobody reads standard output any more; no :class:`OSError`, which typer would take for its own."""


class Output:
    """The two streams of one run. ``json`` is set by ``--json``: then all data is JSON."""

    def __init__(self, *, json: bool) -> None:
        self.json = json

    @property
    def to_terminal(self) -> bool:
        """Whether somebody reads standard output on a terminal."""
        return sys.stdout is not None and sys.stdout.isatty()  # pyright: ignore[reportUnnecessaryComparison] # None when the shell closed it

    def write(self, data: bytes) -> None:
        """Bytes to standard output, as they are.

        Raises :class:`ReaderLeft`, or :class:`OSError` when it is closed or its disk is full: nothing more is written
        then.
        """
        if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison] # None when the shell closed it
            raise OSError(errno.EBADF, os.strerror(errno.EBADF), "standard output")
        with _writing():
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()

    def document(self, value: object) -> None:
        """One JSON document and a line end to standard output."""
        self.write(to_json(value))

    def show(self, *parts: RenderableType) -> None:
        """Tables and text for people, to standard output."""
        console = _console(stderr=False)
        with _writing(), console.capture() as capture:  # rich writes, too, if only an empty text
            for part in parts:
                console.print(part)
        text = capture.get()
        if not console.is_terminal:  # rich fills the last column of a table with spaces
            text = "\n".join(line.rstrip(" ") for line in text.split("\n"))
        self.write(text.encode(sys.stdout.encoding, "backslashreplace") if sys.stdout else b"")

    def say(self, part: RenderableType) -> None:
        """Talk, to standard error; lines of text stay whole for those who search them."""
        from rich.text import Text

        self.stderr.print(part, soft_wrap=isinstance(part, (str, Text)))

    def say_json(self, value: object) -> None:
        """Talk for programs, to standard error: one JSON object a line."""
        if sys.stderr is not None:  # pyright: ignore[reportUnnecessaryComparison] # None when the shell closed it
            sys.stderr.write(to_json(value).decode())

    @cached_property
    def stderr(self) -> Console:
        """The console on standard error, for progress bars too."""
        return _console(stderr=True)


@contextmanager
def _writing() -> Generator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise ReaderLeft from error
    except OSError as error:
        drop_standard_output()
        raise OSError(f"standard output can't be written: {error.strerror or error}") from error


def drop_standard_output() -> None:
    """Nobody takes it any more: what is still buffered must not raise again when Python exits."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())
    os.close(sink)


def to_json(value: object) -> bytes:
    """A JSON document with a line end; what JSON can't hold (lone surrogates) is escaped like in Python."""
    import orjson

    try:
        return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        import json

        return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    return console

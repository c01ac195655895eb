"""Files and pipes that a stream is read from and written to."""

from __future__ import annotations

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from plugbay.errors import StreamUnusable

STANDARD: Final = "-"
"""A path that means standard input or output."""
STANDARD_INPUT: Final = 0
STANDARD_OUTPUT: Final = 1
STANDARD_ERROR: Final = 2
_STANDARD_NAMES: Final = {STANDARD_OUTPUT: "standard output", STANDARD_ERROR: "standard error"}


@contextmanager
def open_source(path: str) -> Generator[int]:
    """The descriptor of the input. Raises :class:`StreamUnusable`."""
    if path == STANDARD:
        yield STANDARD_INPUT
        return
    try:
        if Path(path).is_dir():
            raise IsADirectoryError(0, "it is a folder")
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise _unusable(path, "read", error) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


class Sink:
    """An output that holds whole pieces only: what is half written when writing fails is cut off again.

    Only a kill of the process can leave a piece that is cut off, at the end.
    Opening a path empties the file. Raises :class:`StreamUnusable`, and BrokenPipeError for a pipe whose reader left.
    """

    def __init__(self, path: str, *, standard: int = STANDARD_OUTPUT) -> None:
        self._name = path if path != STANDARD else _STANDARD_NAMES.get(standard, STANDARD)
        self._owned = path != STANDARD
        self._descriptor = standard if path == STANDARD else _open_to_write(path)
        try:
            self._regular = stat.S_ISREG(os.fstat(self._descriptor).st_mode)
        except OSError as error:  # the shell closed it
            raise _unusable(self._name, "written", error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._owned:
            os.close(self._descriptor)

    @property
    def is_terminal(self) -> bool:
        """Whether somebody reads along."""
        return os.isatty(self._descriptor)

    def write(self, data: bytes) -> None:
        """Write all of it, or nothing."""
        view = memoryview(data)
        written = 0
        try:
            while written < len(view):
                written += os.write(self._descriptor, view[written:])
        except BaseException as error:
            self._cut_off(written)
            if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
                raise _unusable(self._name, "written", error) from error
            raise

    def _cut_off(self, written: int) -> None:
        if self._regular and written:
            with suppress(OSError):
                end = os.lseek(self._descriptor, 0, os.SEEK_CUR) - written
                os.ftruncate(self._descriptor, end)
                os.lseek(self._descriptor, end, os.SEEK_SET)


def _open_to_write(path: str) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise _unusable(path, "written", error) from error


def _unusable(path: str, done: str, error: OSError) -> StreamUnusable:
    return StreamUnusable(
        f"{path} can't be {done}: {error.strerror or error}", found=path, hint="check the path, its rights and its disk"
    )

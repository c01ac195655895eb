"""Where the lines of a log go: an open descriptor, or a file that may be rotated."""

from __future__ import annotations

import os
import select
import stat
import time
from typing import TYPE_CHECKING, Final, Protocol

from plugbay.errors import ConfigInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_PIPE_BYTES: Final = select.PIPE_BUF
"""What a pipe takes in one piece, also when several processes write to it."""
_PATIENCE: Final = 0.1


class LogSink(Protocol):
    """Takes lines, whole ones."""

    def write(self, lines: Sequence[bytes], give_up_at: float | None) -> int:
        """Write them; answers how many are surely written.

        ``give_up_at``: when on the monotonic clock to stop waiting for a reader that does not read; None is never.
        Raises :class:`OSError` when nothing can be written, and then some of the lines may have been.
        """
        ...

    def close(self) -> None:
        """Close what the sink opened itself."""
        ...


class DescriptorSink:
    """Writes to a file descriptor that is someone else's to close: standard output, a pipe, a terminal.

    Raises :class:`~plugbay.errors.ConfigInvalid` when it is not open.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._torn = False
        try:
            mode = os.fstat(descriptor).st_mode
        except OSError as error:
            raise ConfigInvalid(f"the access log's descriptor {descriptor} is not open: {error.strerror}") from error
        self._piece = _PIPE_BYTES if stat.S_ISFIFO(mode) else 1 << 20

    def write(self, lines: Sequence[bytes], give_up_at: float | None) -> int:
        """See :class:`LogSink`. A line that was cut off by an error is ended before the next one."""
        done = 0
        for count, piece in _pieces(lines, self._piece):
            if not self._write_piece(b"\n" + piece if self._torn else piece, give_up_at):
                return done
            done += count
        return done

    def close(self) -> None:
        """Nothing: the descriptor is not the sink's own."""

    def _write_piece(self, piece: bytes, give_up_at: float | None) -> bool:
        rest = memoryview(piece)
        while rest:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
                self._torn = bool(rest)
            except BlockingIOError:
                if give_up_at is not None and time.monotonic() >= give_up_at:
                    return False
                poll = select.poll()
                poll.register(self._descriptor, select.POLLOUT)
                poll.poll(_PATIENCE * 1000)
        return True


class FileSink:
    """Appends to a file, and opens it again once its path names another one or none: logs are rotated by renaming.

    Raises :class:`~plugbay.errors.ConfigInvalid` when the file can't be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._descriptor = self._open()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise ConfigInvalid(f"the access log {path} can't be opened: {reason}") from error
        self._lines = DescriptorSink(self._descriptor)

    def write(self, lines: Sequence[bytes], give_up_at: float | None) -> int:
        """See :class:`LogSink`."""
        self._follow()
        return self._lines.write(lines, give_up_at)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)

    def _follow(self) -> None:
        ours = os.fstat(self._descriptor)
        try:
            named = self._path.stat()
        except FileNotFoundError:
            pass
        else:
            if (named.st_dev, named.st_ino) == (ours.st_dev, ours.st_ino):
                return
        # Opened before the old one is closed: when that fails, the old file is still written to.
        opened = self._open()
        os.close(self._descriptor)
        self._descriptor, self._lines = opened, DescriptorSink(opened)


def _pieces(lines: Sequence[bytes], most: int) -> Iterator[tuple[int, bytes]]:
    """The lines joined, as many at a time as stay below ``most`` bytes, and how many these are."""
    first, size = 0, 0
    for index, line in enumerate(lines):
        if size and size + len(line) > most:
            yield index - first, b"".join(lines[first:index])
            first, size = index, 0
        size += len(line)
    if size:
        yield len(lines) - first, b"".join(lines[first:])

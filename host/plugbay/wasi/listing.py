"""The entries of a folder, a buffer at a time."""

from __future__ import annotations

import os
import struct
from itertools import chain
from typing import TYPE_CHECKING

from plugbay.wasi.filetype import FileType

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENTRY = struct.Struct("<QQIBxxx")


class Listing:
    """One pass over a folder. A cookie is the number of entries before it; the folder is never held in memory."""

    def __init__(self, descriptor: int) -> None:
        self._entries = os.scandir(descriptor)
        own = os.fstat(descriptor).st_ino
        self._rows = chain(((own, FileType.DIRECTORY, name) for name in (b".", b"..")), self._scan())
        self._position = 0
        self._pending: tuple[int, int, bytes] | None = None

    @property
    def position(self) -> int:
        """The cookie from which :meth:`fill` goes on."""
        return self._position

    def skip(self, cookie: int) -> None:
        """Go on to a cookie beyond the position."""
        while self._position < cookie and self._take() is not None:
            pass

    def fill(self, size: int) -> bytes:
        """Entries for a buffer of ``size`` bytes, the last one cut off where it ends; fewer bytes mean the end.

        An entry that was cut off comes again.
        """
        filled = bytearray()
        while len(filled) < size:
            row = self._take()
            if row is None:
                break
            inode, kind, name = row
            filled += _ENTRY.pack(self._position, inode, len(name), kind) + name
            if len(filled) > size:
                self._pending = row
                self._position -= 1
        return bytes(filled[:size])

    def close(self) -> None:
        """End the pass."""
        self._entries.close()

    def _take(self) -> tuple[int, int, bytes] | None:
        row, self._pending = self._pending or next(self._rows, None), None
        if row is not None:
            self._position += 1
        return row

    def _scan(self) -> Iterator[tuple[int, int, bytes]]:
        for entry in self._entries:
            try:
                name = entry.name.encode()
            except UnicodeEncodeError:
                continue  # WASI's names are UTF-8
            yield entry.inode(), _kind(entry), name


def _kind(entry: os.DirEntry[str]) -> int:
    """The type that the folder itself says, without a look at the file."""
    if entry.is_symlink():
        return FileType.LINK
    if entry.is_dir(follow_symlinks=False):
        return FileType.DIRECTORY
    return FileType.REGULAR if entry.is_file(follow_symlinks=False) else FileType.UNKNOWN

"""What a guest has open: a regular file or a folder, by a descriptor of the host."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from dataclasses import dataclass, field
from enum import IntFlag

from plugbay.wasi.filetype import FileType
from plugbay.wasi.listing import Listing

_FDSTAT = struct.Struct("<BxHxxxxQQ")
_FILESTAT = struct.Struct("<QQBxxxxxxxQQQQQ")
_FOLDER_RIGHTS = sum(1 << bit for bit in (9, 10, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23, 25, 26))
_FILE_RIGHTS = sum(1 << bit for bit in (0, 1, 2, 3, 4, 5, 6, 7, 21, 22, 23, 27))


class SetTimes(IntFlag):
    """Which times a call sets, and whether to the present."""

    ACCESS = 1
    ACCESS_NOW = 2
    MODIFICATION = 4
    MODIFICATION_NOW = 8


class FdFlags(IntFlag):
    """Flags of an open file. Regular files never block; to be synchronous is not offered."""

    APPEND = 1
    NONBLOCK = 4


@dataclass(slots=True)
class Handle:
    """An open file or folder. ``writable`` says whether its grant is; ``preopen`` is the name of a granted folder."""

    descriptor: int
    folder: bool
    writable: bool
    preopen: bytes | None = None
    listing: Listing | None = field(default=None)

    def require(self, *, folder: bool | None = None, writable: bool = False) -> None:
        """Raise ``OSError`` unless it is what a call needs."""
        if folder is not None and folder is not self.folder:
            raise OSError(errno.ENOTDIR if folder else errno.EISDIR, "wrong kind of file")
        if writable and not self.writable:
            raise OSError(errno.EROFS, "granted read-only")

    def fdstat(self) -> bytes:
        """The ``fdstat`` of it. The rights are for libraries that ask; what is allowed is judged when it is done."""
        flags = fcntl.fcntl(self.descriptor, fcntl.F_GETFL)
        append = FdFlags.APPEND if flags & os.O_APPEND else 0
        if self.folder:
            return _FDSTAT.pack(FileType.DIRECTORY, append, _FOLDER_RIGHTS, _FOLDER_RIGHTS | _FILE_RIGHTS)
        return _FDSTAT.pack(FileType.REGULAR, append, _FILE_RIGHTS, 0)

    def set_flags(self, flags: int) -> None:
        """Switch appending on or off."""
        check_flags(flags)
        now = fcntl.fcntl(self.descriptor, fcntl.F_GETFL)
        appending = now | os.O_APPEND if flags & FdFlags.APPEND else now & ~os.O_APPEND
        fcntl.fcntl(self.descriptor, fcntl.F_SETFL, appending)

    def close(self) -> None:
        """Close the descriptor."""
        if self.listing is not None:
            self.listing.close()
        os.close(self.descriptor)


def check_flags(flags: int) -> None:
    """Raise ``OSError`` for flags that are not offered."""
    if flags & ~(FdFlags.APPEND | FdFlags.NONBLOCK):
        raise OSError(errno.ENOTSUP, "synchronous files are not offered")


def filestat(found: os.stat_result) -> bytes:
    """The ``filestat`` of what was found."""
    times = (found.st_atime_ns, found.st_mtime_ns, found.st_ctime_ns)
    kind = FileType.of_mode(found.st_mode)
    # Times before 1970 don't fit.
    return _FILESTAT.pack(
        found.st_dev, found.st_ino, kind, found.st_nlink, found.st_size, *(max(time, 0) for time in times)
    )


def new_times(found: os.stat_result, access: int, modification: int, flags: int, now: int) -> tuple[int, int]:
    """Access and modification times in nanoseconds, as a call asks for them. Raises ``OSError`` for contradictions."""
    both = (SetTimes.ACCESS | SetTimes.ACCESS_NOW, SetTimes.MODIFICATION | SetTimes.MODIFICATION_NOW)
    if any(flags & pair == pair for pair in both) or flags & ~(both[0] | both[1]):
        raise OSError(errno.EINVAL, "contradictory times")
    first = access if flags & SetTimes.ACCESS else now if flags & SetTimes.ACCESS_NOW else found.st_atime_ns
    second = modification if flags & SetTimes.MODIFICATION else found.st_mtime_ns
    return first, now if flags & SetTimes.MODIFICATION_NOW else second

"""Types of files, as WASI numbers them."""

from __future__ import annotations

import stat
from enum import IntEnum


class FileType(IntEnum):
    """What guests can tell apart."""

    UNKNOWN = 0
    """A pipe, a device, a socket: what guests can't open."""
    DIRECTORY = 3
    REGULAR = 4
    LINK = 7

    @classmethod
    def of_mode(cls, mode: int) -> FileType:
        """The type that a file's mode says."""
        if stat.S_ISREG(mode):
            return cls.REGULAR
        if stat.S_ISDIR(mode):
            return cls.DIRECTORY
        return cls.LINK if stat.S_ISLNK(mode) else cls.UNKNOWN

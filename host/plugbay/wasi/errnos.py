"""Errnos of WASI preview 1, and the operating system's in their terms."""

from __future__ import annotations

import errno
from enum import IntEnum


class Errno(IntEnum):
    """The errnos that a guest may be answered, of the many in WASI preview 1."""

    SUCCESS = 0
    ACCES = 2
    AGAIN = 6
    BADF = 8
    BUSY = 10
    DQUOT = 19
    EXIST = 20
    FAULT = 21
    """A pointer that does not lie in the guest's memory."""
    FBIG = 22
    ILSEQ = 25
    INTR = 27
    INVAL = 28
    IO = 29
    ISDIR = 31
    LOOP = 32
    MFILE = 33
    MLINK = 34
    NAMETOOLONG = 37
    NFILE = 41
    NODEV = 43
    NOENT = 44
    NOMEM = 48
    NOSPC = 51
    NOSYS = 52
    NOTDIR = 54
    NOTEMPTY = 55
    NOTSOCK = 57
    NOTSUP = 58
    NXIO = 60
    OVERFLOW = 61
    PERM = 63
    ROFS = 69
    SPIPE = 70
    STALE = 72
    TXTBSY = 74
    XDEV = 75
    NOTCAPABLE = 76
    """The service was not granted, or the stream can't be changed."""


def wasi_errno(error: OSError) -> Errno:
    """The errno that a guest gets for an error of the operating system; ``IO`` for those without one here."""
    name = errno.errorcode.get(error.errno or 0, "").removeprefix("E")
    name = "NOTSUP" if name == "OPNOTSUPP" else name
    return Errno.__members__.get(name, Errno.IO)

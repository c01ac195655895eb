"""Errnos of WASI preview 1, and the operating system's in their terms."""

from __future__ import annotations

import errno
from enum import IntEnum


class FileErrno(IntEnum):
    """The errnos that a call on files may answer."""

    ACCES = 2
    AGAIN = 6
    BADF = 8
    BUSY = 10
    DQUOT = 19
    EXIST = 20
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
    NOTDIR = 54
    NOTEMPTY = 55
    NOTSUP = 58
    NXIO = 60
    OVERFLOW = 61
    PERM = 63
    ROFS = 69
    SPIPE = 70
    STALE = 72
    TXTBSY = 74
    XDEV = 75


def wasi_errno(error: OSError) -> FileErrno:
    """The errno that a guest gets for an error of the operating system; ``IO`` for those that no file call has."""
    name = errno.errorcode.get(error.errno or 0, "").removeprefix("E")
    name = "NOTSUP" if name == "OPNOTSUPP" else name
    return FileErrno.__members__.get(name, FileErrno.IO)

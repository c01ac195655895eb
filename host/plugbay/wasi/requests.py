"""A driver's requests about files: numbers and bytes in, an answer or an errno out."""

from __future__ import annotations

import os
import struct
import time
from enum import IntEnum
from typing import TYPE_CHECKING

from plugbay.wasi.beneath import PATH_BYTES
from plugbay.wasi.errnos import Errno, wasi_errno
from plugbay.wasi.handles import filestat, new_times

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay.wasi.files import GuestFiles

PIECE = 64 * 1024
"""Bytes that one request reads or writes at most; the driver asks again for the rest."""
LISTED = 1024 * 1024
"""Bytes of the largest buffer for a folder's entries."""

_HEAD = struct.Struct("<IIQQQ")
_FOLLOW = 1


class Operation(IntEnum):
    """What is asked for. A request is u32 operation, u32 fd, three u64 numbers, then bytes."""

    PREOPEN = 1
    OPEN = 2
    CLOSE = 3
    READ = 4
    WRITE = 5
    PREAD = 6
    PWRITE = 7
    SEEK = 8
    FDSTAT = 9
    SET_FLAGS = 10
    FILESTAT = 11
    SET_SIZE = 12
    SET_TIMES = 13
    SYNC = 14
    LIST = 15
    RENUMBER = 16
    PATH_STAT = 17
    PATH_SET_TIMES = 18
    MAKE_FOLDER = 19
    REMOVE_FOLDER = 20
    UNLINK = 21
    RENAME = 22
    READ_LINK = 23


class FileRequests:
    """Answers requests on a guest's files: bytes, a number, or an errno as a negative number in 64 bits."""

    def __init__(self, files: GuestFiles) -> None:
        self._files = files
        self._answers: dict[int, Callable[[int, int, int, int, bytes], bytes | int | None]] = {
            Operation.PREOPEN: lambda fd, _a, _b, _c, _data: files.preopen(fd),
            Operation.OPEN: self._open,
            Operation.CLOSE: lambda fd, _a, _b, _c, _data: files.close_fd(fd),
            Operation.READ: lambda fd, size, _b, _c, _data: os.read(files.file(fd), min(size, PIECE)),
            Operation.WRITE: lambda fd, _a, _b, _c, data: os.write(files.file(fd), data),
            Operation.PREAD: lambda fd, size, at, _c, _data: os.pread(files.file(fd), min(size, PIECE), at),
            Operation.PWRITE: lambda fd, _a, at, _c, data: os.pwrite(files.file(fd), data, at),
            Operation.SEEK: self._seek,
            Operation.FDSTAT: lambda fd, _a, _b, _c, _data: files.handle(fd).fdstat(),
            Operation.SET_FLAGS: lambda fd, flags, _b, _c, _data: files.handle(fd).set_flags(flags),
            Operation.FILESTAT: lambda fd, _a, _b, _c, _data: filestat(os.fstat(files.handle(fd).descriptor)),
            Operation.SET_SIZE: lambda fd, size, _b, _c, _data: os.ftruncate(files.file(fd), size),
            Operation.SET_TIMES: self._set_times,
            Operation.SYNC: lambda fd, _a, _b, _c, _data: os.fsync(files.handle(fd).descriptor),
            Operation.LIST: self._list,
            Operation.RENUMBER: lambda fd, to, _b, _c, _data: files.renumber(fd, to),
            Operation.PATH_STAT: lambda fd, flags, _b, _c, path: files.stat(fd, path, follow=bool(flags & _FOLLOW)),
            Operation.PATH_SET_TIMES: self._path_set_times,
            Operation.MAKE_FOLDER: lambda fd, _a, _b, _c, path: files.make_folder(fd, path),
            Operation.REMOVE_FOLDER: lambda fd, _a, _b, _c, path: files.remove_folder(fd, path),
            Operation.UNLINK: lambda fd, _a, _b, _c, path: files.unlink(fd, path),
            Operation.RENAME: self._rename,
            Operation.READ_LINK: lambda fd, size, _b, _c, path: files.read_link(fd, path)[: min(size, PATH_BYTES)],
        }

    def __call__(self, request: bytes) -> bytes | int:
        """The answer to one request. Nothing that a guest asks for raises."""
        operation, fd, a, b, c = _HEAD.unpack_from(request)
        data = request[_HEAD.size :]
        try:
            if operation >= Operation.PATH_STAT or operation == Operation.OPEN:
                data.decode()
            answer = self._answers[operation](fd, a, b, c, data)
        except OSError as error:
            return _negative(wasi_errno(error))
        except UnicodeDecodeError:
            return _negative(Errno.ILSEQ)
        except (ValueError, OverflowError):  # a null byte in a path, a number beyond the operating system's
            return _negative(Errno.INVAL)
        return 0 if answer is None else answer

    def _open(self, fd: int, flags: int, rights: int, fdflags: int, path: bytes) -> int:
        oflags, lookup = flags & 0xFFFFFFFF, flags >> 32
        return self._files.open(fd, path, follow=bool(lookup & _FOLLOW), oflags=oflags, rights=rights, fdflags=fdflags)

    def _rename(self, fd: int, to: int, size: int, _c: int, paths: bytes) -> None:
        old, new = paths[:size], paths[size:]
        old.decode()  # each by itself: both together may be UTF-8 where neither is
        new.decode()
        self._files.rename(fd, old, to, new)

    def _list(self, fd: int, cookie: int, size: int, _c: int, _data: bytes) -> bytes:
        if size > LISTED:  # a shorter answer would mean the end of the folder
            raise ValueError(size)
        return self._files.list(fd, cookie, size)

    def _seek(self, fd: int, offset: int, whence: int, _c: int, _data: bytes) -> int:
        if whence > os.SEEK_END:  # WASI numbers these three as Python does, and the system knows more
            raise ValueError(whence)
        return os.lseek(self._files.file(fd), offset - (1 << 64) if offset >> 63 else offset, whence)

    def _set_times(self, fd: int, access: int, modification: int, flags: int, _data: bytes) -> None:
        descriptor = self._files.handle(fd, writable=True).descriptor
        os.utime(descriptor, ns=new_times(os.fstat(descriptor), access, modification, flags, time.time_ns()))

    def _path_set_times(self, fd: int, access: int, modification: int, flags: int, path: bytes) -> None:
        times, lookup = flags & 0xFFFFFFFF, flags >> 32
        self._files.set_times(fd, path, access, modification, times, follow=bool(lookup & _FOLLOW))


def _negative(number: int) -> int:
    return (1 << 64) - number

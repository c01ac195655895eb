"""The files of one guest: the folders that it was granted, and what it opened in them."""

from __future__ import annotations

import errno
import os
import stat
import time
from enum import IntFlag
from typing import TYPE_CHECKING

from plugbay.errors import ConfigInvalid
from plugbay.wasi.beneath import beneath
from plugbay.wasi.handles import FdFlags, Handle, check_flags, filestat, new_times
from plugbay.wasi.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from plugbay.services.paths import PathGrant
    from plugbay.wasi.beneath import Place

OPEN_FILES = 64
"""Files and folders that a guest may have open at once beside those granted: the host has few descriptors to lose."""

_FIRST = 3
_OPEN = os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK | os.O_NOFOLLOW  # non-blocking, or a pipe would wait for its writer
_READ = 1 << 1
_WRITE = 1 << 6  # of the rights only these two say what a file is opened for: Go asks for others when it just reads


class OpenFlags(IntFlag):
    """``oflags`` of WASI's ``path_open``."""

    CREATE = 1
    DIRECTORY = 2
    EXCLUSIVE = 4
    TRUNCATE = 8


class GuestFiles:
    """Folders and files by the guest's numbers for them, the granted folders from 3 on. Close it with the guest.

    Every method raises ``OSError``, and ``ValueError`` for numbers and names that there can't be. Links can be followed
    within their folder and read, but not made: other programs might follow them out of it.

    Raises :class:`~plugbay.errors.ConfigInvalid` that names a granted folder which can't be opened.
    """

    def __init__(self, grants: Sequence[PathGrant]) -> None:
        self._handles: dict[int, Handle] = {}
        self._most = len(grants) + OPEN_FILES
        try:
            for grant in grants:
                self._add(_opened(grant))
        except ConfigInvalid:
            self.close()
            raise

    def close(self) -> None:
        """Close everything. Closing twice is fine."""
        handles, self._handles = self._handles, {}
        for handle in handles.values():
            handle.close()

    def preopen(self, fd: int) -> bytes:
        """The guest's path of a granted folder."""
        name = self._handle(fd).preopen
        if name is None:
            raise OSError(errno.EBADF, "no granted folder")
        return name

    def open(self, fd: int, path: bytes, *, follow: bool, oflags: int, rights: int, fdflags: int) -> int:
        """Open a regular file or a folder; its number. What is something else is ``EACCES``, and never touched."""
        folder = self._handle(fd)
        check_flags(fdflags)
        if len(self._handles) >= self._most:
            raise OSError(errno.EMFILE, "too many open files")
        writes = bool(rights & _WRITE) and not oflags & OpenFlags.DIRECTORY
        folder.require(writable=writes or bool(oflags & (OpenFlags.CREATE | OpenFlags.TRUNCATE)))
        flags = _OPEN | (os.O_RDONLY if not writes else os.O_RDWR if rights & _READ else os.O_WRONLY)
        flags |= _flags(oflags) | (os.O_APPEND if fdflags & FdFlags.APPEND else 0)
        with beneath(folder.descriptor, path, follow=follow) as place:
            handle = _open_at(place, flags, writable=folder.writable)
        return self._add(handle)

    def close_fd(self, fd: int) -> None:
        """Close a file or folder."""
        handle = self._handle(fd)
        del self._handles[fd]
        handle.close()

    def renumber(self, fd: int, to: int) -> None:
        """Give an open file the number of another, which is closed."""
        handle, other = self._handle(fd), self._handle(to)
        if fd != to:
            self._handles[to] = handle
            del self._handles[fd]
            other.close()

    def handle(self, fd: int, *, writable: bool = False) -> Handle:
        """An open file or folder, whose grant must be ``writable`` if asked."""
        handle = self._handle(fd)
        handle.require(writable=writable)
        return handle

    def file(self, fd: int) -> int:
        """The host's descriptor of an open regular file, which the host opened for what the guest may do with it."""
        handle = self._handle(fd)
        handle.require(folder=False)
        return handle.descriptor

    def list(self, fd: int, cookie: int, size: int) -> bytes:
        """Entries of a folder from a cookie on, 0 being the start, for a buffer of ``size`` bytes."""
        handle = self._handle(fd)
        handle.require(folder=True)
        if handle.listing is None or cookie == 0 or cookie < handle.listing.position:
            if handle.listing is not None:
                handle.listing.close()
            handle.listing = Listing(handle.descriptor)
        handle.listing.skip(cookie)
        return handle.listing.fill(size)

    def stat(self, fd: int, path: bytes, *, follow: bool) -> bytes:
        """The ``filestat`` of what a path names."""
        with self._place(fd, path, follow=follow) as place:
            return filestat(_found(place))

    def set_times(self, fd: int, path: bytes, access: int, modification: int, flags: int, *, follow: bool) -> None:
        """Set the times of what a path names."""
        with self._place(fd, path, follow=follow, writable=True) as place:
            times = new_times(_found(place), access, modification, flags, time.time_ns())
            os.utime(place.name, ns=times, dir_fd=place.parent, follow_symlinks=False)

    def make_folder(self, fd: int, path: bytes) -> None:
        """Make a folder."""
        with self._place(fd, path, writable=True) as place:
            os.mkdir(place.name, dir_fd=place.parent)

    def remove_folder(self, fd: int, path: bytes) -> None:
        """Remove an empty folder."""
        with self._place(fd, path, writable=True) as place:
            os.rmdir(place.name, dir_fd=place.parent)

    def unlink(self, fd: int, path: bytes) -> None:
        """Remove a file or a link."""
        with self._place(fd, path, writable=True) as place:
            if place.folder:
                raise NotADirectoryError(errno.ENOTDIR, "a file's path ends without a slash")
            os.unlink(place.name, dir_fd=place.parent)

    def rename(self, fd: int, path: bytes, to: int, new_path: bytes) -> None:
        """Move a file or folder, over what was there."""
        with self._place(fd, path, writable=True) as old, self._place(to, new_path, writable=True) as new:
            os.rename(old.name, new.name, src_dir_fd=old.parent, dst_dir_fd=new.parent)

    def read_link(self, fd: int, path: bytes) -> bytes:
        """Where a link leads; ``EPERM`` when that is an absolute path, which is the host's own affair."""
        with self._place(fd, path) as place:
            target = os.readlink(place.name, dir_fd=place.parent)
        if target.startswith(b"/"):
            raise PermissionError(errno.EPERM, "an absolute link")
        return target

    def _place(
        self, fd: int, path: bytes, *, follow: bool = False, writable: bool = False
    ) -> AbstractContextManager[Place]:
        handle = self._handle(fd)
        handle.require(folder=True, writable=writable)
        return beneath(handle.descriptor, path, follow=follow)

    def _handle(self, fd: int) -> Handle:
        handle = self._handles.get(fd)
        if handle is None:
            raise OSError(errno.EBADF, "no such file")
        return handle

    def _add(self, handle: Handle) -> int:
        fd = next(number for number in range(_FIRST, _FIRST + self._most) if number not in self._handles)
        self._handles[fd] = handle
        return fd


def _opened(grant: PathGrant) -> Handle:
    """A granted folder; links on the way to it are the operator's own and are followed."""
    try:
        name = grant.guest.encode()
        descriptor = os.open(grant.host, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name can't be written as UTF-8"
        raise ConfigInvalid(
            f"the folder {grant.host!a} can't be granted as {grant.guest!a}: {reason}",
            expected="a folder that can be read",
            found=ascii(grant.host),
            hint="create it, or correct the path",
        ) from error
    return Handle(descriptor, folder=True, writable=grant.writable, preopen=name)


def _flags(oflags: int) -> int:
    """The operating system's flags for those of WASI."""
    pairs = (
        (OpenFlags.CREATE, os.O_CREAT),
        (OpenFlags.DIRECTORY, os.O_DIRECTORY),
        (OpenFlags.EXCLUSIVE, os.O_EXCL),
        (OpenFlags.TRUNCATE, os.O_TRUNC),
    )
    if oflags & ~sum(flag for flag, _ in pairs):
        raise OSError(errno.EINVAL, "unknown flags")
    return sum(theirs for flag, theirs in pairs if oflags & flag)


def _open_at(place: Place, flags: int, *, writable: bool) -> Handle:
    try:
        _require_ordinary(_found(place))  # before opening: a device might act on it
        if place.folder:
            flags |= os.O_DIRECTORY
    except FileNotFoundError:
        if not flags & os.O_CREAT:
            raise
        if place.folder:
            raise IsADirectoryError(errno.EISDIR, "a file's path ends without a slash") from None
    descriptor = os.open(place.name, flags, 0o666, dir_fd=place.parent)
    try:
        found = os.fstat(descriptor)
        _require_ordinary(found)  # again: what was opened may be another file by now
    except OSError:
        os.close(descriptor)
        raise
    return Handle(descriptor, folder=stat.S_ISDIR(found.st_mode), writable=writable)


def _require_ordinary(found: os.stat_result) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, "a link that is not to be followed")
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        raise PermissionError(errno.EACCES, "neither a regular file nor a folder")


def _found(place: Place) -> os.stat_result:
    return os.stat(place.name, dir_fd=place.parent, follow_symlinks=False)

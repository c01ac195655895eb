"""Paths inside a folder: every part is opened by itself, so that neither ``..`` nor a link leads outside.

The operating system never resolves more than one name at a time here, and never a symbolic link. That holds also while
others rename and replace what the path goes through.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple

PATH_BYTES = 4096
"""Bytes of a path."""
DEPTH = 64
"""Folders that a path may go down; each is open while it is walked."""
LINKS = 40
"""Symbolic links that one path may go through."""

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""How a folder is opened by its name."""


class Place(NamedTuple):
    """The last name of a path in the open folder ``parent``. ``.`` is that folder itself.

    ``folder`` says that the path ends with a slash or dot, and so can mean nothing but a folder.
    """

    parent: int
    name: bytes
    folder: bool


@contextmanager
def beneath(root: int, path: bytes, *, follow: bool) -> Generator[Place]:
    """Where a path leads from the open folder ``root``; ``follow`` resolves a link at its end too.

    What the place names may be missing; if it is a link, it is not to be followed. Raises ``OSError``: ``EPERM`` for a
    path that leads outside, ``ENAMETOOLONG``, ``ELOOP``, or what the operating system says of a part.
    """
    if not path:
        raise _refused(errno.ENOENT)
    if len(path) > PATH_BYTES:
        raise _refused(errno.ENAMETOOLONG)
    folder = path.endswith((b"/", b"/.", b"/..")) or path in (b".", b"..")
    with _Walk(root) as walk:
        yield Place(*walk.to(path, follow=follow or folder), folder)


class _Walk:
    """The way down from ``root``: the folders that were gone through, all open."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._open: list[int] = []
        self._links = 0

    def __enter__(self) -> _Walk:
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in self._open:
            os.close(descriptor)

    def to(self, path: bytes, *, follow: bool) -> tuple[int, bytes]:
        """The folder of the last name, and that name."""
        left = _parts(path)
        name = b"."
        while left:
            name = left.pop()
            if name == b"..":
                self._up()
                name = b"."
            elif left or follow:
                target = self._link(name)
                if target is not None:
                    left.extend(_parts(target))
                    name = b"."
                elif left:
                    self._down(name)
        return self._here, name

    @property
    def _here(self) -> int:
        return self._open[-1] if self._open else self._root

    def _up(self) -> None:
        if not self._open:
            raise _refused(errno.EPERM)
        os.close(self._open.pop())

    def _down(self, name: bytes) -> None:
        if len(self._open) == DEPTH:
            raise _refused(errno.ENAMETOOLONG)
        self._open.append(os.open(name, FOLDER, dir_fd=self._here))

    def _link(self, name: bytes) -> bytes | None:
        """Where a link leads; None for what is no link, or missing."""
        try:
            target = os.readlink(name, dir_fd=self._here)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOENT):
                return None
            raise
        self._links += 1
        if self._links > LINKS:
            raise _refused(errno.ELOOP)
        return target


def _parts(path: bytes) -> list[bytes]:
    """The names of a path, the first one last."""
    if path.startswith(b"/"):
        raise _refused(errno.EPERM)
    return [part for part in reversed(path.split(b"/")) if part not in (b"", b".")]


def _refused(number: int) -> OSError:
    return OSError(number, os.strerror(number))

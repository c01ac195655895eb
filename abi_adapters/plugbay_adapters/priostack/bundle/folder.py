"""A bundle in a folder: no name and no link leads out of it, also while somebody replaces what is in it."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final

from plugbay.wasi.beneath import FOLDER, beneath
from plugbay_adapters.priostack.bundle.files import MOST_NAMES, FileRefused, too_long

if TYPE_CHECKING:
    from collections.abc import Generator

_FILE: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
_MISSING: Final = frozenset({errno.ENOENT, errno.ENOTDIR})


class Folder:
    """The files of an open folder. Raises ``OSError`` when it can't be opened."""

    def __init__(self, path: str) -> None:
        self._root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def read(self, path: str, most: int) -> bytes | None:
        """All bytes of a file; None when there is none. Raises :class:`FileRefused`."""
        with _refusing():
            with beneath(self._root, path.encode(), follow=True) as place:
                kind = os.stat(place.name, dir_fd=place.parent, follow_symlinks=False).st_mode
                if not stat.S_ISREG(kind):  # before opening: a device might act
                    raise FileRefused(f"is {'a folder' if stat.S_ISDIR(kind) else 'no regular file'}")
                descriptor = os.open(place.name, _FILE, dir_fd=place.parent)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # again: it may be another one by now
                    raise FileRefused("is no regular file")
                data = file.read(most + 1)
            if len(data) > most:
                raise too_long(most)
            return data
        return None

    def names(self, folder: str) -> tuple[str, ...]:
        """The files that stand directly in a folder, sorted; none when it is missing or can't be read."""
        try:
            with self._opened(folder) as descriptor, os.scandir(descriptor) as entries:
                return tuple(sorted(entry.name for entry in islice(entries, MOST_NAMES) if not entry.is_dir()))
        except OSError:
            return ()

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._root)

    @contextmanager
    def _opened(self, folder: str) -> Generator[int]:
        if not folder:
            yield self._root
            return
        with beneath(self._root, folder.encode(), follow=True) as place:
            descriptor = os.open(place.name, FOLDER, dir_fd=place.parent)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


@contextmanager
def _refusing() -> Generator[None]:
    """A missing file ends the block; any other ``OSError`` is a refusal."""
    try:
        yield
    except OSError as error:
        if error.errno in _MISSING:
            return
        if error.errno == errno.EPERM:
            raise FileRefused(
                "is reached by a link that leads out of the bundle", "put the file itself there"
            ) from None
        if error.errno == errno.ELOOP:
            raise FileRefused("is reached by a loop of links") from None
        raise FileRefused(f"can't be read: {error.strerror or error}", "check its rights") from error

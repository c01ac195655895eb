"""The files of a bundle, from a folder or from a zip of it; nothing is ever extracted to disk."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from plugbay_adapters.priostack.errors import BundleUnusable

if TYPE_CHECKING:
    from collections.abc import Generator

MOST_NAMES: Final = 10_000
"""Files of a folder that are looked at, and entries of an archive: no bundle has as many."""
BUNDLE_FILE: Final = "bundle.yaml"
SERVICES: Final = "services"
MODULES: Final = "wasm"
"""The folder of the services' modules (ABI sheet, "What PrioStack documents")."""


class FileRefused(Exception):
    """A file of the bundle is there but is not to be read; ``reason`` goes on after the file's name."""

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


class BundleFiles(Protocol):
    """Reads files by their paths inside the bundle, parts joined by ``/``."""

    def read(self, path: str, most: int) -> bytes | None:
        """All bytes of a file, at most ``most``; None when there is none. Raises :class:`FileRefused`."""
        ...

    def names(self, folder: str) -> tuple[str, ...]:
        """The files that stand directly in a folder (``""`` is the bundle's own), sorted; none when it is missing."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...


@contextmanager
def open_files(source: str | os.PathLike[str]) -> Generator[BundleFiles]:
    """The files of the bundle at a path, while the context lasts.

    Raises :class:`BundleUnusable` for a path that is neither a folder nor a zip, that can't be read, or whose archive
    is not safe to read.
    """
    path = os.fspath(source)
    try:
        files = _open(path)
    except (OSError, ValueError) as error:
        if isinstance(error, BundleUnusable):
            raise
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        hint = "check the path and its rights"
        raise BundleUnusable(f"{path!r} can't be read: {reason}", found=path, hint=hint) from error
    try:
        yield files
    finally:
        files.close()


def _open(path: str) -> BundleFiles:
    # Here, since both kinds need what is above.
    from plugbay_adapters.priostack.bundle.archive import Archive
    from plugbay_adapters.priostack.bundle.folder import Folder

    if not path or not Path(path).exists():
        hint = "give a bundle's folder, or a zip of it"
        raise BundleUnusable(f"there is no bundle at {path!r}", found=path, hint=hint)
    return Folder(path) if Path(path).is_dir() else Archive(path)


def too_long(most: int) -> FileRefused:
    """The error of a file that is longer than it may be."""
    size = f"{most // 1024:,} KiB" if most >= 1024 else f"{most} bytes"
    return FileRefused(f"has over {size}")


def path_mistake(path: str) -> str | None:
    """Why a text is no path of a file inside a bundle; None when it is one. ``./`` in front is not taken either."""
    if not path:
        return "is empty"
    if len(path) > 1024:
        return "is longer than 1,024 characters"
    if not path.isprintable():
        return "has a character that can't be printed"
    if "\\" in path:
        return "has a backslash; parts are joined by /"
    if path.startswith("/") or path[1:2] == ":":
        return "is absolute"
    parts = path.split("/")
    if ".." in parts:
        return "leads out of the bundle"
    if "" in parts or "." in parts:
        return "has an empty part, or one that is a dot"
    return None

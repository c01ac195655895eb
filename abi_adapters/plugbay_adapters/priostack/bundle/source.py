"""Opens a bundle where it lies: a folder, or a zip of it; nothing is ever extracted to disk."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from plugbay_adapters.priostack.bundle.archive import Archive
from plugbay_adapters.priostack.bundle.folder import Folder
from plugbay_adapters.priostack.errors import BundleUnusable

if TYPE_CHECKING:
    from collections.abc import Generator

    from plugbay_adapters.priostack.bundle.files import BundleFiles


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
    if not path or not Path(path).exists():
        hint = "give a bundle's folder, or a zip of it"
        raise BundleUnusable(f"there is no bundle at {path!r}", found=path, hint=hint)
    return Folder(path) if Path(path).is_dir() else Archive(path)

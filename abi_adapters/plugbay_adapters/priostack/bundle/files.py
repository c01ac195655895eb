"""What the files of a bundle are, wherever they are read from, and which paths they may have."""

from __future__ import annotations

from typing import Final, Protocol

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

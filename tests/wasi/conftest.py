"""A folder with what a plugin may see, in one with what it must not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugbay.services.paths import PathGrant
from plugbay.wasi import GuestFiles

READ, WRITE, READDIR = 1 << 1, 1 << 6, 1 << 14
CREATE, DIRECTORY, EXCLUSIVE, TRUNCATE = 1, 2, 4, 8
FOLDER = 3


def open_descriptors() -> set[str]:
    """The numbers of what this process has open."""
    return {path.name for path in Path("/dev/fd").iterdir()}


@pytest.fixture
def granted(tmp_path: Path) -> Path:
    """The granted folder; its parent holds a secret, and links in it lead there and elsewhere."""
    folder = tmp_path / "granted"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "a.txt").write_text("hello")
    (folder / "sub/b.txt").write_text("below")
    links = {
        "inside": "a.txt",
        "sub/up": "../a.txt",
        "outside": "../secret.txt",
        "absolute": str(tmp_path / "secret.txt"),
        "absolute_inside": str(folder / "a.txt"),
        "parent": "..",
        "round": "sub/../sub/up",
        "loop": "loop",
        "dangling": "new.txt",
        "folder": "sub/",
    }
    for name, target in links.items():
        (folder / name).symlink_to(target)
    os.mkfifo(folder / "pipe")
    return folder


@pytest.fixture
def files(granted: Path) -> Iterator[GuestFiles]:
    """The folder as 3, writable, and once more as 4, read-only."""
    files = GuestFiles([PathGrant(str(granted), "/data", writable=True), PathGrant(str(granted), "/fixed")])
    yield files
    files.close()

"""The ahead-of-time cache: compiled modules on disk, shared by every process of one user.

A compiled artifact is native code that will run with the user's rights, so the folder must be the user's alone (0700,
owner checked), and each entry carries its own digest: wasmtime itself would load a damaged artifact and crash later.
An entry that is damaged is dropped and built anew. Nothing here ever fails a load: a folder that can't be used means
compiling each time, with one warning.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plugbay.errors import CacheError

MAX_BYTES: Final = 512 * 1024 * 1024
"""Default bound of the folder, in bytes."""
_SUFFIX: Final = ".cwasm"
_TEMPORARY: Final = ".tmp-"
_MAGIC: Final = b"plugbay-aot-v1\x00\x00"
_TRAILER_BYTES: Final = len(_MAGIC) + 32
_TOUCH_SECONDS: Final = 60.0
_STALE_SECONDS: Final = 3600.0

_log = logging.getLogger("plugbay.cache")


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What the cache holds: entries, bytes used and allowed, and why it can't be used, if so."""

    folder: Path
    entries: int
    used_bytes: int
    max_bytes: int
    problem: str | None = None


def default_folder() -> Path:
    """``PLUGBAY_CACHE_DIR``, else ``plugbay`` in the user's cache folder (``XDG_CACHE_HOME`` or ``~/.cache``)."""
    named = os.environ.get("PLUGBAY_CACHE_DIR")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "plugbay"


class ArtifactCache:
    """Compiled artifacts by key. Safe for any number of processes and threads at once."""

    def __init__(self, folder: Path | None = None, *, max_bytes: int = MAX_BYTES) -> None:
        self.folder = folder if folder is not None else default_folder()
        self.max_bytes = max_bytes
        self._warned = False

    def find(self, key: str) -> Path | None:
        """The path of a sound artifact, for ``deserialize_file``; None when there is none. Marks it as used."""
        path = self._path(key)
        try:
            self._check_private()
            artifact = path.read_bytes()
        except FileNotFoundError:
            return None
        except (CacheError, OSError) as error:
            self._warn(error)
            return None
        if not _is_sound(artifact):
            _log.warning("dropped a damaged cache entry: %s", path)
            self.drop(key)
            return None
        self._touch(path)
        return path

    def add(self, key: str, artifact: bytes) -> None:
        """Keep an artifact; written whole or not at all. Evicts the least recently used entries over the bound."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check_private()
            self._write(self._path(key), artifact)
            self._evict()
        except (CacheError, OSError) as error:
            self._warn(error)

    def drop(self, key: str) -> None:
        """Forget an artifact."""
        with contextlib.suppress(OSError):
            self._path(key).unlink()

    def clear(self) -> int:
        """Forget every artifact; returns the bytes freed. Raises :class:`CacheError` when the folder isn't ours."""
        if not self.folder.exists():
            return 0
        self._check_private()
        freed = 0
        for path, _, size in self._entries():
            with contextlib.suppress(OSError):
                path.unlink()
                freed += size
        return freed

    def info(self) -> CacheInfo:
        """What the cache holds now."""
        problem = None
        entries: list[tuple[Path, float, int]] = []
        try:
            if self.folder.exists():
                self._check_private()
                entries = self._entries()
            else:
                self._check_can_be_made()
        except (CacheError, OSError) as error:
            problem = str(error)
        return CacheInfo(self.folder, len(entries), sum(size for _, _, size in entries), self.max_bytes, problem)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{_SUFFIX}"

    def _check_private(self) -> None:
        found = os.lstat(self.folder)
        mode = stat.S_IMODE(found.st_mode)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or mode & 0o077:
            raise CacheError(
                f"the cache folder {self.folder} must be a folder of this user with mode 0700",
                found=f"owner {found.st_uid}, mode {mode:04o}",
                hint="remove it, chmod it, or name another with PLUGBAY_CACHE_DIR",
            )

    def _check_can_be_made(self) -> None:
        place = self.folder.parent
        while not place.exists() and place != place.parent:
            place = place.parent
        if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
            raise CacheError(f"there is no folder {self.folder}, and {place} can't hold one")

    def _write(self, path: Path, artifact: bytes) -> None:
        descriptor, temporary = tempfile.mkstemp(prefix=_TEMPORARY, dir=self.folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(artifact)
                file.write(_MAGIC + hashlib.sha256(artifact).digest())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def _entries(self) -> list[tuple[Path, float, int]]:
        found: list[tuple[Path, float, int]] = []
        with os.scandir(self.folder) as scan:
            for entry in scan:
                if not entry.name.endswith(_SUFFIX) and not entry.name.startswith(_TEMPORARY):
                    continue
                with contextlib.suppress(FileNotFoundError):
                    facts = entry.stat(follow_symlinks=False)
                    found.append((Path(entry.path), facts.st_mtime, facts.st_size))
        return found

    def _evict(self) -> None:
        entries = sorted(self._entries(), key=lambda entry: entry[1])
        used = sum(size for _, _, size in entries)
        stale = time.time() - _STALE_SECONDS
        for path, used_at, size in entries:
            abandoned = path.name.startswith(_TEMPORARY) and used_at < stale
            if used > self.max_bytes or abandoned:
                with contextlib.suppress(OSError):
                    path.unlink()
                used -= size

    def _touch(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _TOUCH_SECONDS:
                os.utime(path)

    def _warn(self, error: Exception) -> None:
        if not self._warned:
            self._warned = True
            _log.warning("compiling without a cache: %s", error)


def _is_sound(artifact: bytes) -> bool:
    body = memoryview(artifact)[:-_TRAILER_BYTES]
    trailer = artifact[-_TRAILER_BYTES:]
    return (
        len(artifact) > _TRAILER_BYTES
        and trailer.startswith(_MAGIC)
        and hashlib.sha256(body).digest() == trailer[len(_MAGIC) :]
    )

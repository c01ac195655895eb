"""Writing a project: the SDK's sources, the files that all projects of a language have, and those of its kind."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
import zlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plugbay_conformance.scaffold.cargo_lock import cargo_lock
from plugbay_conformance.scaffold.errors import ProjectInvalid
from plugbay_conformance.scaffold.name import check_name
from plugbay_conformance.scaffold.sample import sample_of
from plugbay_conformance.scaffold.sdk import sdk_files, sdk_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable

    from plugbay_conformance.scaffold.kind import ProjectKind

SDK_FOLDER: Final = "plugbay-guest"
"""Where a project keeps its copy of the SDK, until the SDKs are in the languages' own registries."""
_PLACE: Final = re.compile("«([a-z_]+)»")


@dataclass(frozen=True, slots=True)
class Project:
    """A project that was written: its files relative to its folder, without those of the SDK's copy."""

    name: str
    kind: ProjectKind
    folder: Path
    files: tuple[Path, ...]

    @property
    def module(self) -> str:
        """The file that its ``build.sh`` makes."""
        return f"{self.name}.wasm"


def create_project(folder: Path, kind: ProjectKind) -> Project:
    """Write a project into a folder that is not there yet; its name is the folder's, and folders above it are made.

    Everything is written or nothing. Raises :class:`ProjectInvalid`.
    """
    check_name(folder.name or str(folder))
    try:
        _refuse_existing(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        unfinished = workshop / folder.name
        _copy_sdk(unfinished / SDK_FOLDER, kind.language)
        written = sorted(_write(unfinished, kind))
        unfinished.rename(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    return Project(folder.name, kind, folder, tuple(written))


def _refuse_existing(folder: Path) -> None:
    if folder.exists() or folder.is_symlink():
        raise ProjectInvalid(
            f"'{folder}' is there already", found=str(folder), hint="choose another name, or move it out of the way"
        )


def _copy_sdk(folder: Path, language: str) -> None:
    for path, data in sdk_files(language):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _write(folder: Path, kind: ProjectKind) -> Iterator[Path]:
    """Write all but the SDK; gives the paths, relative to the folder."""
    values = _values(folder.name, kind)
    templates = files(__name__.rpartition(".")[0]) / "templates" / kind.language
    for source in (templates / "common", templates / kind.templates):
        for path, text in _texts(source):
            yield _put(folder, Path(_filled(str(path), values)), _filled(text, values))
    if kind.language == "rust":
        manifest = (folder / "Cargo.toml").read_text("utf-8")
        yield _put(folder, Path("Cargo.lock"), cargo_lock(manifest, sdk_lock()))


def _values(name: str, kind: ProjectKind) -> Mapping[str, str]:
    """What the places of the templates are filled with."""
    snake = name.replace("-", "_")
    sample = sample_of(kind)
    return {
        "name": name,
        "snake": snake,
        "abi": kind.abi,
        "profile": kind.profile,
        "does": sample.does,
        "call": sample.call,
        # Zig tells packages apart by a number that whoever makes one draws; the upper half is a checksum of the name.
        "fingerprint": f"0x{zlib.crc32(snake.encode()):08x}{1 + secrets.randbelow(2**32 - 2):08x}",
    }


def _texts(folder: Traversable, at: Path = Path()) -> Iterator[tuple[Path, str]]:
    """The templates of a folder. A name may begin with ``dot-``, as hidden files are easily lost on the way."""
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        path = at / re.sub("^dot-", ".", entry.name)
        if entry.is_dir():
            yield from _texts(entry, path)
        else:
            yield path, entry.read_text("utf-8")


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: values[place[1]], text)


def _put(folder: Path, path: Path, text: str) -> Path:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
    if text.startswith("#!"):
        target.chmod(0o755)
    return path


def _unwritable(folder: Path, error: OSError) -> ProjectInvalid:
    return ProjectInvalid(
        f"'{folder}' can't be written: {error.strerror or error}",
        found=str(folder),
        hint="nothing was made; name a folder on a disk that has room and that you may write to",
    )

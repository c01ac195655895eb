"""The sources of the guest SDKs, as a project takes a copy of them."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plugbay_conformance.scaffold.errors import ProjectInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

_PARTS: Final = {
    "rust": {"plugbay-guest/Cargo.toml": "Cargo.toml", "plugbay-guest/src": "src", "README.md": "README.md"},
    "go": {"": ""},
    "zig": {name: name for name in ("build.zig", "build.zig.zon", "src", "README.md")},
}
"""What of a language's folder a project gets, and where in its copy."""
_LOCK: Final = "Cargo.lock"
_OTHERS: Final = frozenset({"conformance", "examples", "doccheck", "testdata"})
"""Folders with programs that are written with an SDK, or test it."""
_TESTS: Final = ("_test.go", "_test.zig", "tests.zig")


def sdk_files(language: str) -> Iterator[tuple[Path, bytes]]:
    """The files of a language's SDK, with their paths in its copy.

    Raises :class:`ProjectInvalid` when they are missing.
    """
    folder = sdk_folder(language)
    for part, path in _PARTS[language].items():
        yield from _files(folder / part if part else folder, Path(path))


def sdk_lock() -> str:
    """The ``Cargo.lock`` that the SDK for Rust was tested with. Raises :class:`ProjectInvalid` when it is missing."""
    return (sdk_folder("rust") / _LOCK).read_text("utf-8")


def sdk_folder(language: str) -> Traversable:
    """Where an SDK is: beside this package where that was installed, in the checkout otherwise.

    Raises :class:`ProjectInvalid` when it is whole in neither.
    """
    package = files("plugbay_conformance")
    for folder in (package / "sdk_guest" / language, Path(__file__).parents[3] / "sdk_guest" / language):
        if _is_whole(folder, language):
            return folder
    raise ProjectInvalid(
        f"the SDK for {language} is not part of this installation of plugbay",
        found=language,
        hint="install plugbay from its wheel, or run it from a checkout",
    )


def _is_whole(folder: Traversable, language: str) -> bool:
    parts = [folder / part for part in _PARTS[language] if part] or [folder]
    if language == "rust":
        parts.append(folder / _LOCK)
    return all(part.is_dir() or part.is_file() for part in parts)


def _files(entry: Traversable, path: Path) -> Iterator[tuple[Path, bytes]]:
    if not entry.is_dir():
        yield path, entry.read_bytes()
        return
    for child in sorted(entry.iterdir(), key=lambda each: each.name):
        if not _is_left_out(child.name):
            yield from _files(child, path / child.name)


def _is_left_out(name: str) -> bool:
    """Whether a user of the SDK has no need for it."""
    return name.startswith(".") or name in _OTHERS or name.endswith((*_TESTS, ".sh"))

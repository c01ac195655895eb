"""The program that runs modules on wazero: where its sources are, and its binary, built once for each version."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plugbay.engines.wasmtime.cache import default_folder
from plugbay_conformance.engines.errors import EngineMissing

if TYPE_CHECKING:
    from collections.abc import Generator

BINARY_VARIABLE: Final = "PLUGBAY_WAZERO"
"""Environment variable that names a binary which was built elsewhere."""
_PACKAGED: Final = "wazero_program"
_CHECKOUT: Final = Path(__file__).parents[2] / "engines" / "wazero"
_SUFFIXES: Final = (".go", ".mod", ".sum")
_BUILD_SECONDS: Final = 900.0
_NO_GO: Final = (
    "install Go 1.25 or newer, or name a binary that was built on another machine with the environment variable "
    f"{BINARY_VARIABLE}"
)


def find_binary() -> Path:
    """The program's binary, built into the cache folder if it is not there yet.

    Raises :class:`EngineMissing` when it can't be built here.
    """
    named = os.environ.get(BINARY_VARIABLE)
    if named:
        path = Path(named)
        if not os.access(path, os.X_OK) or not path.is_file():
            raise EngineMissing(f"{BINARY_VARIABLE} names {named}, which is no program", hint=_NO_GO)
        return path
    sources = _read_sources()
    folder = cache_folder()
    binary = folder / f"program-{_digest(sources)}"
    if not binary.exists():
        with _lock(folder):
            if not binary.exists():
                _build(sources, binary)
    return binary


def cache_folder() -> Path:
    """The folder for the binary and for what it compiles; made if need be.

    Raises :class:`EngineMissing` when it is not the user's alone: what lies in it is run.
    """
    folder = default_folder() / "wazero"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = os.lstat(folder)
    except OSError as error:
        raise EngineMissing(
            f"the cache folder {folder} can't be used: {error.strerror}", hint="name another with PLUGBAY_CACHE_DIR"
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise EngineMissing(
            f"the cache folder {folder} must be a folder of this user that nobody else can write to",
            hint="remove it, chmod it, or name another with PLUGBAY_CACHE_DIR",
        )
    return folder


def _read_sources() -> dict[str, bytes]:
    """The sources by file name: those of the installed package, else those of the checkout."""
    packaged = files("plugbay_conformance.engines").joinpath(_PACKAGED)
    place = packaged if packaged.is_dir() else _CHECKOUT
    if not place.is_dir():
        raise EngineMissing("the sources of the program for wazero are not installed", hint=_NO_GO)
    wanted = (item for item in place.iterdir() if item.name.endswith(_SUFFIXES) and not item.name.endswith("_test.go"))
    return {item.name: item.read_bytes() for item in sorted(wanted, key=lambda item: item.name)}


def _digest(sources: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, text in sources.items():
        digest.update(f"{name} {len(text)}\n".encode() + text)
    return digest.hexdigest()[:32]


@contextmanager
def _lock(folder: Path) -> Generator[None]:
    """Let one process at a time build; a lock goes with the process that holds it."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(sources: dict[str, bytes], binary: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise EngineMissing("the engine wazero needs Go, which is not installed here", hint=_NO_GO)
    with tempfile.TemporaryDirectory(prefix="build-", dir=binary.parent) as scratch:
        for name, text in sources.items():
            Path(scratch, name).write_bytes(text)
        built = Path(scratch, "program")
        command = [
            go,
            "build",
            "-trimpath",
            "-buildvcs=false",
            "-mod=readonly",
            "-ldflags=-s -w",
            "-o",
            str(built),
            ".",
        ]
        environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
        try:
            done = subprocess.run(  # noqa: S603 # the Go of this machine, on sources of our own
                command, cwd=scratch, env=environment, capture_output=True, timeout=_BUILD_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EngineMissing(f"the program for wazero could not be built: {error}", hint=_NO_GO) from error
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()[-600:]
            raise EngineMissing(f"the program for wazero could not be built: {said}", hint=_NO_GO)
        built.replace(binary)

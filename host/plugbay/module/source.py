"""Where a module comes from: a path, bytes or a URI become :class:`WasmSource`, never more than the limit of them."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import unquote

from plugbay.errors import InvalidBinary, ModuleError, SourceNotFound, SourceUnreadable, TooLarge

Fetch = Callable[[str], bytes | None]
"""Reads a URI of a scheme that is none of the host's own; None = no reader for that scheme."""

_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://|(urn):", re.IGNORECASE)
_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK  # non-blocking, or a fifo would wait for its writer
_KINDS = (
    (stat.S_ISDIR, "a folder", "give the .wasm file inside"),
    (stat.S_ISFIFO, "a pipe (fifo)", "read it yourself and give the bytes"),
    (stat.S_ISSOCK, "a socket", "read it yourself and give the bytes"),
    (stat.S_ISCHR, "a character device", "give a regular file"),
    (stat.S_ISBLK, "a block device", "give a regular file"),
)


@dataclass(frozen=True, slots=True)
class WasmSource:
    """Bytes as they were found, not yet trusted.

    ``digest`` is their hex SHA-256; ``origin`` says for people where they are from.
    """

    data: bytes
    digest: str
    origin: str


BYTES_ORIGIN = "<bytes>"
"""The origin of bytes that came from nowhere in particular."""
ModuleSource = str | os.PathLike[str] | bytes | WasmSource
"""What a module can be read from; a WasmSource was read before."""


def read_source(source: ModuleSource, *, max_bytes: int, fetch: Fetch | None = None) -> WasmSource:
    """Read a module from a path, a ``file://`` URI, bytes, or whatever ``fetch`` reads.

    A string with another scheme (``snake://…``, ``urn:…``) goes to ``fetch``. At most ``max_bytes`` + 1 bytes are read,
    whatever the file claims or turns into, and only regular files: nothing here waits for a pipe.

    Raises :class:`SourceNotFound`, :class:`SourceUnreadable`, :class:`TooLarge` (``limit="module_bytes"``) and, when
    there is not a single byte, :class:`InvalidBinary`.
    """
    if isinstance(source, WasmSource):
        _require_size(len(source.data), source.origin, max_bytes)
        return source
    if isinstance(source, bytes):
        return _checked(source, BYTES_ORIGIN, max_bytes)
    if isinstance(source, str) and (uri := _URI.match(source)):
        scheme = (uri[1] or uri[2]).lower()
        if scheme != "file":
            return _checked(_fetched(source, scheme, fetch), source, max_bytes)
        place = source[uri.end() :]
        place = place.removeprefix("localhost") if place.startswith("localhost/") else place
        return _checked(_read_file(unquote(place), max_bytes), source, max_bytes)
    path = os.fspath(source)
    return _checked(_read_file(path, max_bytes), path, max_bytes)


def _checked(data: bytes, origin: str, max_bytes: int) -> WasmSource:
    if not data:
        raise InvalidBinary(f"{origin} is empty", offset=0, hint="the build or download wrote nothing; run it again")
    _require_size(len(data), origin, max_bytes)
    return WasmSource(data, hashlib.sha256(data).hexdigest(), origin)


def _require_size(size: int, origin: str, max_bytes: int) -> None:
    if size > max_bytes:
        raise TooLarge(
            f"{origin} has over {max_bytes} bytes",
            limit="module_bytes",
            expected=max_bytes,
            found=size,
            hint="raise Limits.module_bytes (--module-bytes) if you trust it",
        )


def _fetched(uri: str, scheme: str, fetch: Fetch | None) -> bytes:
    data = fetch(uri) if fetch is not None else None
    if data is None:
        raise SourceNotFound(
            f"no reader for {scheme}: sources: {uri}",
            expected="a path, bytes, or a URI of a known scheme",
            found=scheme,
            hint=f"install a plugbay plugin that reads {scheme}: URIs, or save the module and give its path",
        )
    return data


def _read_file(path: str, max_bytes: int) -> bytes:
    if not path:
        raise SourceNotFound("the path is empty", found=path, hint="give a path, a URI or bytes")
    try:
        _require_regular(Path(path).stat(), path)  # before opening: a socket can't be opened, a device might act
        with os.fdopen(os.open(path, _OPEN), "rb") as file:
            status = os.fstat(file.fileno())  # again: what was opened may be another file by now
            _require_regular(status, path)
            _require_size(status.st_size, path, max_bytes)
            return _read_at_most(file, status.st_size, max_bytes)
    except ModuleError:
        raise  # some of them are OSError or ValueError too
    except (OSError, ValueError) as error:
        raise _translated(error, path) from error


def _read_at_most(file: IO[bytes], size: int, max_bytes: int) -> bytes:
    """The whole file; one byte over ``max_bytes`` when it has grown beyond, which the caller refuses."""
    data = file.read(size + 1)
    if len(data) > size:
        data += file.read(max_bytes - size)
    return data


def _require_regular(status: os.stat_result, path: str) -> None:
    for is_kind, what, hint in _KINDS:
        if is_kind(status.st_mode):
            raise SourceUnreadable(f"{path} is {what}", expected="a regular file", found=what, hint=hint)


def _translated(error: OSError | ValueError, path: str) -> ModuleError:
    if isinstance(error, ValueError):  # a null byte, or characters that no file name has
        return SourceNotFound(f"{path!r} can't be the name of a file", found=path, hint="check the path")
    reason = error.strerror or str(error)
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return SourceNotFound(f"there is no file {path!r}", found=path, hint=_nearest(path))
    if isinstance(error, PermissionError):
        hint = "check the rights of the file and of its folders"
        return SourceUnreadable(f"{path} can't be read: {reason}", found=path, hint=hint)
    if error.errno == errno.ELOOP:
        return SourceUnreadable(f"{path} is a loop of symbolic links", found=path, hint="give the file that is meant")
    return SourceUnreadable(f"{path} can't be read: {reason}", found=path, hint="check the file and its disk")


def _nearest(path: str) -> str:
    """A hint that names the first part of the path that is wrong."""
    wrong = Path(path)
    while not wrong.parent.is_dir() and wrong != wrong.parent:
        wrong = wrong.parent
    return f"{wrong} is not a folder" if wrong.exists() else f"there is no {wrong.name!r} in {wrong.parent}"

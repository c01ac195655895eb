"""A bundle in a zip file. The whole archive is judged before anything of it is read, and no number in it is trusted."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plugbay_adapters.priostack.bundle.files import BUNDLE_FILE, MOST_NAMES, FileRefused, path_mistake, too_long
from plugbay_adapters.priostack.errors import BundleUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import WriteableBuffer

MOST_DIRECTORY_BYTES: Final = 4 * 1024 * 1024
"""Bytes of the archive's directory: room for MOST_NAMES entries, and what Python makes of it stays small."""
MOST_TOTAL_BYTES: Final = 1024 * 1024 * 1024
"""Bytes of all files together, unpacked."""
MOST_RATIO: Final = 200
"""How many times longer than packed a file may be; text and wasm reach 20, a bomb 1,000."""
MOST_RATIO_FREE: Final = 1024 * 1024
"""Bytes up to which the ratio does not matter: a file of few different lines may well reach it."""

_ENCRYPTED: Final = 0x1
_UTF8: Final = 0x800
"""Flags of an entry (APPNOTE.TXT, section 4.4.4)."""
_UNIX: Final = 3
"""The system whose file modes an entry carries (section 4.4.2)."""
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError)
"""What zipfile raises for broken archives, beside the first: it passes on what its parts raise."""
_MACOS: Final = "__MACOSX/"
"""Where the Finder puts the attributes of files; no part of the bundle."""


class Archive:
    """The files of an open zip.

    Raises :class:`BundleUnusable` for one that is not safe or no zip at all, ``OSError`` when it can't be opened.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        if not Path(path).is_file():
            raise self._no_zip("it is a device, a pipe or a socket")
        self._file = Path(path).open("rb")  # noqa: SIM115 # close() closes it
        try:
            self._zip = self._opened()
            self._entries = self._judged()
        except BaseException:
            self._file.close()
            raise

    def read(self, path: str, most: int) -> bytes | None:
        """All bytes of a file; None when there is none. Raises :class:`FileRefused`."""
        info = self._entries.get(path)
        if info is None:
            return None
        try:
            with self._zip.open(info) as file:
                data = file.read(most + 1)  # the sizes in the archive may lie; at the end the checksum is compared
        except (*_BROKEN, OSError) as error:
            raise FileRefused(f"can't be unpacked: {error}", "build the archive again") from error
        if len(data) > most:
            raise too_long(most)
        return data

    def names(self, folder: str) -> tuple[str, ...]:
        """The files that stand directly in a folder, sorted; none when it is missing."""
        prefix = f"{folder}/" if folder else ""
        rests = (name[len(prefix) :] for name in self._entries if name.startswith(prefix))
        return tuple(sorted(rest for rest in rests if "/" not in rest))

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()
        self._file.close()

    def _opened(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(_BoundedReads(self._file))
        except _DirectoryTooLong:
            raise self._unsafe(f"its directory has over {MOST_DIRECTORY_BYTES // 1024:,} KiB") from None
        except UnicodeDecodeError:
            raise self._unsafe("a name in it is not UTF-8, though it is marked as that") from None
        except _BROKEN as error:
            raise self._no_zip(str(error)) from None

    def _judged(self) -> dict[str, zipfile.ZipInfo]:
        """The entries of files by their paths in the bundle. Raises for the first that is not safe."""
        entries = self._zip.infolist()
        if len(entries) > MOST_NAMES:
            raise self._unsafe(f"it has over {MOST_NAMES:,} entries")
        if sum(entry.file_size for entry in entries) > MOST_TOTAL_BYTES:
            raise self._unsafe(f"unpacked it has over {MOST_TOTAL_BYTES // 1024**2:,} MiB")
        names = [(_decoded_name(entry), entry) for entry in entries]
        for name, entry in names:
            mistake = _mistake(name, entry)
            if mistake is not None:
                raise self._unsafe(f"the entry {name!r} {mistake}", name)
        twice = next((name for name, count in Counter(name for name, _ in names).items() if count > 1), None)
        if twice is not None:
            raise self._unsafe(f"the entry {twice!r} is in it twice", twice)
        files = {name: entry for name, entry in names if not name.endswith("/") and not name.startswith(_MACOS)}
        return _without_top_folder(files)

    def _no_zip(self, reason: str) -> BundleUnusable:
        hint = "give a bundle's folder, or a zip of it"
        return BundleUnusable(f"{self._path!r} is neither a folder nor a zip: {reason}", found=self._path, hint=hint)

    def _unsafe(self, reason: str, entry: str | None = None) -> BundleUnusable:
        hint = "build the archive again, from the bundle's own files"
        return BundleUnusable(f"{self._path!r} is not safe to read: {reason}", function=entry, hint=hint)


class _DirectoryTooLong(Exception):
    """The archive's directory is longer than it may be."""


class _BoundedReads(io.RawIOBase):
    """A file that never reads much at once: zipfile reads a directory of any length in one go."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size if 0 <= size <= MOST_DIRECTORY_BYTES else MOST_DIRECTORY_BYTES + 1)
        if len(data) > MOST_DIRECTORY_BYTES:
            raise _DirectoryTooLong
        return data

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        return self._file.readinto(buffer)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def _decoded_name(entry: zipfile.ZipInfo) -> str:
    """The whole name; zipfile cuts it at a NUL, and takes UTF-8 that is not marked as that for cp437."""
    name = entry.orig_filename
    if entry.flag_bits & _UTF8 or name.isascii():
        return name
    try:
        return name.encode("cp437").decode()
    except UnicodeError:
        return name


def _mistake(name: str, entry: zipfile.ZipInfo) -> str | None:
    """Why an entry makes the archive unsafe; None when it does not."""
    return next(_mistakes(name, entry), None)


def _mistakes(name: str, entry: zipfile.ZipInfo) -> Iterator[str]:
    wrong = path_mistake(name.removesuffix("/"))
    if wrong is not None:
        yield wrong
    if not entry.flag_bits & _UTF8 and name == entry.orig_filename and not name.isascii():
        yield "has a name that is not UTF-8"
    if entry.flag_bits & _ENCRYPTED:
        yield "is encrypted"
    mode = entry.external_attr >> 16 if entry.create_system == _UNIX else 0
    kind = stat.S_IFMT(mode)
    if stat.S_ISLNK(mode):
        yield "is a symbolic link"
    elif kind and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        yield "is no regular file"
    if entry.compress_type not in _METHODS:
        yield "is packed with another method than deflate"
    if entry.file_size > MOST_RATIO_FREE and entry.file_size > MOST_RATIO * entry.compress_size:
        yield f"would grow to more than {MOST_RATIO} times its size"


def _without_top_folder(files: dict[str, zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The files as they are, or below the one folder that holds them all: a folder is often zipped as a whole."""
    tops = {name.partition("/")[0] for name in files}
    if BUNDLE_FILE in files or len(tops) != 1:
        return files
    prefix = f"{tops.pop()}/"
    return {name.removeprefix(prefix): entry for name, entry in files.items()}

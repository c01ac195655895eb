"""A table of fixed-size records by name, one copy for each worker of a server, in memory that all of them read.

Layout, in the byte order of the machine, which the file never leaves::

    4096 bytes    header: magic, layout, slots, records, bytes of a record (u32 each), when it was made (f64)
    then for each slot, which is one worker's:
      4096 bytes  the worker's process id (u64), how many entries of its directory were used (u64)
      directory   256 bytes for each record: the length of its name (u64), the name in UTF-8
      records     in the order of the directory

Only a slot's own worker writes in it, so nothing is locked between processes. A reader may meet a record in the middle
of a change; what it holds must bear that, see :mod:`~plugbay_adapters.priostack.goals.window`. The file of a board is
sparse: it takes space only for the records in use. They are filled with zeros by an ordinary write before they are
used, so a full disk is an error here and no SIGBUS later.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from plugbay.errors import ConfigInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE: Final = 4096
NAME_BYTES: Final = 248
"""A longer name is kept by its beginning and its digest."""

_MAGIC: Final = 0x706C7567
_LAYOUT: Final = 1
_HEADER: Final = struct.Struct("5Id")
_SLOT: Final = struct.Struct("QQ")
_LENGTH: Final = struct.Struct("Q")
_ENTRY: Final = _LENGTH.size + NAME_BYTES


@dataclass(frozen=True, slots=True)
class Shape:
    """How many records a slot has, and how large one is; the bytes are a multiple of 8."""

    records: int
    record_bytes: int

    @property
    def directory_bytes(self) -> int:
        """Of one slot, in whole pages."""
        return -(-self.records * _ENTRY // PAGE) * PAGE

    @property
    def slot_bytes(self) -> int:
        """Of one slot, in whole pages."""
        return PAGE + self.directory_bytes + -(-self.records * self.record_bytes // PAGE) * PAGE


class Board:
    """One worker's view of a board: it writes its own slot and reads all of them.

    Not locked: whoever writes makes sure that one thread does at a time.
    """

    def __init__(self, memory: mmap.mmap, shape: Shape, *, slot: int, slots: int, file: int | None) -> None:
        self._memory = memory
        self._view = memoryview(memory)
        self._shape = shape
        self._slot = slot
        self._slots = slots
        self._file = file
        self._is_shared = file is not None
        self._occupied = self._head(slot)[1]
        if file is not None and self._occupied == 0:
            self._back(self._base(slot), PAGE + shape.directory_bytes)
        self._names = {key: index for owner, index, key in self._entries() if owner == slot}
        self._sign()

    @classmethod
    def private(cls, shape: Shape, *, now: float) -> Self:
        """A board of one worker in memory that no other process sees; a forked child has a copy of its own."""
        size = PAGE + shape.slot_bytes
        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        _HEADER.pack_into(memory, 0, _MAGIC, _LAYOUT, 1, shape.records, shape.record_bytes, now)
        return cls(memory, shape, slot=0, slots=1, file=None)

    @classmethod
    def shared(cls, path: Path, shape: Shape, *, slot: int, slots: int, now: float) -> Self:
        """The board in a file, which the first worker makes; ``slot`` is this worker's number, from 0.

        A worker that takes the place of a dead one goes on with its numbers. Raises
        :class:`~plugbay.errors.ConfigInvalid` when the file can't be used or is another board.
        """
        if not 0 <= slot < slots:
            raise ConfigInvalid(f"worker {slot} is none of {slots}", found=slot)
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise ConfigInvalid(f"{path} can't be opened to share measurements: {error.strerror}") from error
        try:
            _prepare(file, shape, slots, now)
            memory = mmap.mmap(file, PAGE + slots * shape.slot_bytes)
            return cls(memory, shape, slot=slot, slots=slots, file=file)
        except (OSError, ValueError) as error:
            os.close(file)
            raise ConfigInvalid(f"{path} can't be used to share measurements: {error}") from error

    @property
    def is_shared(self) -> bool:
        """Whether other processes see it."""
        return self._is_shared

    @property
    def made_at(self) -> float:
        """When the board was made, as its first worker's clock said."""
        return float(_HEADER.unpack_from(self._memory)[5])

    def record(self, name: str) -> memoryview | None:
        """This worker's record of a name, all zero when it is new; None when every record has a name already.

        Raises :class:`OSError` when there is no space left for the file.
        """
        key = _key(name)
        index = self._names.get(key)
        if index is None:
            if len(self._names) == self._shape.records:
                return None
            used = set(self._names.values())
            index = next(free for free in range(self._shape.records) if free not in used)
            self._enter(index, key)
            self._occupied = max(self._occupied, index + 1)
            self._sign()
        return self._bytes(self._slot, index)

    def rename(self, old: str, new: str) -> memoryview:
        """Give the record of one name, emptied, to another."""
        index = self._names.pop(_key(old))
        self._enter(index, _key(new))
        return self._bytes(self._slot, index)

    def copies(self, name: str) -> list[memoryview]:
        """Every worker's record of a name, as it is now and goes on changing."""
        key = _key(name)
        return [self._bytes(slot, index) for slot, index, found in self._entries() if found == key]

    def all(self) -> Iterator[tuple[int, str, memoryview]]:
        """Every record in use: the slot, its name and the record as it goes on changing."""
        for slot, index, key in self._entries():
            yield slot, key.decode(errors="replace"), self._bytes(slot, index)

    def living(self) -> frozenset[int]:
        """The slots whose worker's process exists."""
        return frozenset(slot for slot in range(self._slots) if _lives(self._head(slot)[0]))

    def close(self) -> None:
        """Let go of the file; the memory goes with the board and the last view of a record. Closing twice is fine."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _sign(self) -> None:
        _SLOT.pack_into(self._memory, self._base(self._slot), os.getpid(), self._occupied)

    def _enter(self, index: int, key: bytes) -> None:
        """Clear a record and name it. The name is complete before its length makes it valid."""
        entry = self._base(self._slot) + PAGE + index * _ENTRY
        _LENGTH.pack_into(self._memory, entry, 0)
        start, size = self._start(self._slot, index), self._shape.record_bytes
        if self._file is None:
            self._view[start : start + size] = bytes(size)
        else:
            self._back(start, size)
        self._view[entry + _LENGTH.size : entry + _LENGTH.size + len(key)] = key
        _LENGTH.pack_into(self._memory, entry, len(key))
        self._names[key] = index

    def _back(self, start: int, size: int) -> None:
        """Fill a part of the file with zeros, so that there is space on the disk for each of its pages."""
        assert self._file is not None
        zeros = bytes(size)
        while size:
            written = os.pwrite(self._file, zeros[:size], start)
            start, size = start + written, size - written

    def _entries(self) -> Iterator[tuple[int, int, bytes]]:
        for slot in range(self._slots):
            directory = self._base(slot) + PAGE
            for index in range(self._head(slot)[1]):
                entry = directory + index * _ENTRY
                length = _LENGTH.unpack_from(self._memory, entry)[0]
                if 0 < length <= NAME_BYTES:
                    yield slot, index, bytes(self._view[entry + _LENGTH.size : entry + _LENGTH.size + length])

    def _head(self, slot: int) -> tuple[int, int]:
        process, used = _SLOT.unpack_from(self._memory, self._base(slot))
        return process, min(used, self._shape.records)

    def _base(self, slot: int) -> int:
        return PAGE + slot * self._shape.slot_bytes

    def _start(self, slot: int, index: int) -> int:
        return self._base(slot) + PAGE + self._shape.directory_bytes + index * self._shape.record_bytes

    def _bytes(self, slot: int, index: int) -> memoryview:
        start = self._start(slot, index)
        return self._view[start : start + self._shape.record_bytes]


def _prepare(file: int, shape: Shape, slots: int, now: float) -> None:
    """Make the file a board, or check that it is this one; workers that start at once take turns."""
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        wanted = (_MAGIC, _LAYOUT, slots, shape.records, shape.record_bytes)
        size = PAGE + slots * shape.slot_bytes
        if os.fstat(file).st_size == 0:
            os.ftruncate(file, size)
            os.pwrite(file, _HEADER.pack(*wanted, now).ljust(PAGE, b"\0"), 0)
        header = os.pread(file, _HEADER.size, 0)
        if os.fstat(file).st_size != size or _HEADER.unpack(header)[:5] != wanted:
            raise ValueError("it was made by another program, or for another number of workers")
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _key(name: str) -> bytes:
    key = name.encode(errors="replace")
    if len(key) <= NAME_BYTES:
        return key
    digest = hashlib.sha256(key).hexdigest()[:16].encode()
    return key[: NAME_BYTES - len(digest)] + digest


def _lives(process: int) -> bool:
    if not 0 < process < 1 << 31:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it exists and belongs to someone else
        return True
    return True

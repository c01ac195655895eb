"""WASI preview 1 with nothing behind it: three open streams, a clock that stands still, randomness, and no files.

What is missing or wrong is an errno, as WASI has it: a wrong pointer is ``fault``. All of it is written a second time
for wazero (``conformance/engines/wazero/wasi.go``), and a test compares the two call by call.
"""

from __future__ import annotations

import struct
from functools import partial
from typing import TYPE_CHECKING, Final

from plugbay.wasi.errnos import Errno
from plugbay_conformance.engines.contract import GuestStopped, StopKind
from plugbay_conformance.engines.journal import STDERR_LEVEL, STDOUT_LEVEL
from plugbay_conformance.engines.wasi_polling import EVENT_BYTES, SUBSCRIPTION_BYTES, Poll

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugbay_conformance.engines.surroundings import Surroundings

_REALTIME, _MONOTONIC = 0, 1
_RESOLUTION: Final = 1000
_MOST_TIME: Final = 2**63 - 1
_CHECKED_EVERY: Final = 4096
"""Items of a guest's list between two looks at the clock."""
_STREAM_ANSWERS: Final = {
    "fd_sync": (0, Errno.SUCCESS),
    "fd_datasync": (0, Errno.SUCCESS),
    "fd_advise": (0, Errno.SPIPE),
    "fd_allocate": (0, Errno.SPIPE),
    "fd_pread": (0, Errno.SPIPE),
    "fd_pwrite": (0, Errno.SPIPE),
    "fd_seek": (0, Errno.SPIPE),
    "fd_tell": (0, Errno.SPIPE),
    "fd_fdstat_set_flags": (0, Errno.NOTCAPABLE),
    "fd_fdstat_set_rights": (0, Errno.NOTCAPABLE),
    "fd_filestat_set_size": (0, Errno.NOTCAPABLE),
    "fd_filestat_set_times": (0, Errno.NOTCAPABLE),
    "fd_readdir": (0, Errno.NOTDIR),
    "path_create_directory": (0, Errno.NOTDIR),
    "path_filestat_get": (0, Errno.NOTDIR),
    "path_filestat_set_times": (0, Errno.NOTDIR),
    "path_link": (0, Errno.NOTDIR),
    "path_open": (0, Errno.NOTDIR),
    "path_readlink": (0, Errno.NOTDIR),
    "path_remove_directory": (0, Errno.NOTDIR),
    "path_rename": (0, Errno.NOTDIR),
    "path_symlink": (2, Errno.NOTDIR),
    "path_unlink_file": (0, Errno.NOTDIR),
    "sock_accept": (0, Errno.NOTSOCK),
    "sock_recv": (0, Errno.NOTSOCK),
    "sock_send": (0, Errno.NOTSOCK),
    "sock_shutdown": (0, Errno.NOTSOCK),
}
"""Functions that a stream has no part in: which argument is the stream, and what they answer when it is open."""


class WasiImports:
    """Bodies by the function's name; each takes unsigned integers and answers an errno."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._open = {0, 1, 2}
        self._slept = 0
        """Nanoseconds: a sleep is over at once, and only the monotonic clock tells that it was."""

    def bodies(self) -> dict[str, Callable[..., int | None]]:
        """All 46 of them."""
        answers: dict[str, Callable[..., int | None]] = {
            name: partial(self._answer, place, errno) for name, (place, errno) in _STREAM_ANSWERS.items()
        }
        return answers | {
            "args_get": partial(_always, Errno.SUCCESS),
            "environ_get": partial(_always, Errno.SUCCESS),
            "args_sizes_get": self._no_entries,
            "environ_sizes_get": self._no_entries,
            "clock_res_get": self._tell_resolution,
            "clock_time_get": self._tell_time,
            "random_get": self._random,
            "fd_close": self._close,
            "fd_fdstat_get": self._fdstat,
            "fd_filestat_get": self._filestat,
            "fd_read": self._read,
            "fd_write": self._write,
            "fd_renumber": self._renumber,
            "fd_prestat_get": partial(_always, Errno.BADF),
            "fd_prestat_dir_name": partial(_always, Errno.BADF),
            "proc_exit": self._exit,
            "proc_raise": partial(_always, Errno.NOSYS),
            "sched_yield": partial(_always, Errno.SUCCESS),
            "poll_oneoff": self._poll,
        }

    def _answer(self, place: int, errno: Errno, *arguments: int) -> Errno:
        return errno if arguments[place] in self._open else Errno.BADF

    def _has(self, pointer: int, length: int) -> bool:
        return self._around.lies_in_memory(pointer, length)

    def _store(self, pointer: int, layout: str, *values: int) -> None:
        self._around.require_memory().write(pointer, struct.pack(layout, *values))

    def _no_entries(self, count: int, size: int) -> Errno:
        if not (self._has(count, 4) and self._has(size, 4)):
            return Errno.FAULT
        self._store(count, "<I", 0)
        self._store(size, "<I", 0)
        return Errno.SUCCESS

    def _time(self, clock: int) -> int:
        return self._around.setting.clock + (self._slept if clock == _MONOTONIC else 0)

    def _tell_resolution(self, clock: int, out: int) -> Errno:
        return self._tell_clock(clock, out, _RESOLUTION)

    def _tell_time(self, clock: int, _precision: int, out: int) -> Errno:
        return self._tell_clock(clock, out, self._time(clock))

    def _tell_clock(self, clock: int, out: int, value: int) -> Errno:
        if clock > _MONOTONIC:
            return Errno.INVAL
        if not self._has(out, 8):
            return Errno.FAULT
        self._store(out, "<Q", value % 2**64)
        return Errno.SUCCESS

    def _random(self, at: int, size: int) -> Errno:
        if not self._has(at, size):
            return Errno.FAULT
        self._around.fill_randomly("random_get", at, size)
        return Errno.SUCCESS

    def _close(self, fd: int) -> Errno:
        if fd not in self._open:
            return Errno.BADF
        self._open.remove(fd)
        return Errno.SUCCESS

    def _fdstat(self, fd: int, out: int) -> Errno:
        """A character device that can be read, or written, and polled."""
        if fd not in self._open:
            return Errno.BADF
        if not self._has(out, 24):
            return Errno.FAULT
        self._store(out, "<QQQ", 2, 0x8200040 if fd else 0x8200002, 0)
        return Errno.SUCCESS

    def _filestat(self, fd: int, out: int) -> Errno:
        if fd not in self._open:
            return Errno.BADF
        if not self._has(out, 64):
            return Errno.FAULT
        self._store(out, "<8Q", 0, 0, 2, 1, 0, 0, 0, 0)
        return Errno.SUCCESS

    def _read(self, fd: int, iovecs: int, count: int, out: int) -> Errno:
        """Standard input is at its end."""
        if fd != 0 or fd not in self._open:
            return Errno.BADF
        if not (self._has(iovecs, count * 8) and self._has(out, 4)):
            return Errno.FAULT
        self._store(out, "<I", 0)
        return Errno.SUCCESS

    def _write(self, fd: int, iovecs: int, count: int, out: int) -> Errno:
        """All pieces are checked before any is taken: a write happens whole or not at all."""
        if fd == 0 or fd not in self._open:
            return Errno.BADF
        if not (self._has(iovecs, count * 8) and self._has(out, 4)):
            return Errno.FAULT
        total = 0
        for at, size in self._pairs(iovecs, count):
            if not self._has(at, size):
                return Errno.FAULT
            total += size
        if total >= 2**32:
            return Errno.INVAL
        memory = self._around.require_memory()
        for at, size in self._pairs(iovecs, count):
            self._around.journal.print(STDOUT_LEVEL if fd == 1 else STDERR_LEVEL, memory.read(at, size))
        self._store(out, "<I", total)
        return Errno.SUCCESS

    def _pairs(self, at: int, count: int) -> Iterator[tuple[int, int]]:
        listed = self._around.require_memory().read(at, count * 8)
        for index, pair in enumerate(struct.iter_unpack("<II", listed)):
            if index % _CHECKED_EVERY == 0:
                self._around.timer.check()
            yield pair[0], pair[1]

    def _renumber(self, source: int, target: int) -> Errno:
        if source not in self._open or target not in self._open:
            return Errno.BADF
        return Errno.NOTCAPABLE

    def _exit(self, code: int) -> None:
        raise GuestStopped(StopKind.EXIT, f"it called proc_exit with the code {code}")

    def _poll(self, subscriptions: int, events: int, count: int, out: int) -> Errno:
        if count == 0:
            return Errno.INVAL
        if not (
            self._has(subscriptions, count * SUBSCRIPTION_BYTES)
            and self._has(events, count * EVENT_BYTES)
            and self._has(out, 4)
        ):
            return Errno.FAULT
        memory = self._around.require_memory()
        poll = Poll.read(memory.read(subscriptions, count * SUBSCRIPTION_BYTES), self._around.timer.check)
        if poll is None:
            return Errno.INVAL
        answer = poll.answer(self._open, self._time(_REALTIME), self._time(_MONOTONIC))
        self._slept = min(self._slept + answer.slept, _MOST_TIME)
        memory.write(events, answer.events)
        self._store(out, "<I", len(answer.events) // EVENT_BYTES)
        return Errno.SUCCESS


def _always(errno: Errno, *_arguments: int) -> Errno:
    return errno

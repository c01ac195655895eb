"""One JSON line for each request that was answered, to a stream or a file, without ever waiting for the disk.

A line is made where the request ends, and a thread writes what has come together: so the event loop never waits for a
disk, and the work is spread evenly. What does not fit the bounded buffer while a disk is slow or full is dropped,
counted and told.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Final, TypedDict

import orjson

from plugbay.forks import hold_during_fork, mend_after_fork
from plugbay_adapters.priostack.serving.log_sink import DescriptorSink, FileSink

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plugbay_adapters.priostack.serving.log_sink import LogSink

FLUSH_SECONDS: Final = 0.2
"""A line is written at most so much later, unless the disk is slow."""
BUFFER_BYTES: Final = 8 * 1024 * 1024
"""Of lines that wait to be written; as many again are held by a write that hangs."""
LINE_BYTES: Final = 4096
"""A longer line has its texts shortened. So a line is one write to a pipe, which several workers may share."""

_TEXT_SHOWN: Final = 64
_CLOSE_SECONDS: Final = 2.0
_log = logging.getLogger("plugbay.serving")


class AccessRecord(TypedDict):
    """What a line says of a request, behind its ``time``. Not known is None."""

    id: str
    """The request's id, as in the answer and in the log of errors."""
    client: str | None
    """The address that the request came from."""
    method: str
    path: str
    """Without the query, which may hold what does not belong into a log."""
    status: int
    bytes_in: int
    """Of the request's body."""
    bytes_out: int
    """Of the answer's body."""
    seconds: float
    """From the request's arrival to the end of its answer."""
    service: str | None
    """None where no endpoint was meant."""
    endpoint: str | None
    error: str | None
    """The code of what went wrong."""


class AccessLog:
    """Writes records of requests as lines of JSON.

    ``target`` is an open file descriptor, which stays open, or the path of a file, which is made when it is missing,
    appended to, and opened again when it was renamed or removed: log rotation needs no signal. Any thread may write. A
    forked child writes its own lines only. ``clock`` is the wall clock, in seconds.

    Raises :class:`~plugbay.errors.ConfigInvalid` when the file can't be opened.
    """

    def __init__(
        self,
        target: int | Path,
        *,
        buffer_bytes: int = BUFFER_BYTES,
        flush_seconds: float = FLUSH_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sink: LogSink = DescriptorSink(target) if isinstance(target, int) else FileSink(target)
        self._most = buffer_bytes
        self._flush_seconds = flush_seconds
        self._clock = clock
        self._lock = Lock()
        self._second, self._time = -1, b""
        self._dropped = 0
        self._closed = False
        self._give_up_at: float | None = None
        self._begin()
        hold_during_fork(self._lock)
        mend_after_fork(self)

    @property
    def dropped(self) -> int:
        """Lines lost since the start, because the disk was too slow, full or broken."""
        return self._dropped

    def write(self, record: AccessRecord) -> None:
        """Take a record. Never waits for the disk and never raises; after :meth:`close` it does nothing."""
        body = _json(record)
        now = self._clock()
        second = int(now)
        with self._lock:
            if self._closed:
                return
            if second != self._second:
                self._second, self._time = second, _time_of(second)
            if self._bytes >= self._most:
                self._dropped += 1
                return
            line = b'%b%06dZ",%b' % (self._time, (now - second) * 1e6, body)
            self._lines.append(line)
            self._bytes += len(line)
            if self._thread is None:
                self._start()

    def close(self, timeout: float = _CLOSE_SECONDS) -> None:
        """Write what waits, for at most ``timeout`` seconds: a disk that hangs does not hold up the end."""
        with self._lock:
            self._closed = True
            thread = self._thread
            self._give_up_at = time.monotonic() + timeout
        self._wake.set()
        if thread is not None:
            thread.join(timeout)
            if thread.is_alive():
                _log.error("lines of the access log were still being written when it was closed; the last are lost")
                return
        self._sink.close()

    def after_fork(self) -> None:
        """The child's log begins empty: what waited is written by the parent."""
        self._dropped = 0
        self._begin()

    def _begin(self) -> None:
        self._lines: list[bytes] = []
        self._bytes = 0
        self._told = self._dropped
        self._failing = False
        self._wake = Event()
        self._thread: Thread | None = None

    def _start(self) -> None:
        thread = Thread(target=self._write_on, name="access log", daemon=True)
        # The process may have as many threads as it may; the next line tries again.
        with contextlib.suppress(RuntimeError):
            thread.start()
            self._thread = thread

    def _write_on(self) -> None:
        """The writer's life: it writes what came together, until the log is closed and all is written."""
        while True:
            closing = self._wake.wait(self._flush_seconds)
            with self._lock:
                lines, self._lines, self._bytes = self._lines, [], 0
            lost = self._write(lines) if lines else 0
            with self._lock:
                self._dropped += lost
                dropped = self._dropped
            if dropped > self._told and not self._failing:
                _log.error("the access log's disk is slow or full; lines dropped: %d", dropped - self._told)
                self._told = dropped
            if closing:
                return

    def _write(self, lines: list[bytes]) -> int:
        """Write the lines; answers how many are lost. A failure is told when it begins."""
        try:
            lost = len(lines) - self._sink.write(lines, self._give_up_at)
        except OSError as error:
            if not self._failing:
                _log.error("the access log can't be written, lines are dropped until it can: %s", error.strerror)
            self._failing = True
            return len(lines)
        self._failing = False
        return lost


def _json(record: AccessRecord) -> bytes:
    """The record's line without its brace; JSON escapes whatever could end a line or pretend to be one."""
    try:
        line = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # a text with half a surrogate pair, which no UTF-8 can hold
        line = json.dumps(record, default=str, separators=(",", ":")).encode() + b"\n"
    if len(line) > LINE_BYTES - 64:
        short = {key: _clipped(value) for key, value in record.items()}
        line = json.dumps(short, default=str, separators=(",", ":")).encode() + b"\n"
    return line[1:]


def _clipped(value: object) -> object:
    if isinstance(value, str) and len(value) > _TEXT_SHOWN:
        return value[:_TEXT_SHOWN] + "…"
    return value


def _time_of(second: int) -> bytes:
    """How a line begins in this second."""
    return time.strftime('{"time":"%Y-%m-%dT%H:%M:%S.', time.gmtime(second)).encode()

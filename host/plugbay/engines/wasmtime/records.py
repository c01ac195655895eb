"""Reads the records that drivers leave in the mailbox."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from plugbay.engines.wasmtime.mailbox import RECORD_HEADER_BYTES, Record
from plugbay.outcome import LogLevel, LogRecord

_HEADER: Final = struct.Struct("<II")
_LEVELS: Final = {
    Record.DEBUG: LogLevel.DEBUG,
    Record.INFO: LogLevel.INFO,
    Record.WARN: LogLevel.WARN,
    Record.ERROR: LogLevel.ERROR,
    Record.TRACE: LogLevel.TRACE,
}
_STREAMS: Final = {Record.STDOUT: LogLevel.INFO, Record.STDERR: LogLevel.WARN}


def read_records(area: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of an area, in order, as (kind, bytes)."""
    offset = 0
    while offset < len(area):
        kind, size = _HEADER.unpack_from(area, offset)
        offset += RECORD_HEADER_BYTES
        yield kind, area[offset : offset + size]
        offset += size


class LogReader:
    """Turns records into log lines; guests' text that is not UTF-8 is kept with replacement characters.

    What a guest writes to stdout and stderr arrives in pieces: it is split into lines, and a last line without an end
    counts as one.
    """

    def __init__(self) -> None:
        self.lines: list[LogRecord] = []
        self._streams: dict[LogLevel, bytes] = {}

    def take(self, kind: int, text: bytes) -> bool:
        """Take a record if it is a log line or a piece of stdout or stderr; False otherwise."""
        level = _LEVELS.get(kind)  # type: ignore[call-overload] # an IntEnum key equals its number
        if level is not None:
            self.lines.append(LogRecord(level, text.decode("utf-8", "replace")))
            return True
        stream = _STREAMS.get(kind)  # type: ignore[call-overload] # an IntEnum key equals its number
        if stream is None:
            return False
        *whole, rest = (self._streams.pop(stream, b"") + text).split(b"\n")
        self.lines.extend(LogRecord(stream, line.decode("utf-8", "replace")) for line in whole)
        if rest:
            self._streams[stream] = rest
        return True

    def finish(self) -> tuple[LogRecord, ...]:
        """All lines, the unfinished ones included."""
        for level, rest in self._streams.items():
            self.lines.append(LogRecord(level, rest.decode("utf-8", "replace")))
        self._streams.clear()
        return tuple(self.lines)

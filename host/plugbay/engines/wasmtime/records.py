"""Reads the records that drivers leave in the mailbox."""

from __future__ import annotations

import struct
from typing import Final

from plugbay.engines.wasmtime.mailbox import RECORD_HEADER_BYTES, Record
from plugbay.outcome import LogLevel, LogRecord

_HEADER: Final = struct.Struct("<II")
_LEVELS: Final[dict[int, LogLevel]] = {
    Record.DEBUG: LogLevel.DEBUG,
    Record.INFO: LogLevel.INFO,
    Record.WARN: LogLevel.WARN,
    Record.ERROR: LogLevel.ERROR,
    Record.TRACE: LogLevel.TRACE,
}
_STREAMS: Final[dict[int, LogLevel]] = {Record.STDOUT: LogLevel.INFO, Record.STDERR: LogLevel.WARN}


class LogReader:
    """Turns records into log lines; guests' text that is not UTF-8 is kept with replacement characters.

    What a guest writes to stdout and stderr arrives in pieces: it is split into lines, and a last line without an end
    counts as one.
    """

    def __init__(self) -> None:
        self._lines: list[tuple[LogLevel, str]] = []
        self._streams: dict[LogLevel, bytes] = {}

    def take(self, area: bytes) -> list[tuple[int, bytes]]:
        """Take the log lines and the pieces of stdout and stderr in an area; the other records, as (kind, bytes).

        One loop without calls of our own, since a guest that logs spends its time here.
        """
        others: list[tuple[int, bytes]] = []
        keep, unpack, level_of = self._lines.append, _HEADER.unpack_from, _LEVELS.get
        offset, end = 0, len(area)
        while offset < end:
            kind, size = unpack(area, offset)
            start = offset + RECORD_HEADER_BYTES
            offset = start + size
            level = level_of(kind)
            if level is not None:
                keep((level, area[start:offset].decode("utf-8", "replace")))
            elif kind in _STREAMS:
                self._take_piece(_STREAMS[kind], area[start:offset])
            else:
                others.append((kind, area[start:offset]))
        return others

    def finish(self) -> tuple[LogRecord, ...]:
        """All lines, the unfinished ones included."""
        self._lines += [(level, rest.decode("utf-8", "replace")) for level, rest in self._streams.items()]
        self._streams.clear()
        return tuple(map(LogRecord._make, self._lines))

    def _take_piece(self, level: LogLevel, piece: bytes) -> None:
        *whole, rest = (self._streams.pop(level, b"") + piece).split(b"\n")
        self._lines += [(level, line.decode("utf-8", "replace")) for line in whole]
        if rest:
            self._streams[level] = rest

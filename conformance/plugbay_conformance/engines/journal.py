"""What a guest called in the host, in order, and never more of it than the host has room for."""

from __future__ import annotations

from typing import Final

from plugbay_conformance.engines.contract import Event

MOST_BYTES: Final = 1024 * 1024
"""What one journal keeps: the bytes of its events and :data:`EVENT_BYTES` for each."""
EVENT_BYTES: Final = 64
DROPPED: Final = "(dropped)"
"""Name of the event that stands at the end when some were not kept: its one text is their number, decimal."""
STDOUT_LEVEL: Final = 2
STDERR_LEVEL: Final = 3
"""The levels, those of ``log``, at which what a guest prints counts as log lines."""


class Journal:
    """The oldest events are kept; once there is no room for one, it and all later ones are counted only."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._used = 0
        self._dropped = 0
        self._printed = {STDOUT_LEVEL: bytearray(), STDERR_LEVEL: bytearray()}

    def has_room(self, size: int) -> bool:
        """Whether an event of ``size`` bytes would be kept; when not, it need not be read at all."""
        return not self._dropped and self._used + size + EVENT_BYTES <= MOST_BYTES

    def note(self, name: str, *data: bytes, level: int | None = None) -> None:
        """Keep an event, if there is room."""
        size = sum(map(len, data))
        if not self.has_room(size):
            self.drop()
            return
        self._used += size + EVENT_BYTES
        self._events.append(Event(name, data, level))

    def drop(self) -> None:
        """Count an event that is not kept."""
        self._dropped += 1

    def print(self, level: int, piece: bytes) -> None:
        """Take what the guest wrote to a stream; each whole line is an event ``log`` of that level."""
        *lines, rest = piece.split(b"\n")
        for line in lines:
            self._end_line(level, line)
        self._continue_line(level, rest)

    def finish_lines(self) -> None:
        """Take unfinished lines for whole ones: the call that printed them is over."""
        for level, line in self._printed.items():
            if line:
                self._end_line(level, b"")

    def take(self) -> list[Event]:
        """All events since the last time; if some were not kept, the last one says how many."""
        events = self._events
        if self._dropped:
            events.append(Event(DROPPED, (str(self._dropped).encode(),)))
        self._events, self._used, self._dropped = [], 0, 0
        return events

    def _end_line(self, level: int, rest: bytes) -> None:
        self._continue_line(level, rest)
        line = self._printed[level]
        self.note("log", bytes(line), level=level)
        line.clear()

    def _continue_line(self, level: int, piece: bytes) -> None:
        line = self._printed[level]
        line += piece[: MOST_BYTES - len(line)]

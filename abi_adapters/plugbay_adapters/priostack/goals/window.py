"""What one worker counted of one service, second by second, in a ring that holds the last minute.

A record of the board is a ring of rows, one page for each second, at the place ``second % rows``::

    u64  version      odd while the row is being emptied for another second
    u64  second + 1   whose calls these are; 0: never used
    u64  failed       calls
    f64  total        seconds of all calls
    f64  longest      seconds
    u64  refused      calls that did not run
    …    960 u32      calls by latency, from byte 256; see :mod:`~plugbay_adapters.priostack.goals.histogram`

A reader copies a row and looks at its head before and after: a row that changed meanwhile is read again. Counters grow
one by one, so they may still differ by the calls of a moment; the number of calls is therefore that of the histogram,
and no more than these count as failed.
"""

from __future__ import annotations

import math
import struct
import sys
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Final, Literal

from plugbay_adapters.priostack.goals.board import PAGE
from plugbay_adapters.priostack.goals.histogram import BUCKETS, LONGEST, SHORTEST, STEPS, bucket_of, quantile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_HEAD: Final = struct.Struct("QQQddQ")
_COUNTS_AT: Final = 256
_TRIES: Final = 3
_ORDER: Final[Literal["little", "big"]] = "little" if sys.byteorder == "little" else "big"
_EMPTY: Final = bytes(PAGE - 16)
_VERSION, _SECOND, _FAILED, _TOTAL, _LONGEST, _REFUSED = range(6)
_HEAD_BYTES: Final = _HEAD.size

assert _COUNTS_AT + 4 * BUCKETS == PAGE


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted in a window."""

    counts: Sequence[int]
    """Calls by latency."""
    failed: int
    """Those of them that failed."""
    refused: int
    """Calls that failed before they ran; they have no latency."""
    total: float
    """Seconds of all calls."""
    longest: float

    @property
    def calls(self) -> int:
        """How many ran."""
        return sum(self.counts)

    @property
    def error_rate(self) -> float | None:
        """Failed and refused calls of all, from 0 to 1; None without calls."""
        everything = self.calls + self.refused
        return (self.failed + self.refused) / everything if everything else None

    @property
    def average(self) -> float | None:
        """Seconds of a call; None without calls."""
        calls = self.calls
        return self.total / calls if calls else None

    def quantile(self, share: float) -> float | None:
        """Seconds; see :func:`~plugbay_adapters.priostack.goals.histogram.quantile`."""
        return quantile(self.counts, share, self.longest)


class Window:
    """Counts the calls of one service in a record of the board; one thread at a time."""

    __slots__ = ("_counts", "_head", "_record", "_rows", "_seconds", "second")

    def __init__(self, record: memoryview) -> None:
        self._record = record
        self._rows = len(record) // PAGE
        self.second = -1
        """Whose calls :meth:`add` counts."""
        self._head = record[:_HEAD_BYTES].cast("Q")
        self._seconds = record[:_HEAD_BYTES].cast("d")
        self._counts = record[_COUNTS_AT:PAGE].cast("I")

    def turn_to(self, second: int) -> None:
        """Count for another second from now on; its row is emptied unless it is that second's already."""
        start = second % self._rows * PAGE
        row = self._record[start : start + PAGE]
        self._release_row()
        self._head, self._seconds = row[:_HEAD_BYTES].cast("Q"), row[:_HEAD_BYTES].cast("d")
        self._counts = row[_COUNTS_AT:].cast("I")
        version = self._head[_VERSION]
        if version % 2 or self._head[_SECOND] != second + 1:
            self._head[_VERSION] = version | 1
            row[16:] = _EMPTY
            self._head[_SECOND] = second + 1
            self._head[_VERSION] = (version | 1) + 1
        self.second = second

    def add(self, seconds: float, *, failed: bool) -> None:
        """Count a call."""
        if SHORTEST < seconds < LONGEST:
            # bucket_of, without the cost of a call
            mantissa, exponent = math.frexp(seconds)
            self._counts[exponent * STEPS + int(mantissa * 64.0) + 576] += 1
        else:
            seconds = min(seconds, 1e9) if seconds > 0 else 0.0
            self._counts[bucket_of(seconds)] += 1
        times = self._seconds
        times[_TOTAL] += seconds
        if seconds > times[_LONGEST]:
            times[_LONGEST] = seconds
        if failed:
            self._head[_FAILED] += 1

    def add_refused(self) -> None:
        """Count a call that was refused."""
        self._head[_REFUSED] += 1

    def is_older_than(self, second: int) -> bool:
        """Whether its last call was before a second."""
        return self.second < second

    def release(self) -> None:
        """Let go of the record."""
        self._release_row()
        self._record.release()

    def _release_row(self) -> None:
        for view in (self._head, self._seconds, self._counts):
            view.release()


def count(records: Iterable[memoryview], second: int, window: int) -> Counted:
    """The calls that all the records counted in a second and the ``window - 1`` before it."""
    # 960 counters are added at once, as the digits of one large number: none of them reaches 2**32 in a minute.
    counts, failed, refused, total, longest = 0, 0, 0, 0.0, 0.0
    for record in records:
        rows = len(record) // PAGE
        for wanted in range(second - window + 1, second + 1):
            row = _row(record, wanted % rows * PAGE, wanted + 1)
            if row is None:
                continue
            head = _HEAD.unpack_from(row)
            counts += int.from_bytes(row[_COUNTS_AT:], _ORDER)
            failed += head[_FAILED]
            refused += head[_REFUSED]
            total += head[_TOTAL]
            longest = max(longest, head[_LONGEST])
    width = 4 * BUCKETS
    found = memoryview((counts % (1 << 8 * width)).to_bytes(width, _ORDER)).cast("I").tolist()
    return Counted(found, min(failed, sum(found)), refused, total, longest)


def _row(record: memoryview, start: int, label: int) -> bytes | None:
    """A copy of a row of one moment; None when it is another second's or is being emptied.

    When calls come in all the time no copy is of one moment, and a copy that the system interrupts for a while may be
    far off; so the one that took the shortest time is taken.
    """
    best, shortest = None, math.inf
    for _ in range(_TRIES):
        began = perf_counter()
        head = bytes(record[start : start + _HEAD_BYTES])
        version, second = struct.unpack_from("QQ", head)
        if second != label or version % 2:
            return None
        row = bytes(record[start : start + PAGE])
        after = bytes(record[start : start + _HEAD_BYTES])
        took = perf_counter() - began
        if head == after:
            return row
        if head[:16] == after[:16] and took < shortest:
            best, shortest = row, took
    return best

"""A batch of inputs, laid out for one crossing, and the rows that come back."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from plugbay.engines.wasmtime.mailbox import BATCH_BYTES, ROW_BYTES, Row, rows_offset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


_BESIDE: Final = 4 + ROW_BYTES
"""Bytes that a message takes beside its input, for its length and its row: a batch may be of empty inputs."""
_SLICED_BYTES: Final = 1024
"""Outputs of up to this mean length are read at once and sliced; longer ones are not worth a second copy."""


class Inputs:
    """Inputs that go in as few crossings as their sizes allow."""

    def __init__(self, payloads: Sequence[bytes], *, most: int) -> None:
        self._payloads = payloads
        self._sizes = array("I", map(len, payloads))
        self._most = most
        fit = sum(self._sizes) + _BESIDE * len(payloads) <= BATCH_BYTES
        self._all_fit = fit and max(self._sizes, default=0) <= most
        self._ends = [] if self._all_fit else list(accumulate(map(_BESIDE.__add__, self._sizes), initial=0))

    def batch(self, start: int) -> Batch | None:
        """The inputs from ``start`` that fit one crossing; None when the first is itself over ``most`` bytes."""
        sizes = self._sizes[start:] if self._all_fit else self._fitting(start)
        if not sizes:
            return None
        count = len(sizes)
        return Batch(b"".join((sizes.tobytes(), *self._payloads[start : start + count])), count)

    def _fitting(self, start: int) -> array[int]:
        stop = max(start + 1, bisect_right(self._ends, self._ends[start] + BATCH_BYTES) - 1)
        sizes = self._sizes[start:stop]
        return sizes[: next((index for index, size in enumerate(sizes) if size > self._most), len(sizes))]


@dataclass(frozen=True, slots=True)
class Batch:
    """``count`` inputs as ``frames``: their lengths (u32), then themselves, end to end (see the mailbox)."""

    frames: bytes
    count: int

    @property
    def area(self) -> int:
        """Where the first message's area starts: behind the rows."""
        return rows_offset(len(self.frames)) + ROW_BYTES * self.count

    def rows(self, words: array[int]) -> Iterator[Row]:
        """Rows from their words; each message's area starts where that of the one before it ended."""
        starts = array("I", [self.area])
        starts.extend(words[3:-4:4])
        return map(Row, starts, words[0::4], words[1::4], words[2::4], words[3::4])

    def outputs(self, words: array[int], read: Callable[[int, int], bytes]) -> list[bytes]:
        """The outputs of rows that are all plain: they lie end to end."""
        lengths = words[1::4]
        if sum(lengths) > _SLICED_BYTES * len(lengths):
            return [read(start, length) for start, length in zip(words[0::4], lengths, strict=True)]
        ends = list(accumulate(lengths))
        outputs = read(self.area, ends[-1]) if ends else b""
        return [outputs[start:end] for start, end in zip([0, *ends], ends, strict=False)]

"""A batch of inputs, laid out for one crossing, and the rows that come back."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from plugbay.engines.wasmtime.mailbox import BATCH_BYTES, ROW_BYTES, Row, rows_offset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Batch:
    """``count`` inputs as ``frames``: their lengths (u32), then themselves, end to end (see the mailbox)."""

    frames: bytes
    count: int

    @classmethod
    def of(cls, payloads: Sequence[bytes], start: int, *, most: int) -> Batch | None:
        """The payloads from ``start`` that fit one crossing; None when the first is itself over ``most`` bytes."""
        rest = payloads[start:] if start else payloads
        sizes = array("I", map(len, rest))
        if sum(sizes) > BATCH_BYTES or max(sizes) > most:
            fits = max(1, bisect_right(list(accumulate(sizes)), BATCH_BYTES))
            fits = next((index for index, size in enumerate(sizes[:fits]) if size > most), fits)
            if not fits:
                return None
            rest, sizes = rest[:fits], sizes[:fits]
        return cls(b"".join((sizes.tobytes(), *rest)), len(rest))

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
        ends = list(accumulate(words[1::4]))
        outputs = read(self.area, ends[-1]) if ends else b""
        return [outputs[start:end] for start, end in zip([0, *ends], ends, strict=False)]

"""Counts what became of a stream."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StreamSummary:
    """What became of a stream.

    ``read`` messages went in; each was ``passed`` on (to ``out`` messages in all, by ``ports``), ``dropped``,
    ``rejected`` or ``failed``. ``invalid`` inputs were no messages at all. ``p50_us`` and ``p99_us`` are microseconds
    in the plugin per message; in a batch, each message counts with the batch's mean. ``fuel`` is None when it was not
    metered. ``ended`` says why the stream ended: ``end``, ``interrupted``, ``output closed`` or ``input broken``.
    """

    read: int = 0
    out: int = 0
    passed: int = 0
    dropped: int = 0
    rejected: int = 0
    failed: int = 0
    invalid: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    seconds: float = 0.0
    plugin_seconds: float = 0.0
    read_seconds: float = 0.0
    write_seconds: float = 0.0
    p50_us: float = 0.0
    p99_us: float = 0.0
    fuel: int | None = None
    ports: tuple[tuple[str, int], ...] = ()
    logs: tuple[tuple[str, int], ...] = ()
    errors: tuple[tuple[str, int], ...] = ()
    ended: str = "end"

    @property
    def messages_per_second(self) -> float:
        """Messages read per wall-clock second."""
        return self.read / self.seconds if self.seconds else 0.0

    @property
    def good(self) -> bool:
        """Whether nothing failed, nothing was invalid and all input was read."""
        return not self.failed and not self.invalid and self.ended == "end"

    def to_dict(self) -> dict[str, Any]:
        """The summary as plain values."""
        facts = asdict(self)
        facts |= {"ports": dict(self.ports), "logs": dict(self.logs), "errors": dict(self.errors)}
        return {**facts, "messages_per_second": round(self.messages_per_second, 1)}


class Histogram:
    """Durations in logarithmic buckets of 2 percent: percentiles in constant memory."""

    _STEP = math.log(1.02)

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._total = 0

    def add(self, seconds: float, count: int = 1) -> None:
        """Count a duration ``count`` times."""
        self._counts[round(math.log(max(seconds, 1e-9)) / self._STEP)] += count
        self._total += count

    def percentile(self, share: float) -> float:
        """Seconds that ``share`` (from 0 to 1) of the durations don't exceed; 0 when there are none."""
        left = share * self._total
        for bucket in sorted(self._counts):
            left -= self._counts[bucket]
            if left <= 0:
                return math.exp(bucket * self._STEP)
        return 0.0

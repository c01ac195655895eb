"""Latencies counted in buckets that grow with them: constant memory, and an error that is bounded as a share.

Each doubling of time, from about 1 µs to about 17 minutes, is cut into 32 buckets of equal width. So the upper bound
of a bucket is at most 1/32 (3.125 %) above anything that was counted in it. What is shorter is in the first bucket,
what is longer in the last one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

STEPS: Final = 32
"""Buckets for each doubling."""
RELATIVE_ERROR: Final = 1 / STEPS
SHORTEST: Final = 2.0**-20
"""Seconds where the buckets begin; everything shorter counts as this."""
LONGEST: Final = 2.0**10
"""Seconds where they end."""
BUCKETS: Final = 30 * STEPS
_OFFSET: Final = 18 * STEPS


def bucket_of(seconds: float) -> int:
    """The bucket of a time in seconds; one that is no time at all (negative, NaN) is in the first."""
    if not seconds > SHORTEST:
        return 0
    if seconds >= LONGEST:
        return BUCKETS - 1
    mantissa, exponent = math.frexp(seconds)
    return exponent * STEPS + int(mantissa * (2 * STEPS)) + _OFFSET


def upper_bound(bucket: int) -> float:
    """Seconds that everything in the bucket is below."""
    doubling, step = divmod(bucket, STEPS)
    return math.ldexp((STEPS + step + 1) / STEPS, doubling - 20)


def quantile(counts: Sequence[int], share: float, longest: float) -> float | None:
    """The upper bound of the bucket with the call that ``share`` of all calls were no slower than; None without calls.

    By nearest rank: of n calls it is the one at place ceil(share · n) in the order of time. ``longest`` is the longest
    time that was counted; no answer is longer.
    """
    rank = max(1, math.ceil(round(share * sum(counts), 6)))
    seen = 0
    for bucket, count in enumerate(counts):
        seen += count
        if seen >= rank:
            return longest if bucket == BUCKETS - 1 else min(upper_bound(bucket), longest)
    return None

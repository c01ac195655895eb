"""How long a failed run waits for its next attempt."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubles from attempt to attempt, from ``first`` to ``most`` seconds, and varies by up to ``jitter`` of itself.

    Runs that failed together, because of the same outage, do not come back together. ``chance`` gives numbers from 0
    to 1.
    """

    first: float = 1.0
    most: float = 60.0
    jitter: float = 0.2
    chance: Callable[[], float] = random.random

    def delay(self, attempt: int) -> float:
        """Seconds after the failed attempt, of which 1 is the first; never more than ``most``."""
        full = min(self.most, self.first * 2.0 ** min(attempt - 1, 30))
        return full * (1 - self.jitter * self.chance())

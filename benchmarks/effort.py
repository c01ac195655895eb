"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Effort:
    """Counts of one run. A *slice* is the time that one peer runs before the next one's turn."""

    rounds: int
    """Turns of each peer."""
    slice_seconds: float
    cold_rounds: int
    """Turns of each way to load a module; compiling is slow."""
    processes: int
    """Turns of each whole process."""
    module_functions: int
    """Functions of the large module; 1,600 make some 350 KB."""
    stream_messages: int
    stream_rounds: int
    memory_messages: int
    """Messages through one instance while its memory is watched."""
    threaded_messages: int
    """Messages of the computing guest in one turn."""
    plugins: int
    """Plugins that are made and closed while memory is watched."""


FULL: Final = Effort(15, 0.03, 9, 5, 1600, 200_000, 5, 1_000_000, 400, 10_000)
QUICK: Final = Effort(7, 0.01, 3, 2, 1600, 50_000, 3, 100_000, 100, 2_000)
SMOKE: Final = Effort(1, 0.0, 1, 1, 60, 500, 1, 12_000, 4, 510)
"""One turn of everything, to see that it runs; the figures mean nothing."""

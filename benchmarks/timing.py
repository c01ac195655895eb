"""Times peers in turns, so that what else the machine does falls on all of them alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter
from timeit import Timer


@dataclass(frozen=True, slots=True)
class Peer:
    """One way to do the same work. ``run`` handles ``messages`` messages, or does ``messages`` units of the work."""

    name: str
    run: Callable[[], object]
    messages: int = 1


@dataclass(frozen=True, slots=True)
class Timing:
    """Microseconds per message, one figure of each turn."""

    name: str
    rounds: tuple[float, ...]

    @property
    def us(self) -> float:
        """The median."""
        return median(self.rounds)

    @property
    def spread(self) -> tuple[float, float]:
        """The quartiles around the median."""
        return _quartiles(self.rounds)

    def times(self, slower: Timing) -> float:
        """How many times as fast as the other: the median over the turns, each compared with its own neighbour."""
        return median(other / own for own, other in zip(self.rounds, slower.rounds, strict=True))

    def times_spread(self, slower: Timing) -> tuple[float, float]:
        """The quartiles of :meth:`times`."""
        return _quartiles([other / own for own, other in zip(self.rounds, slower.rounds, strict=True)])


def compare(peers: Sequence[Peer], *, rounds: int, slice_seconds: float) -> list[Timing]:
    """Time the peers in turns, A B C A B C …; the garbage collector is off while a turn runs.

    Each peer first runs until its warm-up took a slice, which also tells how often it runs per turn.
    """
    timers = [Timer(peer.run) for peer in peers]
    loops = [_loops(timer, slice_seconds) for timer in timers]
    figures: list[list[float]] = [[] for _ in peers]
    for _ in range(rounds):
        for peer, timer, count, own in zip(peers, timers, loops, figures, strict=True):
            own.append(timer.timeit(count) / count / peer.messages * 1e6)
    return [Timing(peer.name, tuple(own)) for peer, own in zip(peers, figures, strict=True)]


def seconds_of(work: Callable[[], object]) -> float:
    """Wall-clock seconds of one run."""
    started = perf_counter()
    work()
    return perf_counter() - started


def _loops(timer: Timer, slice_seconds: float) -> int:
    timer.timeit(1)
    loops = 1
    while (took := timer.timeit(loops)) < slice_seconds:
        loops = max(2 * loops, int(loops * slice_seconds / max(took, 1e-9)))
    return loops


def _quartiles(values: Sequence[float]) -> tuple[float, float]:
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high

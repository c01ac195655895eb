"""The deadline of one call."""

from __future__ import annotations

from time import monotonic

from plugbay_conformance.engines.contract import GuestStopped, StopKind


class Timer:
    """Runs from the start of a call; wasm is stopped by the engine, the host's own loops ask :meth:`check`."""

    def __init__(self) -> None:
        self._ends = 0.0
        self._seconds = 0.0

    def start(self, seconds: float) -> None:
        """A call begins that may take so long."""
        self._seconds = seconds
        self._ends = monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return monotonic() >= self._ends

    def overrun(self) -> GuestStopped:
        """What a call that took longer ends with."""
        return GuestStopped(StopKind.DEADLINE, f"it did not answer within {self._seconds:g} s")

    def check(self) -> None:
        """Raise :class:`GuestStopped` (kind DEADLINE) when the time is up."""
        if self.is_over:
            raise self.overrun()

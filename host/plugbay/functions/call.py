"""What a host function is told of the call that it serves."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from plugbay.guest_log import GuestLog
from plugbay.outcome import LogLevel, LogRecord


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """The call of a guest in which a host function runs.

    ``plugin`` is the plugin's name, ``function`` the guest's function that the host called, ``deadline_at`` when its
    time is up by ``time.monotonic``.
    """

    plugin: str
    function: str = ""
    deadline_at: float = math.inf

    def remaining(self) -> float:
        """Seconds that the call has left, 0 when its time is up."""
        return max(self.deadline_at - time.monotonic(), 0.0)

    def log(self, level: LogLevel | str, text: str) -> None:
        """Log a line to ``plugbay.guest.NAME``; ``ValueError`` for a level that is not one of :class:`LogLevel`."""
        GuestLog(self.plugin).write([LogRecord(LogLevel(level), text)])

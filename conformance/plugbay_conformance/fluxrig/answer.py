"""What a gear did with one message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plugbay_conformance.fluxrig.comparing import show

if TYPE_CHECKING:
    from plugbay_conformance.engines.contract import Event

DEBUG, INFO, WARN, ERROR = 1, 2, 3, 4
_LEVELS: Final = {DEBUG: "debug", INFO: "info", WARN: "warn", ERROR: "error"}
_LOGGING: Final = frozenset({"log", "flux_log_info"})
_SENDING: Final = frozenset({"emit", "flux_emit"})


@dataclass(frozen=True, slots=True)
class Answer:
    """The result, ``b""`` when there is none, and what the gear called in the host meanwhile, in order."""

    result: bytes
    events: tuple[Event, ...] = ()

    @property
    def logs(self) -> tuple[tuple[int, bytes], ...]:
        """The log lines: level and text; a level that the ABI does not know is info."""
        return tuple((_level(event), event.data[0]) for event in self.events if event.name in _LOGGING)

    @property
    def sent(self) -> tuple[bytes, ...]:
        """What was emitted, each time the bytes."""
        return tuple(event.data[0] for event in self.events if event.name in _SENDING)

    @property
    def rejection(self) -> bytes | None:
        """The reason of the last ``reject``; None when the message was not rejected."""
        return next((event.data[0] for event in reversed(self.events) if event.name == "reject"), None)

    @property
    def log_lines(self) -> tuple[str, ...]:
        """The log lines for people."""
        return tuple(f"{_LEVELS[level]}: {text.decode('utf-8', 'replace')}" for level, text in self.logs)

    def summary(self) -> str:
        """What became of the message, for people."""
        if self.rejection is not None:
            return f"a rejection: {self.rejection.decode('utf-8', 'replace')!r}"
        parts = [f"{len(self.sent)} messages sent"] if self.sent else []
        parts += [f"a result of {len(self.result)} bytes"] if self.result else ["no result"]
        if not self.result and self.logs:
            parts.append(f"the log line {self.log_lines[-1]!r}")
        return ", ".join(parts)


def show_reason(reason: bytes | None) -> str:
    """A rejection's reason for people."""
    if reason is None:
        return "no rejection"
    try:
        return show(reason.decode())
    except UnicodeDecodeError:
        return show(reason)


def _level(event: Event) -> int:
    return event.level if event.level in _LEVELS else INFO

"""What became of one message."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from plugbay.errors import PlugbayError

if TYPE_CHECKING:
    from plugbay.message import Message


class Disposition(StrEnum):
    """What the guest decided about the message, or ``error`` when it failed."""

    OK = "ok"
    DROP = "drop"
    REJECT = "reject"
    ERROR = "error"


class LogLevel(StrEnum):
    """Severity of a guest's log line."""

    TRACE = "trace"
    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"


class LogRecord(NamedTuple):
    """One log line of a guest; a named tuple since guests log by the thousand, and a dataclass costs half again."""

    level: LogLevel
    text: str


@dataclass(frozen=True, slots=True)
class StateChange:
    """What one message changed in the plugin's state; it is committed when the outcome is seen."""

    written: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one message.

    ``messages`` are (port, message) in the order in which they were sent; empty unless ``disposition`` is ok.
    ``reason`` is the guest's when it rejected. ``fuel`` is None when it was not metered; ``seconds`` is wall-clock time
    in the guest and its host calls.
    """

    disposition: Disposition
    messages: tuple[tuple[str, Message], ...] = ()
    logs: tuple[LogRecord, ...] = ()
    reason: str | None = None
    state_change: StateChange | None = None
    fuel: int | None = None
    seconds: float = 0.0
    error: PlugbayError | None = field(default=None)

    def raise_for_error(self) -> Outcome:
        """This outcome, or its error raised."""
        if self.error is not None:
            raise self.error
        return self

"""What a call returned: where it lies, and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plugbay_conformance.block import Block
from plugbay_conformance.engines.contract import StopKind
from plugbay_conformance.engines.imports import THROW
from plugbay_conformance.engines.journal import DROPPED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay_conformance.engines.contract import Event

LEVELS: Final = {"debug": 1, "info": 2, "warn": 3, "error": 4}
"""The levels of the log."""
HOW_STOPPED: Final = {
    StopKind.TRAP: "trapped without a message",
    StopKind.EXIT: "called proc_exit",
    StopKind.DEADLINE: "did not answer in time",
    StopKind.LINK: "could not be called",
    StopKind.ENGINE: "made the engine fail",
}
"""What became of a call, after the name of the function."""
_NAMES: Final = {number: name for name, number in LEVELS.items()}


@dataclass(frozen=True, slots=True)
class Result:
    """What a call returned, not read yet. ``word`` is packed's own 64 bits, 0 in other conventions."""

    block: Block
    failed: bool = False
    word: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """The bytes of an output, or of the message of a failure, and what the guest called in the host."""

    data: bytes
    failed: bool
    events: tuple[Event, ...] = ()

    @property
    def log_lines(self) -> tuple[str, ...]:
        """What was logged, for people."""
        return log_lines(self.events)


def log_lines(events: Sequence[Event]) -> tuple[str, ...]:
    """The lines that were logged, each ``level: text``."""
    return tuple(
        f"{_NAMES.get(event.level or 0, event.level)}: {event.data[0].decode('utf-8', 'replace')}"
        for event in events
        if event.name == "log"
    )


def failure_text(events: Sequence[Event]) -> bytes | None:
    """The text that the guest threw or aborted with; None when it did neither.

    Where the last events were not kept, for want of room, it counts as one whose text is not known.
    """
    if events and events[-1].name == DROPPED:
        return b""
    return next((event.data[0] for event in reversed(events) if event.name in (THROW, "abort")), None)

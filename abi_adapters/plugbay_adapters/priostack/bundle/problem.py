"""A mistake in a bundle's files, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a bundle: a file's path inside it, joined by ``/``, and the line from 1; 0 is the whole file."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. ``reason`` is one sentence without a full stop, ``hint`` the way out."""

    place: Place
    reason: str
    hint: str | None = None

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" + (f" ({self.hint})" if self.hint else "")

    def to_dict(self) -> dict[str, object]:
        """The problem as plain values; a hint that is unknown is left out."""
        facts: dict[str, object] = {"file": self.place.file, "line": self.place.line, "reason": self.reason}
        return {**facts, "hint": self.hint} if self.hint else facts

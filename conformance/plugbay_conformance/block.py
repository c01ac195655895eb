"""A block of a guest's memory."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes of the guest's memory, or what the guest takes for such."""

    pointer: int
    length: int

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.pointer + self.length

    def overlaps(self, other: Block) -> bool:
        """Whether they share a byte."""
        return self.pointer < other.end and other.pointer < self.end

    def __str__(self) -> str:
        return f"{self.length} bytes at {self.pointer:#x}"

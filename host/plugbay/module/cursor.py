"""A reading position in a module's bytes."""

from __future__ import annotations

from plugbay.errors import InvalidBinary
from plugbay.module.leb128 import decode_signed, decode_unsigned

NAME_BYTES = 100_000
"""The longest name that is read, in bytes; the limit that engines share."""


class Cursor:
    """Reads the values of the binary format one after the other, never past ``end``.

    Every method raises :class:`InvalidBinary` with the offset where reading stopped; its argument says what was being
    read, for that error.
    """

    __slots__ = ("data", "end", "position")

    def __init__(self, data: bytes, position: int, end: int) -> None:
        self.data = data
        self.position = position
        self.end = end

    def byte(self, what: str) -> int:
        """One byte."""
        position = self.position
        if position >= self.end:
            raise InvalidBinary(f"{what} is cut off at byte {position}", offset=position)
        self.position = position + 1
        return self.data[position]

    def take(self, size: int, what: str) -> bytes:
        """The next ``size`` bytes."""
        start = self.position
        if size > self.end - start:
            raise InvalidBinary(
                f"{what} at byte {start} should have {size} bytes, but {self.end - start} are left",
                offset=start,
                expected=size,
                found=self.end - start,
            )
        self.position = start + size
        return self.data[start : start + size]

    def unsigned(self, bits: int = 32) -> int:
        """An unsigned LEB128 number."""
        position = self.position
        if position < self.end and (value := self.data[position]) < 0x80:  # nearly always; saves a call
            self.position = position + 1
            return value
        value, self.position = decode_unsigned(self.data, position, self.end, bits)
        return value

    def signed(self, bits: int) -> int:
        """A signed LEB128 number."""
        value, self.position = decode_signed(self.data, self.position, self.end, bits)
        return value

    def count(self, what: str, most: int) -> int:
        """How many entries of at least one byte follow; refused when over ``most`` or over the bytes that are left."""
        position = self.position
        count = self.unsigned()
        if count > most:
            raise InvalidBinary(f"{count} {what} at byte {position}; engines take {most} at most", offset=position)
        if count > self.end - self.position:
            raise InvalidBinary(
                f"{count} {what} announced at byte {position}, but {self.end - self.position} bytes are left",
                offset=position,
            )
        return count

    def name(self, what: str) -> str:
        """A name: its length in bytes, then UTF-8."""
        position = self.position
        size = self.unsigned()
        if size > NAME_BYTES:
            raise InvalidBinary(f"{what} at byte {position} has {size} bytes, over {NAME_BYTES}", offset=position)
        raw = self.take(size, what)
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            offset = self.position - size + error.start
            raise InvalidBinary(f"{what} at byte {position} is not UTF-8", offset=offset) from error

    def expect_end(self, what: str) -> None:
        """Refuse bytes that are left over."""
        if self.position != self.end:
            raise InvalidBinary(
                f"{what} ends at byte {self.position}, but its size says {self.end}",
                offset=self.position,
                expected=self.end,
                found=self.position,
            )

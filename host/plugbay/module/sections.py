"""The frame of a binary: the header and the sections, in their order, each exactly as long as it says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from plugbay.errors import InvalidBinary
from plugbay.module.leb128 import decode_unsigned, encode_unsigned

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = b"\0asm\x01\0\0\0"
"""What every core module starts with: the magic number and version 1."""


class SectionId(IntEnum):
    """Section numbers of the binary format; ``TAG`` is the exception-handling proposal's."""

    CUSTOM = 0
    TYPE = 1
    IMPORT = 2
    FUNCTION = 3
    TABLE = 4
    MEMORY = 5
    GLOBAL = 6
    EXPORT = 7
    START = 8
    ELEMENT = 9
    CODE = 10
    DATA = 11
    DATA_COUNT = 12
    TAG = 13

    @property
    def title(self) -> str:
        """The name of the section in sentences."""
        return f"the {self.name.lower().replace('_', ' ')} section"


_RANK = {
    section: rank
    for rank, section in enumerate(
        (
            SectionId.TYPE,
            SectionId.IMPORT,
            SectionId.FUNCTION,
            SectionId.TABLE,
            SectionId.MEMORY,
            SectionId.TAG,
            SectionId.GLOBAL,
            SectionId.EXPORT,
            SectionId.START,
            SectionId.ELEMENT,
            SectionId.DATA_COUNT,
            SectionId.CODE,
            SectionId.DATA,
        )
    )
}
"""The order in which sections must come; custom ones may stand anywhere."""


@dataclass(frozen=True, slots=True)
class Section:
    """One section: ``start`` is where its id stands, ``payload`` to ``end`` what follows id and size."""

    id: SectionId
    start: int
    payload: int
    end: int


def sections(data: bytes) -> Iterator[Section]:
    """The sections of a binary that has the core :data:`HEADER`, in file order.

    Raises :class:`InvalidBinary` for a section that is unknown, out of order, there twice or cut off.
    """
    position, last = len(HEADER), -1
    while position < len(data):
        section = _section(data, position)
        if section.id is not SectionId.CUSTOM:
            rank = _RANK[section.id]
            if rank <= last:
                fault = "comes twice" if rank == last else "is out of order"
                raise InvalidBinary(f"{section.id.title} at byte {position} {fault}", offset=position)
            last = rank
        yield section
        position = section.end


def encode_section(section: SectionId, payload: bytes) -> bytes:
    """A section with its id and size."""
    return bytes((section,)) + encode_unsigned(len(payload)) + payload


def _section(data: bytes, start: int) -> Section:
    number = data[start]
    if number > SectionId.TAG:
        raise InvalidBinary(f"unknown section {number} at byte {start}", offset=start, found=number)
    size, payload = decode_unsigned(data, start + 1, len(data), 32)
    end = payload + size
    if end > len(data):
        raise InvalidBinary(
            f"{SectionId(number).title} at byte {start} should have {size} bytes, but the file ends after "
            f"{len(data) - payload}",
            offset=start,
            expected=size,
            found=len(data) - payload,
            hint="the file was cut off; fetch or build it again",
        )
    return Section(SectionId(number), start, payload, end)

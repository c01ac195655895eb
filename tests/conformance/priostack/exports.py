"""A module with fewer exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.module.cursor import Cursor
from plugbay.module.leb128 import encode_unsigned
from plugbay.module.sections import SectionId, encode_section, sections

if TYPE_CHECKING:
    from collections.abc import Iterator, Set


def keep_exports(module: bytes, names: Set[str]) -> bytes:
    """The module with the exports of these names alone."""
    section = next(section for section in sections(module) if section.id is SectionId.EXPORT)
    kept = [entry for name, entry in _entries(Cursor(module, section.payload, section.end), module) if name in names]
    assert len(kept) == len(names)
    changed = encode_section(SectionId.EXPORT, encode_unsigned(len(kept)) + b"".join(kept))
    return module[: section.start] + changed + module[section.end :]


def _entries(cursor: Cursor, module: bytes) -> Iterator[tuple[str, bytes]]:
    for _ in range(cursor.unsigned()):
        start = cursor.position
        name = cursor.name("an export's name")
        cursor.byte("an export's kind")
        cursor.unsigned()
        yield name, module[start : cursor.position]

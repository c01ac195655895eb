"""The producers section: which languages and tools made the module (tool-conventions, ProducersSection.md)."""

from __future__ import annotations

from plugbay.errors import InvalidBinary
from plugbay.module.cursor import Cursor

PRODUCERS = "producers"
"""Name of the custom section."""
_FIELDS, _VALUES = 16, 1000


def read_producers(data: bytes, offset: int, size: int) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each field (``language``, ``processed-by``, ``sdk``) with its ``name version`` texts.

    The section is a remark that no engine reads: a malformed one gives what was read up to the fault.
    """
    cursor = Cursor(data, offset, offset + size)
    fields: list[tuple[str, tuple[str, ...]]] = []
    try:
        for _ in range(cursor.count("fields", _FIELDS)):
            field = cursor.name("a field")
            fields.append((field, _values(cursor)))
    except InvalidBinary:
        return tuple(fields)
    return tuple(fields)


def _values(cursor: Cursor) -> tuple[str, ...]:
    values: list[str] = []
    for _ in range(cursor.count("values", _VALUES)):
        name, version = cursor.name("a tool"), cursor.name("a version")
        values.append(f"{name} {version}".strip())
    return tuple(values)

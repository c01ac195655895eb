"""A module whose tables can't grow beyond a limit, for engines that have no such limit of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from plugbay.module.cursor import Cursor
from plugbay.module.leb128 import encode_unsigned
from plugbay.module.sections import Section, SectionId, encode_section, sections
from plugbay.module.wasmtypes import read_table_type

if TYPE_CHECKING:
    from plugbay.module.info import TableType

_CODES = {"funcref": 0x70, "externref": 0x6F}
_HAS_MAXIMUM = 1


def cap_tables(data: bytes, most: int) -> bytes:
    """The module with no maximum of a table over ``most`` elements, or over what the table starts with if that is more.

    Raises what :mod:`plugbay.module` does for a module that it can't read.
    """
    section = next((section for section in sections(data) if section.id is SectionId.TABLE), None)
    if section is None:
        return data
    return data[: section.start] + _capped(data, section, most) + data[section.end :]


def _capped(data: bytes, section: Section, most: int) -> bytes:
    cursor = Cursor(data, section.payload, section.end)
    count = cursor.unsigned()
    tables = [_encoded(_bounded(read_table_type(cursor), most)) for _ in range(count)]
    return encode_section(SectionId.TABLE, encode_unsigned(count) + b"".join(tables))


def _bounded(table: TableType, most: int) -> TableType:
    declared = most if table.maximum is None else min(table.maximum, most)
    return replace(table, maximum=max(declared, table.minimum))


def _encoded(table: TableType) -> bytes:
    assert table.maximum is not None
    head = bytes((_CODES[table.element], _HAS_MAXIMUM))
    return head + encode_unsigned(table.minimum) + encode_unsigned(table.maximum)

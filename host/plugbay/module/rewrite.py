"""The two changes made to a guest before it is compiled, and what refuses it; the rest stays byte for byte."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plugbay.errors import InvalidBinary, TooLarge
from plugbay.module.cursor import Cursor
from plugbay.module.info import MemoryType, ModuleInfo
from plugbay.module.leb128 import encode_unsigned
from plugbay.module.sections import Section, SectionId, encode_section, sections
from plugbay.module.wasmtypes import encode_memory_type, read_memory_type

if TYPE_CHECKING:
    from collections.abc import Iterator

START_EXPORT = "plugbay:start"
"""Name under which a guest's start function is exported, for the host to call it like any other."""

_DEFAULT_STACK_PAGES, _SMALL_STACK_PAGES = 16, 1


@dataclass(frozen=True, slots=True)
class _Edit:
    """Bytes from ``start`` to ``end`` give way to ``data``."""

    start: int
    end: int
    data: bytes


def prepare_guest(data: bytes, info: ModuleInfo, *, memory_pages: int) -> bytes:
    """The module with its limits written in and its start function made callable.

    Each memory that it defines gets the maximum min(what it declares, ``memory_pages``), so that ``memory.grow`` fails
    exactly there. A start section becomes an export named :data:`START_EXPORT`: instantiation then runs no guest code,
    and the host calls the function under a deadline, with its imports in place.

    ``info`` is what :func:`~plugbay.module.binary.read_module` said of ``data``. When there is nothing to change the
    same object comes back. All changes lie before the code, so an offset in the code or behind it is
    ``len(result) - len(data)`` higher than in the file.

    Raises :class:`TooLarge` when a memory starts over ``memory_pages`` and :class:`InvalidBinary` when the module
    itself exports the reserved name.
    """
    if info.export(START_EXPORT) is not None:
        raise InvalidBinary(f"the module exports {START_EXPORT!r}, a name that the host keeps for itself")
    imported = sum(isinstance(item.type, MemoryType) for item in info.imports)
    defined = info.memories[imported:]
    capped = tuple(_capped(memory, memory_pages) for memory in defined)
    if capped == defined and info.start is None:
        return data
    return _spliced(data, _edits(data, info.start, memory_pages))


def check_tables(info: ModuleInfo, *, table_elements: int) -> None:
    """Raise :class:`TooLarge` when the module's tables start with more elements than it may have in all."""
    elements = sum(table.minimum for table in info.tables)
    if elements > table_elements:
        raise TooLarge(
            f"the module's tables start with {elements} elements, over the limit of {table_elements}",
            limit="table_elements",
            expected=table_elements,
            found=elements,
            hint="raise Limits.table_elements if you trust it",
        )


def _capped(memory: MemoryType, pages: int) -> MemoryType:
    if memory.minimum > pages:
        raise TooLarge(
            f"the module's memory starts with {memory.minimum} pages, over the limit of {pages}",
            limit="memory_pages",
            expected=pages,
            found=memory.minimum,
            hint=_smaller(memory.minimum, pages),
        )
    return memory if memory.maximum is not None and memory.maximum <= pages else replace(memory, maximum=pages)


def _smaller(minimum: int, pages: int) -> str:
    hint = f"allow it with --memory-pages {minimum} or Limits(memory_pages={minimum})"
    without_stack = minimum - _DEFAULT_STACK_PAGES + _SMALL_STACK_PAGES
    if minimum > _DEFAULT_STACK_PAGES and without_stack <= pages:
        hint += (
            f"; or build it with a stack of 64 KiB instead of the linker's usual 1 MiB, then it starts with about "
            f"{without_stack} (Zig: --stack 65536, Rust: -Clink-arg=-zstack-size=65536, C: -Wl,-z,stack-size=65536)"
        )
    return hint


def _edits(data: bytes, start: int | None, pages: int) -> Iterator[_Edit]:
    """The edits in file order."""
    exports_start = False
    for section in sections(data):
        if section.id is SectionId.MEMORY:
            yield _Edit(section.start, section.end, _capped_section(data, section, pages))
        elif section.id is SectionId.EXPORT and start is not None:
            exports_start = True
            yield _Edit(section.start, section.end, _with_start_export(data, section, start))
        elif section.id is SectionId.START and start is not None:
            # The start section comes right after the exports' place, so that is where a missing one goes.
            exports = b"" if exports_start else encode_section(SectionId.EXPORT, b"\x01" + _start_export(start))
            yield _Edit(section.start, section.end, exports)


def _capped_section(data: bytes, section: Section, pages: int) -> bytes:
    cursor = Cursor(data, section.payload, section.end)
    count = cursor.unsigned()
    memories = (encode_memory_type(_capped(read_memory_type(cursor), pages)) for _ in range(count))
    return encode_section(section.id, encode_unsigned(count) + b"".join(memories))


def _with_start_export(data: bytes, section: Section, start: int) -> bytes:
    cursor = Cursor(data, section.payload, section.end)
    count = cursor.unsigned()
    return encode_section(
        section.id, encode_unsigned(count + 1) + data[cursor.position : section.end] + _start_export(start)
    )


def _start_export(start: int) -> bytes:
    name = START_EXPORT.encode()
    return encode_unsigned(len(name)) + name + b"\0" + encode_unsigned(start)


def _spliced(data: bytes, edits: Iterator[_Edit]) -> bytes:
    view = memoryview(data)
    pieces: list[bytes | memoryview] = []
    copied = 0
    for edit in edits:
        pieces += (view[copied : edit.start], edit.data)
        copied = edit.end
    pieces.append(view[copied:])
    return b"".join(pieces)

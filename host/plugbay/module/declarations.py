"""The sections that declare something, read one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.errors import InvalidBinary
from plugbay.module.constexpr import skip_const_expr
from plugbay.module.cursor import Cursor
from plugbay.module.functions import read_function_types
from plugbay.module.info import (
    Export,
    ExternType,
    FuncType,
    GlobalType,
    Import,
    MemoryType,
    TableType,
    TagType,
)
from plugbay.module.sections import Section, SectionId
from plugbay.module.wasmtypes import read_func_type, read_global_type, read_memory_type, read_table_type

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DECLARATIONS = 100_000
"""The most entries of one section but functions. Engines take up to ten times as many; no toolchain's output comes
near, and a file made of nothing else would cost the host gigabytes."""
TYPE_BYTES = 4 * 1024 * 1024
"""The most bytes of the type section, for the same reason: each value type in it becomes eight bytes here."""


class Declarations:
    """What the sections read so far declare; index spaces hold the imported entries first."""

    def __init__(self, data: bytes) -> None:
        self.types: list[FuncType] = []
        self.imports: list[Import] = []
        self.exports: list[Export] = []
        self.tables: list[TableType] = []
        self.memories: list[MemoryType] = []
        self.globals: list[GlobalType] = []
        self.tags: list[TagType] = []
        self.start: int | None = None
        self.extended_const = False
        self.data_count: int | None = None
        self.imported_functions: list[FuncType] = []
        self.defined_functions: Sequence[int] = ()
        self._data = data
        self._bodies = self._segments = 0
        self._readers: dict[SectionId, Callable[[Cursor], None]] = {
            SectionId.TYPE: self._read_types,
            SectionId.IMPORT: self._read_imports,
            SectionId.FUNCTION: self._read_functions,
            SectionId.TABLE: self._read_tables,
            SectionId.MEMORY: self._read_memories,
            SectionId.TAG: self._read_tags,
            SectionId.GLOBAL: self._read_globals,
            SectionId.EXPORT: self._read_exports,
            SectionId.START: self._read_start,
            SectionId.DATA_COUNT: self._read_data_count,
        }

    @property
    def function_count(self) -> int:
        """Imported and defined functions."""
        return len(self.imported_functions) + len(self.defined_functions)

    def read(self, section: Section) -> None:
        """Read one section that is not custom. Raises :class:`InvalidBinary` or :class:`UnsupportedFeature`.

        Element segments, code and data are counted only: the engine validates them.
        """
        cursor = Cursor(self._data, section.payload, section.end)
        reader = self._readers.get(section.id)
        if reader is not None:
            reader(cursor)
            cursor.expect_end(section.id.title)
            return
        count = cursor.unsigned()
        if section.id is SectionId.CODE:
            self._bodies = count
        elif section.id is SectionId.DATA:
            self._segments = count

    def finish(self) -> None:
        """Compare the counts that two sections state. Raises :class:`InvalidBinary` when they differ."""
        declared = len(self.defined_functions)
        if self._bodies != declared:
            raise InvalidBinary(
                f"{declared} functions are declared, but {self._bodies} have code",
                expected=declared,
                found=self._bodies,
            )
        if self.data_count is not None and self.data_count != self._segments:
            raise InvalidBinary(
                f"{self.data_count} data segments are announced, but there are {self._segments}",
                expected=self.data_count,
                found=self._segments,
            )

    def _read_types(self, cursor: Cursor) -> None:
        size = cursor.end - cursor.position
        if size > TYPE_BYTES:
            reason = f"a type section of {size} bytes; plugbay reads {TYPE_BYTES} at most"
            raise InvalidBinary(reason, offset=cursor.position, expected=TYPE_BYTES, found=size)
        for _ in range(cursor.count("types", DECLARATIONS)):
            self.types.append(read_func_type(cursor))

    def _read_imports(self, cursor: Cursor) -> None:
        for _ in range(cursor.count("imports", DECLARATIONS)):
            module, name = cursor.name("an import's module"), cursor.name("an import's name")
            self.imports.append(Import(module, name, self._imported(cursor)))

    def _imported(self, cursor: Cursor) -> ExternType:
        offset = cursor.position
        kind = cursor.byte("an import")
        if kind == 0:
            function = self._type(cursor)
            self.imported_functions.append(function)
            return function
        if kind == 1:
            self.tables.append(table := read_table_type(cursor))
            return table
        if kind == 2:
            self.memories.append(memory := read_memory_type(cursor))
            return memory
        if kind == 3:
            self.globals.append(global_type := read_global_type(cursor))
            return global_type
        if kind == 4:
            self.tags.append(tag := self._tag(cursor))
            return tag
        raise InvalidBinary(f"unknown kind of import {kind:#04x} at byte {offset}", offset=offset, found=kind)

    def _read_functions(self, cursor: Cursor) -> None:
        self.defined_functions = read_function_types(cursor, len(self.types))

    def _read_tables(self, cursor: Cursor) -> None:
        for _ in range(cursor.count("tables", DECLARATIONS)):
            self.tables.append(read_table_type(cursor))

    def _read_memories(self, cursor: Cursor) -> None:
        for _ in range(cursor.count("memories", DECLARATIONS)):
            self.memories.append(read_memory_type(cursor))

    def _read_tags(self, cursor: Cursor) -> None:
        for _ in range(cursor.count("tags", DECLARATIONS)):
            self.tags.append(self._tag(cursor))

    def _read_globals(self, cursor: Cursor) -> None:
        for _ in range(cursor.count("globals", DECLARATIONS)):
            self.globals.append(read_global_type(cursor))
            self.extended_const |= skip_const_expr(cursor)

    def _read_exports(self, cursor: Cursor) -> None:
        names: set[str] = set()
        for _ in range(cursor.count("exports", DECLARATIONS)):
            offset = cursor.position
            name = cursor.name("an export's name")
            if name in names:
                raise InvalidBinary(f"two exports are named {name[:100]!r} (byte {offset})", offset=offset)
            names.add(name)
            self.exports.append(Export(name, self._exported(cursor)))

    def _exported(self, cursor: Cursor) -> ExternType:
        offset = cursor.position
        kind = cursor.byte("an export")
        index = cursor.unsigned()
        if kind == 0:
            return self._function(index, offset)
        spaces: tuple[Sequence[ExternType], ...] = (self.tables, self.memories, self.globals, self.tags)
        if kind > len(spaces):
            raise InvalidBinary(f"unknown kind of export {kind:#04x} at byte {offset}", offset=offset, found=kind)
        space = spaces[kind - 1]
        if index >= len(space):
            raise _out_of_range(("table", "memory", "global", "tag")[kind - 1], index, len(space), offset)
        return space[index]

    def _read_start(self, cursor: Cursor) -> None:
        offset = cursor.position
        self.start = cursor.unsigned()
        function = self._function(self.start, offset)
        if function != FuncType():
            raise InvalidBinary(
                f"the start function has the type {function}", offset=offset, expected=FuncType(), found=function
            )

    def _read_data_count(self, cursor: Cursor) -> None:
        self.data_count = cursor.unsigned()

    def _tag(self, cursor: Cursor) -> TagType:
        offset = cursor.position
        if cursor.byte("a tag") != 0:
            raise InvalidBinary(f"unknown kind of tag at byte {offset}", offset=offset)
        function = self._type(cursor)
        if function.results:
            raise InvalidBinary(f"the tag at byte {offset} has results", offset=offset, found=function)
        return TagType(function.params)

    def _type(self, cursor: Cursor) -> FuncType:
        offset = cursor.position
        index = cursor.unsigned()
        if index >= len(self.types):
            raise _out_of_range("type", index, len(self.types), offset)
        return self.types[index]

    def _function(self, index: int, offset: int) -> FuncType:
        imported = len(self.imported_functions)
        if index < imported:
            return self.imported_functions[index]
        if index >= self.function_count:
            raise _out_of_range("function", index, self.function_count, offset)
        return self.types[self.defined_functions[index - imported]]


def _out_of_range(what: str, index: int, count: int, offset: int) -> InvalidBinary:
    return InvalidBinary(
        f"{what} {index} at byte {offset} does not exist; the module has {count}",
        offset=offset,
        expected=count,
        found=index,
    )

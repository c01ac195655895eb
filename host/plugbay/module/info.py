"""What a module's binary says about itself, read without running or compiling it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ValType = Literal["i32", "i64", "f32", "f64", "v128", "funcref", "externref"]
"""Value types of WebAssembly core 2.0, spelled as in the text format."""


@dataclass(frozen=True, slots=True)
class FuncType:
    """Parameters and results of a function."""

    params: tuple[ValType, ...] = ()
    results: tuple[ValType, ...] = ()

    def __str__(self) -> str:
        return f"({', '.join(self.params)}) -> ({', '.join(self.results)})"


@dataclass(frozen=True, slots=True)
class MemoryType:
    """Limits of a linear memory, in pages of 64 KiB; ``maximum`` None = not declared."""

    minimum: int
    maximum: int | None = None
    shared: bool = False
    memory64: bool = False


@dataclass(frozen=True, slots=True)
class TableType:
    """Element type and limits of a table, in elements."""

    element: ValType
    minimum: int
    maximum: int | None = None
    table64: bool = False


@dataclass(frozen=True, slots=True)
class GlobalType:
    """Type of a global."""

    value: ValType
    mutable: bool = False


@dataclass(frozen=True, slots=True)
class TagType:
    """Type of an exception tag: what is thrown with it (the exception-handling proposal)."""

    params: tuple[ValType, ...] = ()


ExternType = FuncType | MemoryType | TableType | GlobalType | TagType


@dataclass(frozen=True, slots=True)
class Import:
    """One import."""

    module: str
    name: str
    type: ExternType


@dataclass(frozen=True, slots=True)
class Export:
    """One export."""

    name: str
    type: ExternType


@dataclass(frozen=True, slots=True)
class CustomSection:
    """A custom section: its name and where its payload (without the name) lies in the file."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class ModuleInfo:
    """A core module's declarations.

    ``memories`` and ``tables`` list the imported ones first, then the defined ones. ``start`` is a function index.
    ``producers`` maps fields of the producers section (``language``, ``processed-by``, …) to ``name version`` texts.
    ``features`` names proposals that the declarations show in use (``multi-memory``, ``memory64``, ``threads``, …);
    it is a hint for people, the engine's validation decides.
    """

    digest: str
    size: int
    imports: tuple[Import, ...] = ()
    exports: tuple[Export, ...] = ()
    memories: tuple[MemoryType, ...] = ()
    tables: tuple[TableType, ...] = ()
    start: int | None = None
    function_count: int = 0
    custom_sections: tuple[CustomSection, ...] = ()
    producers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    features: frozenset[str] = frozenset()

    def export(self, name: str) -> Export | None:
        """The export of that name, or None."""
        return next((export for export in self.exports if export.name == name), None)

    def function(self, name: str) -> FuncType | None:
        """The type of the exported function of that name; None when there is none or it is no function."""
        export = self.export(name)
        return export.type if export is not None and isinstance(export.type, FuncType) else None

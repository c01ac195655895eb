"""What a module has of its profile's convention, read from its exports alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plugbay.module.info import FuncType
from plugbay_conformance.engines.contract import Allocator, FunctionShape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugbay.module.info import ModuleInfo

PACKED: Final = "packed"
WASM_BINDGEN: Final = "wasm-bindgen"
ASSEMBLYSCRIPT: Final = "assemblyscript"

ALLOC: Final = FuncType(("i32",), ("i32",))
FREE: Final = FuncType(("i32", "i32"))
FREE_OF_POINTER: Final = FuncType(("i32",))
ALIGNED_ALLOC: Final = FuncType(("i32", "i32"), ("i32",))
ALIGNED_FREE: Final = FuncType(("i32", "i32", "i32"))
RUNTIME: Final = {
    "__new": FuncType(("i32", "i32"), ("i32",)),
    "__pin": FuncType(("i32",), ("i32",)),
    "__unpin": FuncType(("i32",)),
    "__collect": FuncType(),
}
"""What AssemblyScript's runtime exports for hosts."""
STACK_POINTER: Final = "__wbindgen_add_to_stack_pointer"
START: Final = ("_initialize", "__wasm_call_ctors", "__wbindgen_start")
"""Exports that make an instance ready."""

FUNCTION_TYPES: Final = {
    FunctionShape.PACKED: FuncType(("i32", "i32"), ("i64",)),
    FunctionShape.MULTI_VALUE: FuncType(("i32", "i32"), ("i32", "i32")),
    FunctionShape.RETPTR: FuncType(("i32", "i32", "i32")),
    FunctionShape.BUFFER: FuncType(("i32",), ("i32",)),
}

_NAMELESS: Final = re.compile(r"__wbindgen_export_?\d*")
_GLUE: Final = ("__wbindgen_", "__wbg_")


@dataclass(frozen=True, slots=True)
class Convention:
    """A module that can be called: how, with which exports, and which functions of bytes it has, in its own order."""

    shape: FunctionShape
    allocator: Allocator
    functions: tuple[str, ...]


def read_convention(info: ModuleInfo, profile: str) -> Convention | None:
    """The module as one of that profile; None when what calls and memory need is not there (PRI-001 to PRI-005)."""
    allocator = find_allocator(info, profile)
    if allocator is None or not has_memory(info):
        return None
    return Convention(allocator.shape, allocator, byte_functions(info, profile))


def has_memory(info: ModuleInfo) -> bool:
    """Whether the memory that the convention needs is exported."""
    return any(export.name == "memory" and export.type in info.memories for export in info.exports)


def find_allocator(info: ModuleInfo, profile: str) -> Allocator | None:
    """The exports that give memory to the host and take it back; None where one is missing or of another type."""
    if profile == PACKED:
        alloc, free = packed_alloc(info), packed_free(info)
        if alloc is None or free is None:
            return None
        return Allocator(alloc, free, info.function(free) == FREE)
    if profile == WASM_BINDGEN:
        alloc, free = bindgen_part(info, "__wbindgen_malloc"), bindgen_part(info, "__wbindgen_free")
        return None if alloc is None or free is None else Allocator(alloc, free, shape=function_shape(info, profile))
    if any(info.function(name) != type_ for name, type_ in RUNTIME.items()):
        return None
    return Allocator("__new", "__unpin", free_takes_length=False, shape=FunctionShape.BUFFER)


def packed_alloc(info: ModuleInfo) -> str | None:
    """``alloc``, or ``malloc`` where there is no ``alloc``; None when that one has another type."""
    name = "alloc" if info.export("alloc") is not None else "malloc"
    return name if info.function(name) == ALLOC else None


def packed_free(info: ModuleInfo) -> str | None:
    """The first of ``free`` and ``dealloc`` that has one of the two types."""
    return next((name for name in ("free", "dealloc") if info.function(name) in (FREE, FREE_OF_POINTER)), None)


def bindgen_part(info: ModuleInfo, name: str) -> str | None:
    """A function of wasm-bindgen's own: by its name, else a nameless one of its type."""
    wanted = ALIGNED_ALLOC if name == "__wbindgen_malloc" else ALIGNED_FREE
    nameless = (export.name for export in info.exports if _NAMELESS.fullmatch(export.name))
    return next((found for found in (name, *nameless) if info.function(found) == wanted), None)


def function_shape(info: ModuleInfo, profile: str) -> FunctionShape:
    """How the functions of bytes of a module of that profile are called."""
    if profile == PACKED:
        return FunctionShape.PACKED
    if profile == ASSEMBLYSCRIPT:
        return FunctionShape.BUFFER
    return FunctionShape.RETPTR if info.function(STACK_POINTER) == ALLOC else FunctionShape.MULTI_VALUE


def byte_functions(info: ModuleInfo, profile: str) -> tuple[str, ...]:
    """The exports of the convention's type that are not the toolchain's own."""
    wanted = FUNCTION_TYPES[function_shape(info, profile)]
    names = (export.name for export in info.exports if export.type == wanted)
    return tuple(_of_the_author(names, profile))


def _of_the_author(names: Iterable[str], profile: str) -> Iterable[str]:
    own = {"_start", *START, *(("alloc", "malloc", "free", "dealloc") if profile == PACKED else ())}
    for name in names:
        if name in own or (profile == WASM_BINDGEN and name.startswith(_GLUE)):
            continue
        if profile == ASSEMBLYSCRIPT and name.startswith("__"):
            continue
        yield name

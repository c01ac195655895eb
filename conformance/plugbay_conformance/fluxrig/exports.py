"""What a gear must export, and whether a module does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay.module.info import FuncType, MemoryType

if TYPE_CHECKING:
    from plugbay.module.info import ModuleInfo

ALLOC: Final = "alloc"
MALLOC: Final = "malloc"
FREE: Final = "free"
ENTRYPOINT: Final = "process"
MEMORY: Final = "memory"
INITIALIZE: Final = "_initialize"
ALLOC_TYPE: Final = FuncType(("i32",), ("i32",))
FREE_TYPE: Final = FuncType(("i32", "i32"))
ENTRYPOINT_TYPE: Final = FuncType(("i32", "i32"), ("i64",))


def allocator_name(info: ModuleInfo) -> str:
    """``alloc``, or ``malloc`` where only that is exported."""
    return MALLOC if info.export(ALLOC) is None and info.export(MALLOC) is not None else ALLOC


def wrong_function(info: ModuleInfo, name: str, expected: FuncType) -> str | None:
    """What the module has in place of an exported function of that type; None when it has the function."""
    export = info.export(name)
    if export is None:
        return f"there is no export {name}"
    return None if export.type == expected else f"{name} is {show_type(export.type)}"


def wrong_memory(info: ModuleInfo) -> str | None:
    """What the module has in place of an exported memory; None when it has one."""
    export = info.export(MEMORY)
    if export is None:
        return "there is no export memory"
    return None if isinstance(export.type, MemoryType) else f"memory is {show_type(export.type)}"


def broken_export(info: ModuleInfo) -> str | None:
    """The first of the four exports that is missing or of a wrong type, in words; None when all are there."""
    return (
        wrong_memory(info)
        or wrong_function(info, allocator_name(info), ALLOC_TYPE)
        or wrong_function(info, FREE, FREE_TYPE)
        or wrong_function(info, ENTRYPOINT, ENTRYPOINT_TYPE)
    )


def show_type(kind: object) -> str:
    """The type of an export or import for people."""
    return str(kind) if isinstance(kind, FuncType) else f"a {type(kind).__name__.removesuffix('Type').lower()}"

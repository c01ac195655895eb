"""The calling conventions of byte functions, and what a module has of one (ABI sheet, "The calling conventions")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from plugbay.module.info import FuncType

if TYPE_CHECKING:
    from plugbay.module.info import ModuleInfo


class Convention(StrEnum):
    """How a function takes its input and gives its output. A module speaks one of them."""

    PACKED = "packed"
    WASM_BINDGEN = "wasm-bindgen"
    ASSEMBLYSCRIPT = "assemblyscript"


PACKED_FUNCTION: Final = FuncType(("i32", "i32"), ("i64",))
MULTI_VALUE_FUNCTION: Final = FuncType(("i32", "i32"), ("i32", "i32"))
RETPTR_FUNCTION: Final = FuncType(("i32", "i32", "i32"))
BUFFER_FUNCTION: Final = FuncType(("i32",), ("i32",))
STACK_POINTER: Final = "__wbindgen_add_to_stack_pointer"
_Exported = Mapping[str, FuncType]
"""The exported functions by name, in the module's order."""
START_NAMES: Final = ("_initialize", "__wasm_call_ctors", "__wbindgen_start")
"""Exports that make an instance ready."""
SIZED_FREE: Final = FuncType(("i32", "i32"))
FREE_OF_POINTER: Final = FuncType(("i32",))

_ALLOC: Final = FuncType(("i32",), ("i32",))
_MALLOC: Final = FuncType(("i32", "i32"), ("i32",))
_FREE_ALIGNED: Final = FuncType(("i32", "i32", "i32"))
_NAMELESS: Final = re.compile(r"__wbindgen_export_?\d*")
"""What newer releases of wasm-bindgen call the functions of their own."""
_RUNTIME: Final = re.compile(r"__(new|pin|unpin|collect|renew|alloc|retain|release|free|reset|start|visit\w*)")
"""What AssemblyScript's runtimes export."""


@dataclass(frozen=True, slots=True)
class Part:
    """A function of the module's own that a driver calls, and what it should be.

    ``name`` is the export, the usual name where there is none; ``found`` its type, None where there is none.
    """

    role: str
    name: str
    wanted: FuncType
    found: FuncType | None

    @property
    def fits(self) -> bool:
        """Whether the driver can call it."""
        return self.found == self.wanted


@dataclass(frozen=True, slots=True)
class Reading:
    """What a module has of one convention.

    ``functions`` are the exports that can be called, ``others`` the functions that are neither that nor of the
    toolchain's own, each with its type, both in the module's order. ``marked`` says whether the toolchain's own exports
    are there.
    """

    convention: Convention
    function_type: FuncType
    parts: tuple[Part, ...]
    functions: tuple[str, ...]
    others: Mapping[str, FuncType]
    marked: bool


def read_convention(info: ModuleInfo, convention: Convention) -> Reading:
    """The module, read as one of that convention."""
    exported = {export.name: export.type for export in info.exports if isinstance(export.type, FuncType)}
    function_type, parts = _READERS[convention](exported)
    own = {part.name for part in parts}
    candidates = {name: type_ for name, type_ in exported.items() if not _is_own(name, convention, own)}
    return Reading(
        convention,
        function_type,
        parts,
        tuple(name for name, type_ in candidates.items() if type_ == function_type),
        {name: type_ for name, type_ in candidates.items() if type_ != function_type},
        _is_marked(exported, convention, parts),
    )


def _is_own(name: str, convention: Convention, parts: set[str]) -> bool:
    """Whether an export belongs to the toolchain and not to the author."""
    if name in parts or name in START_NAMES or name == "_start":
        return True
    if convention is Convention.WASM_BINDGEN:
        return name.startswith(("__wbindgen_", "__wbg_"))
    return convention is Convention.ASSEMBLYSCRIPT and _RUNTIME.fullmatch(name) is not None


def _is_marked(exported: _Exported, convention: Convention, parts: tuple[Part, ...]) -> bool:
    if convention is Convention.WASM_BINDGEN:
        return parts[0].fits or not {"__wbindgen_malloc", STACK_POINTER, "__wbindgen_start"}.isdisjoint(exported)
    if convention is Convention.ASSEMBLYSCRIPT:
        return {"__new", "__pin"} <= exported.keys()
    return all(part.fits for part in parts)


def _packed(exported: _Exported) -> tuple[FuncType, tuple[Part, ...]]:
    allocator = _part(exported, "alloc", ("alloc", "malloc"), _ALLOC)
    for name in ("free", "dealloc"):
        found = exported.get(name)
        if found in (SIZED_FREE, FREE_OF_POINTER):
            return PACKED_FUNCTION, (allocator, Part("free", name, found, found))
    return PACKED_FUNCTION, (allocator, _part(exported, "free", ("free", "dealloc"), SIZED_FREE))


def _wasm_bindgen(exported: _Exported) -> tuple[FuncType, tuple[Part, ...]]:
    nameless = tuple(name for name in exported if _NAMELESS.fullmatch(name))
    parts = (
        _part(exported, "malloc", ("__wbindgen_malloc", *nameless), _MALLOC),
        _part(exported, "free", ("__wbindgen_free", *nameless), _FREE_ALIGNED),
    )
    if STACK_POINTER not in exported:
        return MULTI_VALUE_FUNCTION, parts
    return RETPTR_FUNCTION, (*parts, _part(exported, "add_to_stack_pointer", (STACK_POINTER,), BUFFER_FUNCTION))


def _assemblyscript(exported: _Exported) -> tuple[FuncType, tuple[Part, ...]]:
    return BUFFER_FUNCTION, (
        _part(exported, "new", ("__new",), _MALLOC),
        _part(exported, "pin", ("__pin",), BUFFER_FUNCTION),
        _part(exported, "unpin", ("__unpin",), FREE_OF_POINTER),
        _part(exported, "collect", ("__collect",), FuncType()),
    )


_READERS: Final = {
    Convention.PACKED: _packed,
    Convention.WASM_BINDGEN: _wasm_bindgen,
    Convention.ASSEMBLYSCRIPT: _assemblyscript,
}


def _part(exported: _Exported, role: str, names: tuple[str, ...], wanted: FuncType) -> Part:
    """The first of these exports that has the type; else the first of them that is there at all."""
    fitting = next((name for name in names if exported.get(name) == wanted), None)
    name = fitting or next((name for name in names if name in exported), names[0])
    return Part(role, name, wanted, exported.get(name))

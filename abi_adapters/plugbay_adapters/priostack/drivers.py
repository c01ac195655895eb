"""The drivers of byte functions: one for each convention, fitted to what a module imports and how it frees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugbay.engines.wasmtime.driver import Driver, quoted
from plugbay.engines.wasmtime.wasi import WASI, wasi_driver
from plugbay.module.info import MemoryType
from plugbay_adapters.priostack.convention import FREE_OF_POINTER, RETPTR_FUNCTION, Convention

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugbay.module.info import ModuleInfo
    from plugbay_adapters.priostack.convention import Reading

_PACKAGE: Final = "plugbay_adapters.priostack"
_FREE: Final = '  (import "guest" "free" (func $free (param i32 i32)))'
_FREE_OF_POINTER: Final = """  (import "guest" "free" (func $free_of_pointer (param i32)))
  (func $free (param $ptr i32) (param $len i32) (call $free_of_pointer (local.get $ptr)))"""
_GLUE: Final = re.compile(r"wbg|\./.{1,200}_bg\.js")
"""The modules that wasm-bindgen's own code imports from; a release writes the name of the module's file into it.

Drivers have these names in their text and are kept, so they are no longer than those of files are.
"""
_THROW: Final = re.compile(r"__wbindgen_throw|__wbg___wbindgen_throw_[0-9a-f]{16}")
_NO_OBJECTS: Final = "__wbindgen_init_externref_table"
_MOST_PAGES: Final = 65_536
"""What a memory of 32 bits may have at most."""
_MOST_OWN: Final = 16
"""Imports of that kind that a module may have: each is a function to compile, and a real one has two."""


def drivers_for(reading: Reading, info: ModuleInfo, *, memory_pages: int = 0) -> tuple[Driver, ...]:
    """The driver of the module's convention, and the default-deny WASI beside it where the module imports any of it.

    ``memory_pages`` are those that the module may have; what the drivers provide does not depend on them.
    """
    driver = _driver(reading, info, memory_pages)
    return (driver, wasi_driver()) if any(item.module == WASI for item in info.imports) else (driver,)


def is_glue(module: str) -> bool:
    """Whether what is imported from there is JavaScript that wasm-bindgen writes."""
    return _GLUE.fullmatch(module) is not None


def _driver(reading: Reading, info: ModuleInfo, memory_pages: int) -> Driver:
    match reading.convention:
        case Convention.PACKED:
            free = next(part for part in reading.parts if part.role == "free")
            text = _FREE_OF_POINTER if free.wanted == FREE_OF_POINTER else _FREE
            return Driver.load(_PACKAGE, "packed.wat", free=text)
        case Convention.WASM_BINDGEN:
            run = "run_retptr.wat" if reading.function_type == RETPTR_FUNCTION else "run_multi_value.wat"
            imports = _own_imports((item.module, item.name) for item in info.imports)
            return Driver.load(_PACKAGE, "wasm_bindgen.wat", run=f"  ;; include {run}", own_imports=imports)
        case Convention.ASSEMBLYSCRIPT:
            pages = min(memory_pages, _own_maximum(info))
            limit = f"  (global $half i32 (i32.const {pages // 2})) ;; of the pages that the memory may have"
            return Driver.load(_PACKAGE, "assemblyscript.wat", limit=limit)


def _own_maximum(info: ModuleInfo) -> int:
    """The pages that the module itself lets its memory have."""
    memory = info.export("memory")
    maximum = memory.type.maximum if memory is not None and isinstance(memory.type, MemoryType) else None
    return _MOST_PAGES if maximum is None else maximum


def _own_imports(imports: Iterable[tuple[str, str]]) -> str:
    """Exports for what wasm-bindgen's own code imports, under the names that this module has for them."""
    served: dict[str, str] = {}
    for module, name in imports:
        if is_glue(module) and len(served) < _MOST_OWN:
            if _THROW.fullmatch(name):
                served[f"{module}.{name}"] = "$throw"
            elif name == _NO_OBJECTS:
                served[f"{module}.{name}"] = "$no_objects"
    exports = "".join(f'  (export "{quoted(name)}" (func {function}))\n' for name, function in served.items())
    return f"{exports}  (elem (table $slots) (i32.const 3) func {' '.join(served.values())})"

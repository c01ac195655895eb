"""Cases that read the module's file alone: exports, imports, features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay.module.info import FuncType, MemoryType
from plugbay_conformance.case import fail
from plugbay_conformance.core_2 import outside_core_2
from plugbay_conformance.extism.interface import (
    ENV,
    KERNEL,
    OLD_ENV,
    REFLOW_FUNCTIONS,
    STARTERS,
    USER,
    WASI,
    callable_exports,
    imports_of,
    mistyped_exports,
    offered,
)
from plugbay_conformance.extism.making import binary

if TYPE_CHECKING:
    from plugbay.module.info import Import
    from plugbay_conformance.case import Case, CaseContext


def _has_a_function(context: CaseContext) -> None:
    info = context.subject.info
    if not callable_exports(info):
        names = ", ".join(f"{export.name} {export.type}" for export in info.exports) or "nothing"
        fail(
            "the module exports no function that a host can call",
            expected="an export without parameters that returns an i32 or nothing",
            found=names[:500],
        )


def _results_can_be_read(context: CaseContext) -> None:
    for name, kind in mistyped_exports(context.subject.info):
        fail(
            f"the export {name} can be called and returns what no host reads as a code",
            expected="() -> (i32), or no result",
            found=str(kind),
        )


def _known_modules(context: CaseContext) -> None:
    for item in context.subject.info.imports:
        if item.module not in (ENV, USER, WASI, OLD_ENV):
            _unknown(item, f"imports from {ENV}, {USER} and {WASI} only")


def _nothing_from_env(context: CaseContext) -> None:
    for item in imports_of(context.subject.info, OLD_ENV):
        _unknown(item, f"{ENV}.{item.name}, or nothing: the module env was that of Extism 0.x")


def _kernel_functions(context: CaseContext) -> None:
    for item in imports_of(context.subject.info, ENV):
        _require_type(item, KERNEL.get(item.name))


def _wasi_functions(context: CaseContext) -> None:
    for item in imports_of(context.subject.info, WASI):
        _require_type(item, offered(item))


def _wasi_memory(context: CaseContext) -> None:
    info = context.subject.info
    memory = info.export("memory")
    if any(imports_of(info, WASI)) and (memory is None or not isinstance(memory.type, MemoryType)):
        fail(
            "the module imports WASI and does not export its memory",
            expected="an export memory, which is a memory",
            found="none" if memory is None else str(memory.type),
        )


def _reflow_functions(context: CaseContext) -> None:
    for item in imports_of(context.subject.info, USER):
        _require_type(item, REFLOW_FUNCTIONS.get(item.name))


def _core_2(context: CaseContext) -> None:
    found = outside_core_2(context.subject)
    if found is not None:
        fail("the module is not valid WebAssembly core 2.0", expected="core 2.0", found=found)


def _starters(context: CaseContext) -> None:
    for name, kind in STARTERS.items():
        export = context.subject.info.export(name)
        if export is not None and export.type != kind:
            fail(f"the export {name} has a type that no host can call", expected=str(kind), found=str(export.type))


def _unknown(item: Import, expected: str) -> None:
    fail(
        f"the module imports {item.module}.{item.name}, which no host of Extism 1.x has",
        expected=expected,
        found=f"{item.module}.{item.name} {item.type}",
    )


def _require_type(item: Import, known: FuncType | None) -> None:
    name = f"{item.module}.{item.name}"
    if known is None:
        fail(f"the module imports {name}, which there is not", expected="a function that hosts have", found=name)
    if item.type != known:
        fail(f"the module imports {name} with a wrong type", expected=str(known), found=str(item.type))


CASES: Final[tuple[Case, ...]] = (
    binary(1, "a_function_to_call", _has_a_function),
    binary(2, "results_are_codes", _results_can_be_read),
    binary(3, "modules_of_imports", _known_modules),
    binary(4, "nothing_from_env", _nothing_from_env),
    binary(5, "kernel_imports", _kernel_functions),
    binary(6, "wasi_imports", _wasi_functions),
    binary(7, "memory_for_wasi", _wasi_memory),
    binary(8, "reflow_imports", _reflow_functions),
    binary(9, "core_2", _core_2),
    binary(10, "start_up_types", _starters),
)

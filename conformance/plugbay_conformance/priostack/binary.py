"""PRI-001 to PRI-014: what the file declares."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugbay.module.info import FuncType, MemoryType
from plugbay_conformance.case import CaseSkipped, fail
from plugbay_conformance.core_2 import outside_core_2
from plugbay_conformance.engines.imports import offered_imports
from plugbay_conformance.priostack.convention import (
    ALIGNED_ALLOC,
    ALIGNED_FREE,
    ALLOC,
    FREE,
    FREE_OF_POINTER,
    FUNCTION_TYPES,
    RUNTIME,
    START,
    bindgen_part,
    byte_functions,
    function_shape,
    has_memory,
    packed_alloc,
    packed_free,
)
from plugbay_conformance.priostack.making import binary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugbay.module.info import ExternType, Import, ModuleInfo
    from plugbay_conformance.case import Case, CaseContext, Subject

_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.-]{0,127}")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_JOINT: Final = re.compile(r"(?<=[A-Za-z0-9])_+([A-Za-z0-9])")
_2_GIB: Final = 32_768
_SMALL: Final = 512
_UNPROCESSED: Final = ("__wbindgen_placeholder__", "__wbindgen_externref_xform__")


def forbidden_imports(subject: Subject) -> list[Import]:
    """The imports that no host of the profile has."""
    offered = offered_imports(subject)
    return [item for item in subject.info.imports if f"{item.module}.{item.name}" not in offered]


def mistyped_imports(subject: Subject) -> list[Import]:
    """The imports that the host has under another type."""
    offered = offered_imports(subject)
    names = ((item, f"{item.module}.{item.name}") for item in subject.info.imports)
    return [item for item, name in names if name in offered and item.type != offered[name]]


def show(type_: ExternType | None) -> str:
    """A type, for people."""
    if type_ is None:
        return "no export of that name"
    return str(type_) if isinstance(type_, FuncType) else f"a {type(type_).__name__.removesuffix('Type').lower()}"


def _found(info: ModuleInfo, *names: str) -> str:
    """What the exports of these names are."""
    types = {export.name: export.type for export in info.exports if export.name in names}
    return "; ".join(f"{name} is {show(types.get(name))}" for name in names)


def _memory(context: CaseContext) -> None:
    info = context.subject.info
    export = info.export("memory")
    if export is None or not has_memory(info):
        fail("the module does not export its memory", expected="an export memory", found=_found(info, "memory"))
    if isinstance(export.type, MemoryType) and (export.type.shared or export.type.memory64):
        fail("the memory is of another kind", expected="32 bits, not shared", found=export.type)


def _alloc(context: CaseContext) -> None:
    if packed_alloc(context.subject.info) is None:
        found = _found(context.subject.info, "alloc", "malloc")
        fail("the module exports no allocator", expected=f"alloc or malloc {ALLOC}", found=found)


def _free(context: CaseContext) -> None:
    if packed_free(context.subject.info) is None:
        found = _found(context.subject.info, "free", "dealloc")
        expected = f"free or dealloc {FREE} or {FREE_OF_POINTER}"
        fail("the module exports nothing that takes memory back", expected=expected, found=found)


def _bindgen(context: CaseContext) -> None:
    info = context.subject.info
    for name, wanted in (("__wbindgen_malloc", ALIGNED_ALLOC), ("__wbindgen_free", ALIGNED_FREE)):
        if bindgen_part(info, name) is None:
            fail(
                f"the module exports no {name}: has wasm-bindgen been run on it?",
                expected=f"{name} {wanted}, or __wbindgen_export… of that type",
                found=_found(info, name),
            )


def _runtime(context: CaseContext) -> None:
    info = context.subject.info
    for name, wanted in RUNTIME.items():
        if info.function(name) != wanted:
            fail(
                f"the module does not export {name}: build it with asc --exportRuntime",
                expected=f"{name} {wanted}",
                found=_found(info, name),
            )


def _functions(context: CaseContext) -> None:
    info, profile = context.subject.info, context.subject.profile
    if not byte_functions(info, profile):
        others = [f"{export.name} {export.type}" for export in info.exports if isinstance(export.type, FuncType)]
        fail(
            f"the module exports no function of bytes of the convention {profile}",
            expected=FUNCTION_TYPES[function_shape(info, profile)],
            found=", ".join(others[:12]) or "no function at all",
        )


def _names(context: CaseContext) -> None:
    for name in byte_functions(context.subject.info, context.subject.profile):
        if not _NAME.fullmatch(name):
            fail(
                "a function has a name that no handler can spell",
                expected="a letter, _ or $, then those, digits, . and -, at most 128 in all",
                found=repr(name[:200]),
            )


def spellings(name: str) -> set[str]:
    """A name, its snake_case and its camelCase: what a handler that is spelled so may mean."""
    bare = name.lstrip("_")
    joined = _JOINT.sub(lambda match: match[1].upper(), bare)
    camel = name[: len(name) - len(bare)] + joined[:1].lower() + joined[1:]
    return {name, _HUMP.sub("_", name).lower(), camel}


def _one_meaning(context: CaseContext) -> None:
    functions = byte_functions(context.subject.info, context.subject.profile)
    exported = set(functions)
    for name in functions:
        meant = sorted(spellings(name) & exported)
        if len(meant) > 1:
            fail(f"the name {name} may mean {' or '.join(meant)}", expected="one of them", found=", ".join(meant))


def _imports(context: CaseContext) -> None:
    for item in forbidden_imports(context.subject):
        fail(
            f"the module imports {item.module}.{item.name}, which no host has{_way_out(item)}",
            expected=", ".join(sorted(name for name in offered_imports(context.subject) if name.startswith("env.")))
            + " and WASI preview 1",
            found=f"{item.module}.{item.name} {show(item.type)}",
        )


def _way_out(item: Import) -> str:
    if item.module in _UNPROCESSED:
        return ": run wasm-bindgen on it"
    if item.module in ("gojs", "go"):
        return ": build it with GOOS=wasip1 -buildmode=c-shared"
    return ""


def _import_types(context: CaseContext) -> None:
    offered = offered_imports(context.subject)
    for item in mistyped_imports(context.subject):
        name = f"{item.module}.{item.name}"
        fail(f"the module imports {name} under another type", expected=offered[name], found=show(item.type))


def _minimum(context: CaseContext) -> int:
    memories = context.subject.info.memories
    if not memories:
        raise CaseSkipped("the module has no memory: see PRI-001")
    return memories[0].minimum


def _below_2_gib(context: CaseContext) -> None:
    minimum = _minimum(context)
    if minimum >= _2_GIB:
        fail("the memory starts at 2 GiB or more", expected=f"fewer than {_2_GIB} pages", found=f"{minimum} pages")


def _starts_small(context: CaseContext) -> None:
    minimum = _minimum(context)
    if minimum > _SMALL:
        fail(
            "the memory starts with more than most hosts allow: give the linker a smaller stack and heap",
            expected=f"at most {_SMALL} pages",
            found=f"{minimum} pages",
        )


def _core(context: CaseContext) -> None:
    found = outside_core_2(context.subject)
    if found is not None:
        fail("the module needs more than WebAssembly core 2.0", expected="core 2.0", found=found)


def _start_types(context: CaseContext) -> None:
    for name in wrong_starts(context.subject.info):
        found = _found(context.subject.info, name)
        fail(f"{name} is not what the host calls", expected=FuncType(), found=found)


def wrong_starts(info: ModuleInfo) -> Iterable[str]:
    """The exports that make an instance ready by their name, and can't by their type."""
    exports = (info.export(name) for name in START)
    return [export.name for export in exports if export is not None and export.type != FuncType()]


CASES: Final[tuple[Case, ...]] = (
    binary(1, "memory", _memory),
    binary(2, "alloc", _alloc),
    binary(3, "free", _free),
    binary(4, "malloc_and_free", _bindgen),
    binary(5, "runtime", _runtime),
    binary(6, "functions", _functions),
    binary(7, "names", _names),
    binary(8, "spellings", _one_meaning),
    binary(9, "imports", _imports),
    binary(10, "types_of_imports", _import_types),
    binary(11, "two_gibibytes", _below_2_gib),
    binary(12, "small", _starts_small),
    binary(13, "core_2", _core),
    binary(14, "start_functions", _start_types),
)

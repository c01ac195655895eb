"""FLX-001 to FLX-009 and FLX-011: what the file declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay.module.info import FuncType
from plugbay_conformance.case import fail
from plugbay_conformance.core_2 import outside_core_2
from plugbay_conformance.engines.imports import WASI, offered_imports
from plugbay_conformance.fluxrig.exports import (
    ALLOC_TYPE,
    ENTRYPOINT,
    ENTRYPOINT_TYPE,
    FREE,
    FREE_TYPE,
    INITIALIZE,
    MEMORY,
    allocator_name,
    show_type,
    wrong_function,
    wrong_memory,
)
from plugbay_conformance.fluxrig.making import binary

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_conformance.case import Case, CaseContext, Subject

CORE: Final = "core"
CORE_PAGES: Final = 16
_CORE_IMPORTS: Final = frozenset({"env.log"})


def forbidden_imports(subject: Subject) -> list[str]:
    """The imports that the profile does not know, by their names."""
    allowed = _CORE_IMPORTS if subject.profile == CORE else offered_imports(subject).keys()
    names = (f"{item.module}.{item.name}" for item in subject.info.imports)
    return [name for name in names if name not in allowed]


def mistyped_imports(subject: Subject) -> list[str]:
    """What is wrong with the types of the imports that the ABI knows, in words."""
    offered = offered_imports(subject)
    return [
        f"{item.module}.{item.name} is {show_type(item.type)}, it must be {offered[f'{item.module}.{item.name}']}"
        for item in subject.info.imports
        if item.type != offered.get(f"{item.module}.{item.name}", item.type)
    ]


def wrong_initialize(subject: Subject) -> str | None:
    """What is wrong with ``_initialize``, in words; None when it is right or not there."""
    if subject.info.export(INITIALIZE) is None:
        return None
    return wrong_function(subject.info, INITIALIZE, FuncType())


def _core_2(context: CaseContext) -> None:
    found = outside_core_2(context.subject)
    if found is not None:
        fail("the module is not WebAssembly core 2.0", expected="core 2.0 and nothing newer", found=found)


def _memory(context: CaseContext) -> None:
    _require(wrong_memory(context.subject.info), MEMORY, "a memory")


def _function(name: Callable[[CaseContext], str], kind: FuncType) -> Callable[[CaseContext], None]:
    def check(context: CaseContext) -> None:
        wanted = name(context)
        _require(wrong_function(context.subject.info, wanted, kind), wanted, str(kind))

    return check


def _require(found: str | None, name: str, expected: str) -> None:
    if found is not None:
        fail(f"the module does not export {name} as it must", expected=f"{name}: {expected}", found=found)


def _imports(context: CaseContext) -> None:
    found = forbidden_imports(context.subject)
    if not found:
        return
    core = context.subject.profile == CORE
    fail(
        f"the module imports {found[0]}, which no host of the {context.subject.profile} profile has",
        expected="no import, or env.log" if core else f"functions of env that the ABI names, and {WASI}",
        found=", ".join(found),
    )


def _import_types(context: CaseContext) -> None:
    found = mistyped_imports(context.subject)
    if found:
        fail("an import has a wrong type", expected="the types of the ABI", found="; ".join(found))


def _first_pages(context: CaseContext) -> None:
    pages = sum(memory.minimum for memory in context.subject.info.memories)
    if pages > CORE_PAGES:
        fail(
            f"the memory starts with {pages} pages: is the stack the linker's usual 1 MiB?",
            expected=f"at most {CORE_PAGES} pages",
            found=f"{pages} pages",
        )


def _initialize(context: CaseContext) -> None:
    found = wrong_initialize(context.subject)
    if found is not None:
        fail("_initialize has a wrong type", expected=f"_initialize{FuncType()}", found=found)


CASES: Final[tuple[Case, ...]] = (
    binary(1, "valid", _core_2),
    binary(2, "memory", _memory),
    binary(3, "alloc", _function(lambda context: allocator_name(context.subject.info), ALLOC_TYPE)),
    binary(4, "free", _function(lambda _: FREE, FREE_TYPE)),
    binary(5, "process", _function(lambda _: ENTRYPOINT, ENTRYPOINT_TYPE)),
    binary(6, "imports", _imports),
    binary(7, "imports", _imports),
    binary(8, "types", _import_types),
    binary(9, "first_pages", _first_pages),
    binary(11, "initialize", _initialize),
)

"""Proposals that a module's declarations show in use: a hint for people, the engine's validation decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.module.info import GlobalType

if TYPE_CHECKING:
    from plugbay.module.declarations import Declarations


def features_of(declared: Declarations) -> frozenset[str]:
    """Names of proposals, as engines and toolchains spell them."""
    signs = {
        "multi-memory": len(declared.memories) > 1,
        "memory64": any(m.memory64 for m in declared.memories) or any(t.table64 for t in declared.tables),
        "threads": any(memory.shared for memory in declared.memories),
        "exception-handling": bool(declared.tags),
        "multi-value": any(len(function.results) > 1 for function in declared.types),
        "mutable-globals": _mutable_globals(declared),
        "reference-types": _reference_types(declared),
        "bulk-memory": declared.data_count is not None,
        "simd": _values_include(declared, "v128"),
        "extended-const": declared.extended_const,
    }
    return frozenset(name for name, shown in signs.items() if shown)


def _mutable_globals(declared: Declarations) -> bool:
    shared = [item.type for item in declared.imports] + [item.type for item in declared.exports]
    return any(isinstance(extern, GlobalType) and extern.mutable for extern in shared)


def _reference_types(declared: Declarations) -> bool:
    return (
        len(declared.tables) > 1
        or any(table.element == "externref" for table in declared.tables)
        or _values_include(declared, "externref")
        or _values_include(declared, "funcref")
    )


def _values_include(declared: Declarations, value: str) -> bool:
    return any(value in function.params or value in function.results for function in declared.types) or any(
        item.value == value for item in declared.globals
    )

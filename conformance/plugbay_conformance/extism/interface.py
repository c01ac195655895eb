"""What a plugin may import and what a host may call, by the types in its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay.module.info import FuncType, MemoryType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugbay.module.info import Import, ModuleInfo, ValType

ENV: Final = "extism:host/env"
USER: Final = "extism:host/user"
WASI: Final = "wasi_snapshot_preview1"
OLD_ENV: Final = "env"
COMMAND: Final = "_start"
STARTERS: Final[Mapping[str, FuncType]] = {
    "_initialize": FuncType(),
    "__wasm_call_ctors": FuncType(),
    "hs_init": FuncType(("i32", "i32")),
}
"""What a host runs to make an instance ready."""
ACTOR_FUNCTIONS: Final = ("get_metadata", "get_version", "validate_config", "process")

_I64: Final[tuple[ValType, ...]] = ("i64",)
_I32: Final[tuple[ValType, ...]] = ("i32",)
_RESULTS: Final[tuple[tuple[ValType, ...], ...]] = ((), _I32)
REFLOW_FUNCTIONS: Final[Mapping[str, FuncType]] = {
    "__get_state": FuncType(_I64, _I64),
    "__set_state": FuncType(("i64", "i64")),
    "__send_output": FuncType(_I64),
}
KERNEL: Final[Mapping[str, FuncType]] = {
    **dict.fromkeys(("alloc", "length", "length_unsafe", "load_u64", "input_load_u64"), FuncType(_I64, _I64)),
    **dict.fromkeys(("config_get", "var_get"), FuncType(_I64, _I64)),
    **dict.fromkeys(("load_u8", "input_load_u8"), FuncType(_I64, _I32)),
    **dict.fromkeys(("free", "error_set"), FuncType(_I64)),
    **dict.fromkeys(("log_trace", "log_debug", "log_info", "log_warn", "log_error"), FuncType(_I64)),
    **dict.fromkeys(("store_u64", "output_set", "input_set", "var_set"), FuncType(("i64", "i64"))),
    **dict.fromkeys(("input_length", "input_offset", "output_offset", "output_length"), FuncType((), _I64)),
    **dict.fromkeys(("error_get", "memory_bytes", "http_headers"), FuncType((), _I64)),
    **dict.fromkeys(("get_log_level", "http_status_code"), FuncType((), _I32)),
    "store_u8": FuncType(("i64", "i32")),
    "http_request": FuncType(("i64", "i64"), _I64),
    "reset": FuncType(),
}
"""The functions of ``extism:host/env`` (ABI sheet, "Kernel functions" and "Host functions")."""


def callable_exports(info: ModuleInfo) -> tuple[str, ...]:
    """The exports that a host may call, in the module's order."""
    return tuple(
        export.name
        for export in info.exports
        if isinstance(export.type, FuncType)
        and not export.type.params
        and export.type.results in _RESULTS
        and export.name not in STARTERS
    )


def mistyped_exports(info: ModuleInfo) -> Iterator[tuple[str, FuncType]]:
    """Exports that a host may call for want of parameters, though their result is none that it can read."""
    for export in info.exports:
        kind = export.type
        if isinstance(kind, FuncType) and not kind.params and kind.results not in _RESULTS:
            yield export.name, kind


def own_functions(info: ModuleInfo, profile: str) -> tuple[str, ...]:
    """The functions that a plugin's author wrote: those of an actor, else what is exported beside a toolchain's own.

    At most 24: a module with hundreds is judged by some of them.
    """
    exports = callable_exports(info)
    if profile == "actor":
        return tuple(name for name in ACTOR_FUNCTIONS if name in exports)
    return tuple(name for name in exports if not name.startswith(("_", "asyncify_")))[:24]


def imports_of(info: ModuleInfo, *modules: str) -> Iterator[Import]:
    """What is imported from these modules."""
    return (item for item in info.imports if item.module in modules)


def foreign_functions(info: ModuleInfo) -> tuple[str, ...]:
    """Functions of ``extism:host/user`` that are not Reflow's: only the plugin's own host has them."""
    return tuple(item.name for item in imports_of(info, USER) if item.name not in REFLOW_FUNCTIONS)


def hosting_problem(info: ModuleInfo) -> str | None:
    """Why no host can make an instance, by what is imported and exported, one sentence; None when one can."""
    if not callable_exports(info):
        return "it exports no function that a host can call"
    memory = info.export("memory")
    if any(imports_of(info, WASI)) and (memory is None or not isinstance(memory.type, MemoryType)):
        return "it imports WASI and does not export its memory"
    for item in info.imports:
        known = offered(item)
        if known is None:
            return f"it imports {item.module}.{item.name}, which no host has"
        if item.type != known and item.module != USER:
            return f"it imports {item.module}.{item.name} as {item.type}, the host's is {known}"
    return None


def offered(item: Import) -> FuncType | None:
    """The type that a host gives an import; any type for functions that only the plugin's own host has."""
    if item.module == WASI:
        from plugbay.engines.wasmtime.wasi import wasi_driver  # here: the command line does without wasmtime

        return wasi_driver().provides.get(f"{WASI}.{item.name}")
    if item.module == USER:
        return REFLOW_FUNCTIONS.get(item.name, item.type if isinstance(item.type, FuncType) else None)
    return KERNEL.get(item.name) if item.module == ENV else None

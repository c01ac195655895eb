"""Recognises Extism plugins and says what keeps one from being hosted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay.contracts import Certainty, Claim, Decline
from plugbay.engines.wasmtime.functions import CALLABLE_RESULTS
from plugbay.engines.wasmtime.wasi import WASI
from plugbay.errors import ForbiddenImport, MissingExport, ModuleError, WrongSignature
from plugbay.functions.kinds import USER_NAMESPACE
from plugbay.module.info import FuncType, MemoryType, ModuleInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugbay.module.info import ExternType

ABI: Final = "extism"
ENV: Final = "extism:host/env"
PLAIN: Final = "plugin"
COMMAND: Final = "_start"
_STARTERS: Final = ("hs_init", "__wasm_call_ctors", "_initialize")
_HS_INIT: Final = FuncType(("i32", "i32"))


def callable_functions(info: ModuleInfo) -> tuple[str, ...]:
    """The exports that a host may call, in the module's order, ``_start`` last: no parameters, at most one result."""
    names = [
        export.name
        for export in info.exports
        if isinstance(export.type, FuncType)
        and not export.type.params
        and export.type.results in CALLABLE_RESULTS
        and export.name not in _STARTERS
    ]
    return tuple(sorted(names, key=lambda name: name == COMMAND))


def start_functions(info: ModuleInfo) -> tuple[str, ...]:
    """The exports that make an instance ready, in order (ABI sheet, "Start-up")."""

    def has(name: str, type_: FuncType) -> bool:
        return info.function(name) == type_

    if info.function("hs_init") is not None:
        reactor = ("_initialize",) if has("_initialize", FuncType()) else ()
        return (*reactor, "hs_init")
    first = "__wasm_call_ctors" if info.function("__wasm_call_ctors") is not None else "_initialize"
    return (first,) if has(first, FuncType()) else ()


def claim_module(
    info: ModuleInfo, provided: Mapping[str, FuncType], linked: Iterable[tuple[str, ModuleInfo]]
) -> Claim | Decline:
    """The claim on a module: exact by imports of Extism's kernel, possible by an export that a host may call.

    ``provided`` are the imports that the host serves, ``linked`` the modules before it, in order.
    """
    kernel = sorted(item.name for item in info.imports if item.module == ENV)
    functions = callable_functions(info)
    if not kernel and not functions:
        return Decline(ABI, (f"no import from {ENV}", "no export without parameters"))
    evidence = (
        *(f"imports {ENV}.{name}" for name in kernel[:3]),
        *((f"imports {len(kernel) - 3} more functions of {ENV}",) if len(kernel) > 3 else ()),
        *(f"exports {name}{info.function(name)}" for name in functions[:3]),
        *((f"exports {len(functions) - 3} more functions that can be called",) if len(functions) > 3 else ()),
    )
    findings: list[ModuleError] = []
    before: dict[str, dict[str, ExternType]] = {}
    for name, module in linked:
        findings += _import_findings(module, provided, before, whose=f"its linked module {name} ")
        before[name] = {export.name: export.type for export in module.exports}
    findings += [*_import_findings(info, provided, before), *_export_findings(info, functions)]
    return Claim(ABI, Certainty.EXACT if kernel else Certainty.POSSIBLE, evidence, tuple(findings), PLAIN)


def _export_findings(info: ModuleInfo, functions: tuple[str, ...]) -> list[ModuleError]:
    findings: list[ModuleError] = []
    if not functions:
        findings.append(
            MissingExport(
                "exports no function that a host can call",
                expected="a function without parameters and with an i32 result, or none",
                hint="an Extism plugin's functions take their input from the kernel",
            )
        )
    hs_init = info.function("hs_init")
    if hs_init not in (None, _HS_INIT):
        findings.append(_mistyped("export hs_init", _HS_INIT, hs_init, name="hs_init"))
    return findings


def _import_findings(
    info: ModuleInfo,
    provided: Mapping[str, FuncType],
    linked: Mapping[str, Mapping[str, ExternType]],
    *,
    whose: str = "",
) -> list[ModuleError]:
    findings: list[ModuleError] = []
    for item in info.imports:
        name = f"{item.module}.{item.name}"
        expected: ExternType | None = provided.get(name)
        if expected is None and item.module in linked:
            expected = linked[item.module].get(item.name)
            if expected is not None and not isinstance(expected, FuncType):
                continue  # limits of memories and tables are compared by the engine, when it links them
        if expected is None:
            findings.append(_unserved(item.module, name, item.type, provided, whose))
        elif item.type != expected:
            findings.append(_mistyped(f"{whose}import {name}", expected, item.type, name=name))
    if any(item.module == WASI for item in info.imports):
        memory = info.export("memory")
        if memory is None or not isinstance(memory.type, MemoryType):
            findings.append(
                MissingExport(
                    f"{whose}imports WASI and does not export its memory", function="memory", expected="a memory"
                )
            )
    return findings


def _unserved(module: str, name: str, found: object, provided: Mapping[str, FuncType], whose: str) -> ForbiddenImport:
    users = sorted(known for known in provided if not known.startswith((ENV, WASI)))
    offer = "offer it with Host(functions=[…]); plugbay inspect tells what other ABIs miss"
    hints = {
        ENV: "its PDK is newer than this kernel, or of another kind than Extism 1.x",
        WASI: "WASI preview 1 has no such function",
        USER_NAMESPACE: f"offered are: {', '.join(users)}" if users else offer,
    }
    return ForbiddenImport(
        f"{whose}imports {name}, which nothing here provides",
        function=name,
        found=str(found),
        hint=hints.get(module, "link a module of that name by a manifest, or offer a function with that namespace"),
    )


def _mistyped(what: str, expected: object, found: object, *, name: str) -> WrongSignature:
    return WrongSignature(
        f"{what} is {found}, the host's is {expected}", function=name, expected=str(expected), found=str(found)
    )

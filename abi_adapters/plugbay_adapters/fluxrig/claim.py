"""Recognises fluxrig gears and says what keeps one from being hosted."""

from __future__ import annotations

from plugbay.contracts import Certainty, Claim, Decline
from plugbay.errors import ForbiddenImport, MissingExport, ModuleError, WrongSignature
from plugbay.module.info import FuncType, MemoryType, ModuleInfo

ABI = "fluxrig"
CORE = "core"
EXTENDED = "extended"
CORE_IMPORTS = frozenset({"env.log"})

_ALLOC = FuncType(("i32",), ("i32",))
_FREE = FuncType(("i32", "i32"))
_ENTRYPOINT = FuncType(("i32", "i32"), ("i64",))


def claim_module(info: ModuleInfo, entrypoint: str, provided: dict[str, FuncType]) -> Claim | Decline:
    """The claim on a module, by the exports of the ABI sheet ("The guest ABI").

    Exact when alloc (or malloc), free and the entrypoint all have their types; possible when the entrypoint or both of
    the others are there; else declined. ``provided`` are the imports that the host can serve.
    """
    wanted = {allocator_name(info): _ALLOC, "free": _FREE, entrypoint: _ENTRYPOINT}
    fits = [f"exports {name}{wanted[name]}" for name in wanted if info.function(name) == wanted[name]]
    present = [name for name in wanted if info.export(name) is not None]
    if entrypoint not in present and len(present) < 2:
        missing = tuple(f"no export {name}{type_}" for name, type_ in wanted.items() if name not in present)
        return Decline(ABI, missing)
    if info.function(entrypoint) not in (None, _ENTRYPOINT) and len(present) == 1:
        return Decline(ABI, (f"{entrypoint} is {info.function(entrypoint)}, not {_ENTRYPOINT}", "no alloc, no free"))
    findings = (*_export_findings(info, wanted), *_import_findings(info, provided))
    names = {f"{item.module}.{item.name}" for item in info.imports}
    evidence = (*fits, *(f"imports {name}" for name in sorted(names & provided.keys())))
    return Claim(
        ABI,
        Certainty.EXACT if len(fits) == len(wanted) else Certainty.POSSIBLE,
        evidence or (f"exports {', '.join(present)}",),
        findings,
        CORE if names <= CORE_IMPORTS and info.export("_initialize") is None else EXTENDED,
    )


def allocator_name(info: ModuleInfo) -> str:
    """``alloc``, or ``malloc`` where only that is exported."""
    return "malloc" if info.export("alloc") is None and info.export("malloc") is not None else "alloc"


def _export_findings(info: ModuleInfo, wanted: dict[str, FuncType]) -> list[ModuleError]:
    findings: list[ModuleError] = []
    for name, expected in wanted.items():
        export = info.export(name)
        if export is None:
            findings.append(
                MissingExport(
                    f"the gear does not export {name}{expected}",
                    function=name,
                    expected=str(expected),
                    hint="a gear exports memory, alloc (or malloc), free and its entrypoint",
                )
            )
        elif export.type != expected:
            findings.append(_mistyped(name, str(expected), export.type))
    memory = info.export("memory")
    if memory is None:
        findings.append(MissingExport("the gear does not export its memory", function="memory", expected="a memory"))
    elif not isinstance(memory.type, MemoryType):
        findings.append(_mistyped("memory", "a memory", memory.type))
    initialize = info.export("_initialize")
    if initialize is not None and initialize.type != FuncType():
        findings.append(_mistyped("_initialize", str(FuncType()), initialize.type))
    return findings


def _import_findings(info: ModuleInfo, provided: dict[str, FuncType]) -> list[ModuleError]:
    findings: list[ModuleError] = []
    for item in info.imports:
        name = f"{item.module}.{item.name}"
        expected = provided.get(name)
        if expected is None:
            findings.append(
                ForbiddenImport(
                    f"the gear imports {name}, which fluxrig does not provide",
                    function=name,
                    found=str(item.type),
                    hint=f"gears may import {', '.join(sorted(n for n in provided if n.startswith('env.')))} "
                    "and WASI preview 1",
                )
            )
        elif item.type != expected:
            findings.append(_mistyped(name, str(expected), item.type))
    return findings


def _mistyped(name: str, expected: str, found: object) -> WrongSignature:
    return WrongSignature(
        f"{name} is {found}, fluxrig wants {expected}", function=name, expected=expected, found=str(found)
    )

"""Recognises modules of byte functions and says what keeps one from being hosted."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from plugbay.contracts import Certainty, Claim, Decline
from plugbay.errors import ForbiddenImport
from plugbay.module.info import FuncType
from plugbay_adapters.priostack.convention import PACKED_FUNCTION, SIZED_FREE, Convention, read_convention
from plugbay_adapters.priostack.findings import find_problems

if TYPE_CHECKING:
    from plugbay.module.info import ModuleInfo
    from plugbay_adapters.priostack.config import ByteConfig
    from plugbay_adapters.priostack.convention import Reading

ABI: Final = "priostack"
_EXTISM: Final = "extism:host/env"
_UNPROCESSED: Final = ("__wbindgen_placeholder__", "__wbindgen_externref_xform__")
_FLUXRIG_ONLY: Final = ("env.emit", "env.reject", "env.flux_")
_ENTRYPOINT: Final = "process"
_MOST_NAMED: Final = 3


def claim_module(info: ModuleInfo, config: ByteConfig) -> Claim | Decline:
    """The claim on a module: exact by what a toolchain leaves in it, with findings for what can't be hosted.

    A fluxrig gear is a module of one packed function too: the claim is possible then, and fluxrig's exact one counts.
    """
    if any(item.module == _EXTISM for item in info.imports):
        return Decline(ABI, (f"imports {_EXTISM}: an Extism plugin",))
    unfinished = _unprocessed(info) or _of_javascript(info)
    if unfinished is not None:
        return unfinished
    theirs = sorted(name for name in _imported(info) if name.startswith(_FLUXRIG_ONLY))
    if theirs:
        return Decline(ABI, (f"imports {theirs[0]}, which only fluxrig gears do",))
    reading = find_reading(info, config)
    if reading is None or not (reading.functions or config.convention):
        return Decline(ABI, _missing(info))
    return Claim(
        ABI,
        Certainty.POSSIBLE if _is_gear(reading) else Certainty.EXACT,
        _evidence(reading),
        tuple(find_problems(info, reading, config)),
        reading.convention,
    )


def find_reading(info: ModuleInfo, config: ByteConfig) -> Reading | None:
    """The module as one of the convention that was named, else of the first whose marks it bears; None for none.

    Marks can mislead (``__wbindgen_start`` says little of a module's other exports), so one with functions comes first.
    """
    if config.convention is not None:
        return read_convention(info, config.convention)
    order = (Convention.WASM_BINDGEN, Convention.ASSEMBLYSCRIPT, Convention.PACKED)
    marked = [reading for reading in (read_convention(info, convention) for convention in order) if reading.marked]
    return next((reading for reading in marked if reading.functions), marked[0] if marked else None)


def _is_gear(reading: Reading) -> bool:
    """Whether fluxrig's adapter claims it for sure: that ABI knows no other name and no other type of ``free``."""
    wanted = {"free": SIZED_FREE, _ENTRYPOINT: PACKED_FUNCTION}
    known = {part.name: part.found for part in reading.parts} | dict.fromkeys(reading.functions, reading.function_type)
    return all(known.get(name) == type_ for name, type_ in wanted.items())


def _evidence(reading: Reading) -> tuple[str, ...]:
    functions, parts = reading.functions, [part for part in reading.parts if part.fits]
    return (
        *(f"exports {part.name}{part.wanted}" for part in parts),
        *(f"exports {name}{reading.function_type}" for name in functions[:_MOST_NAMED]),
        *_more(len(functions), "more functions of that type"),
        *(
            f"exports {name}{type_}, which is no {reading.convention} function"
            for name, type_ in islice(reading.others.items(), _MOST_NAMED)
        ),
        *_more(len(reading.others), "more functions of other types"),
    )


def _more(count: int, what: str) -> tuple[str, ...]:
    return (f"exports {count - _MOST_NAMED} {what}",) if count > _MOST_NAMED else ()


def _missing(info: ModuleInfo) -> tuple[str, ...]:
    """Why a module is none of ours, for whoever thought that it was."""
    readings = [read_convention(info, convention) for convention in Convention]
    marked = [reading for reading in readings if reading.marked]
    if marked:
        reading = marked[0]
        others = (f"{name} is {type_}" for name, type_ in islice(reading.others.items(), _MOST_NAMED))
        return (f"no export of the type {reading.function_type} ({reading.convention})", *others)
    return tuple(_lacks(reading) for reading in readings)


def _lacks(reading: Reading) -> str:
    parts = [f"no {part.name}{part.wanted}" for part in reading.parts if not part.fits]
    way_out = " (asc --exportRuntime exports them)" if reading.convention is Convention.ASSEMBLYSCRIPT and parts else ""
    return f"{reading.convention}: {', '.join(parts or ['no function'])}{way_out}"


def _unprocessed(info: ModuleInfo) -> Claim | None:
    """The claim on a module that wasm-bindgen has still to work on."""
    name = next((item.name for item in info.imports if item.module in _UNPROCESSED), None)
    if name is None:
        return None
    finding = ForbiddenImport(
        "is as the compiler left it: wasm-bindgen has not been run on it",
        function=f"{_UNPROCESSED[0]}.{name}",
        found=_UNPROCESSED[0],
        hint="run wasm-bindgen --target web --out-dir OUT MODULE.wasm (or wasm-pack build) and take OUT/…_bg.wasm",
    )
    evidence = (f"imports {_UNPROCESSED[0]}",)
    return Claim(ABI, Certainty.EXACT, evidence, (finding,), Convention.WASM_BINDGEN)


def _of_javascript(info: ModuleInfo) -> Claim | None:
    """The claim on a Go module that was built to run beside JavaScript."""
    names = (f"{item.module}.{item.name}" for item in info.imports)
    name = next((name for name in names if name.startswith(("gojs.", "go.runtime.", "go.syscall/js."))), None)
    if name is None:
        return None
    finding = ForbiddenImport(
        f"imports {name}: it was built for GOOS=js, which needs JavaScript beside it",
        function=name,
        found=name.partition(".")[0],
        hint="build it with GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared, and //go:wasmexport its functions",
    )
    return Claim(ABI, Certainty.EXACT, (f"imports {name}",), (finding,))


def _imported(info: ModuleInfo) -> set[str]:
    return {f"{item.module}.{item.name}" for item in info.imports if isinstance(item.type, FuncType)}

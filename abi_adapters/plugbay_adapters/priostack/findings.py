"""What keeps a module of byte functions from being hosted, each as the error that loading it raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay.engines.wasmtime.wasi import WASI
from plugbay.errors import ConfigInvalid, ForbiddenImport, MissingExport, ModuleError, TooLarge, WrongSignature
from plugbay.limits import PAGE_BYTES
from plugbay.module.info import FuncType, MemoryType
from plugbay_adapters.priostack.convention import START_NAMES, Convention
from plugbay_adapters.priostack.drivers import drivers_for, is_glue
from plugbay_adapters.priostack.names import resolve_export

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugbay.module.info import Import, ModuleInfo
    from plugbay_adapters.priostack.config import ByteConfig
    from plugbay_adapters.priostack.convention import Reading

PACKED_PAGES: Final = 32_767
"""Bit 63 of a packed result is no part of the pointer: all of a memory must lie below 2 GiB."""


def find_problems(info: ModuleInfo, reading: Reading, config: ByteConfig) -> Iterator[ModuleError]:
    """All that is wrong with a module, read as one of a convention. Raises :class:`ConfigInvalid` for two spellings."""
    yield from _part_problems(reading)
    yield from _function_problems(reading, config)
    yield from _memory_problems(info, reading)
    for name in START_NAMES:
        export = info.export(name)
        if export is not None and export.type != FuncType():
            yield _mistyped(name, str(FuncType()), export.type)
    yield from _import_problems(info, reading)


def find_function(name: str, reading: Reading, *, plugin: str | None = None) -> str:
    """The export that a name means: the one that is spelled just so, else its other spelling.

    Raises :class:`MissingExport`, :class:`WrongSignature` for an export of another type, and :class:`ConfigInvalid`
    for a name of which both other spellings are exported.
    """
    if name in reading.functions:
        return name
    try:
        return resolve_export(name, reading.functions, plugin=plugin)
    except MissingExport as missing:
        try:
            other = resolve_export(name, reading.others)
        except (MissingExport, ConfigInvalid):
            raise missing from None
        raise _no_function(other, reading, plugin) from None


def _no_function(name: str, reading: Reading, plugin: str | None) -> WrongSignature:
    return WrongSignature(
        f"{name} is {reading.others[name]}, a {reading.convention} function is {reading.function_type}",
        plugin=plugin,
        function=name,
        expected=str(reading.function_type),
        found=str(reading.others[name]),
        hint=_SHAPES[reading.convention],
    )


_SHAPES: Final = {
    Convention.PACKED: "it takes pointer and length of its input and returns pointer << 32 | length of its output",
    Convention.WASM_BINDGEN: "in Rust it is pub fn name(input: &[u8]) -> Vec<u8>",
    Convention.ASSEMBLYSCRIPT: "it is export function name(input: ArrayBuffer): ArrayBuffer",
}


def _part_problems(reading: Reading) -> Iterator[ModuleError]:
    for part in reading.parts:
        if part.found is None:
            yield MissingExport(
                f"does not export {part.name}{part.wanted}, which the convention {reading.convention} needs",
                function=part.name,
                expected=str(part.wanted),
                hint="build it with asc --exportRuntime" if reading.convention is Convention.ASSEMBLYSCRIPT else None,
            )
        elif not part.fits:
            yield _mistyped(part.name, str(part.wanted), part.found)


def _function_problems(reading: Reading, config: ByteConfig) -> Iterator[ModuleError]:
    if not reading.functions:
        other = next(iter(reading.others), None)
        if other is not None:
            yield _no_function(other, reading, None)
        else:
            yield MissingExport(
                f"exports no {reading.convention} function",
                expected=str(reading.function_type),
                hint=_SHAPES[reading.convention],
            )
    elif config.function is not None:
        try:
            find_function(config.function, reading)
        except ModuleError as error:
            yield error


def _memory_problems(info: ModuleInfo, reading: Reading) -> Iterator[ModuleError]:
    memory = info.export("memory")
    if memory is None:
        yield MissingExport("does not export its memory", function="memory", expected="a memory")
    elif not isinstance(memory.type, MemoryType):
        yield _mistyped("memory", "a memory", memory.type)
    elif reading.convention is Convention.PACKED and memory.type.minimum > PACKED_PAGES:
        yield TooLarge(
            f"has a memory of {memory.type.minimum * PAGE_BYTES // 1024**2} MiB, and a packed pointer has 31 bits",
            function="memory",
            expected=PACKED_PAGES,
            found=memory.type.minimum,
            hint="build it with less than 2 GiB of memory at the start",
        )


def _import_problems(info: ModuleInfo, reading: Reading) -> Iterator[ModuleError]:
    provided: dict[str, FuncType] = {}
    for driver in drivers_for(reading, info):
        provided |= driver.provides
    for item in info.imports:
        expected = provided.get(f"{item.module}.{item.name}")
        if expected is None:
            yield _unserved(item, provided)
        elif item.type != expected:
            yield _mistyped(f"{item.module}.{item.name}", str(expected), item.type)


def _unserved(item: Import, provided: dict[str, FuncType]) -> ForbiddenImport:
    name = f"{item.module}.{item.name}"
    if is_glue(item.module):
        hint = "that is JavaScript, which is not here: keep to types of bytes, and to env.now and env.random"
    elif item.module == WASI:
        hint = "WASI preview 1 has no such function"
    else:
        offered = sorted(known for known in provided if known.startswith("env."))
        hint = f"there are {', '.join(offered)} and WASI preview 1"
    return ForbiddenImport(
        f"imports {name}, which nothing here provides", function=name, found=str(item.type), hint=hint
    )


def _mistyped(name: str, expected: str, found: object) -> WrongSignature:
    return WrongSignature(
        f"{name} is {found}, the host wants {expected}", function=name, expected=expected, found=str(found)
    )

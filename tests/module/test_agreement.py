"""plugbay's view of a module is wasmtime's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import wasmtime
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugbay.errors import ModuleError
from plugbay.module.binary import read_module
from plugbay.module.info import FuncType, GlobalType, MemoryType, TableType

if TYPE_CHECKING:
    from types import ModuleType

# Without v128: asking wasmtime's C API for a type that has one aborts the process.
NUMBERS = st.sampled_from(["i32", "i64", "f32", "f64"])
VALUES = NUMBERS | st.sampled_from(["funcref", "externref"])
ZERO = {
    **{name: f"({name}.const 0)" for name in ("i32", "i64", "f32", "f64")},
    "funcref": "(ref.null func)",
    "externref": "(ref.null extern)",
}
MOST_ELEMENTS = 2**32 - 2  # wasmtime's C API gives one more as "no maximum"
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def quoted(name: str) -> str:
    return '"' + "".join(f"\\{byte:02x}" for byte in name.encode()) + '"'


@st.composite
def signatures(draw: st.DrawFn) -> str:
    params, results = draw(st.lists(VALUES, max_size=5)), draw(st.lists(VALUES, max_size=3))
    return f"(param {' '.join(params)}) (result {' '.join(results)})"


@st.composite
def limits(draw: st.DrawFn, most: int) -> str:
    minimum = draw(st.integers(0, most))
    maximum = draw(st.none() | st.integers(minimum, most))
    return f"{minimum}" if maximum is None else f"{minimum} {maximum}"


@st.composite
def global_types(draw: st.DrawFn) -> tuple[str, str]:
    value = draw(VALUES)
    return (f"(mut {value})" if draw(st.booleans()) else value), ZERO[value]


@st.composite
def declarations(draw: st.DrawFn) -> tuple[str, str, str]:
    """The kind of an entry, its type in the text format, and what a definition has beyond that."""
    kind = draw(st.sampled_from(["func", "memory", "table", "global"]))
    if kind == "func":
        return kind, draw(signatures()), "unreachable"
    if kind == "memory":
        return kind, draw(limits(65536)), ""
    if kind == "table":
        return kind, f"{draw(limits(MOST_ELEMENTS))} {draw(st.sampled_from(['funcref', 'externref']))}", ""
    declared, initial = draw(global_types())
    return kind, declared, initial


@st.composite
def modules(draw: st.DrawFn) -> str:
    """A valid module, in text."""
    parts = [
        f"(import {quoted(draw(NAMES))} {quoted(draw(NAMES))} ({kind} {declared}))"
        for kind, declared, _ in draw(st.lists(declarations(), max_size=5))
    ]
    names = draw(st.lists(NAMES, max_size=8, unique=True))
    for kind, declared, rest in draw(st.lists(declarations(), max_size=6)):
        exports = "".join(f"(export {quoted(names.pop())})" for _ in range(draw(st.integers(0, min(2, len(names))))))
        parts.append(f"({kind} {exports} {declared} {rest})")
    parts += draw(
        st.lists(st.sampled_from(['(@custom "c" "x")', "(func $s) (start $s)", '(data "later")']), unique=True)
    )
    return f"(module {' '.join(parts)})"


def view(extern: Any) -> object:
    """wasmtime's type as ours."""
    if isinstance(extern, wasmtime.FuncType):
        return FuncType(tuple(map(value, extern.params)), tuple(map(value, extern.results)))
    if isinstance(extern, wasmtime.MemoryType):
        return MemoryType(extern.limits.min, extern.limits.max, extern.is_shared, extern.is_64)
    if isinstance(extern, wasmtime.TableType):
        return TableType(value(extern.element), extern.limits.min, extern.limits.max)
    assert isinstance(extern, wasmtime.GlobalType)
    return GlobalType(value(extern.content), extern.mutable)


def value(value_type: wasmtime.ValType) -> Any:
    return str(value_type).replace("anyref", "externref")


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(modules())
def test_imports_and_exports_are_those_that_wasmtime_sees(engine: wasmtime.Engine, text: str) -> None:
    data = bytes(wasmtime.wat2wasm(text))
    module = wasmtime.Module(engine, data)
    info = read_module(data, "digest")
    assert [(i.module, i.name, i.type) for i in info.imports] == [
        (i.module, i.name, view(i.type)) for i in module.imports
    ]
    assert [(e.name, e.type) for e in info.exports] == [(e.name, view(e.type)) for e in module.exports]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_any_one_byte_may_change_without_a_foreign_error(fuzzer: ModuleType, data: st.DataObject) -> None:
    original = data.draw(st.sampled_from(fuzzer.corpus()), label="module")
    place = data.draw(st.integers(0, len(original) - 1), label="place")
    changed = original[:place] + bytes((data.draw(st.integers(0, 255), label="byte"),)) + original[place + 1 :]
    assert fuzzer.fault(changed, fuzzer.engine()) is None


def test_every_truncation_is_a_module_error_or_ends_between_two_sections(fuzzer: ModuleType) -> None:
    for original in fuzzer.corpus():
        whole = 0
        for length in range(len(original)):
            try:
                read_module(original[:length], "digest")
            except ModuleError:
                continue
            whole += 1
        assert whole <= 13

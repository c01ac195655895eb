"""The changes made to a guest before it is compiled."""

from __future__ import annotations

import pytest
from wasmtime import Engine, Func, Instance, Memory, Module, Store, wat2wasm

from plugbay.errors import InvalidBinary, TooLarge
from plugbay.module.binary import read_module
from plugbay.module.info import Export, FuncType, MemoryType, ModuleInfo
from plugbay.module.rewrite import START_EXPORT, prepare_guest
from plugbay.module.sections import SectionId, sections


def compiled(text: str) -> tuple[bytes, ModuleInfo]:
    data = bytes(wat2wasm(text))
    return data, read_module(data, "digest")


def prepared(text: str, pages: int = 16) -> tuple[bytes, ModuleInfo]:
    data, info = compiled(text)
    result = prepare_guest(data, info, memory_pages=pages)
    return result, read_module(result, "digest")


def untouched(data: bytes, changed: set[SectionId]) -> list[bytes]:
    return [data[section.start : section.end] for section in sections(data) if section.id not in changed]


@pytest.mark.parametrize(
    "text",
    [
        "(module)",
        "(module (memory 1 16))",
        '(module (import "a" "m" (memory 1)))',
        "(module (memory 0 0))",
        "(module (func))",
    ],
)
def test_a_module_with_nothing_to_change_comes_back_as_the_same_object(text: str) -> None:
    data, info = compiled(text)
    assert prepare_guest(data, info, memory_pages=16) is data


@pytest.mark.parametrize(
    ("memory", "maximum"), [("1", 16), ("16", 16), ("1 17", 16), ("1 65536", 16), ("1 15", 15), ("0 0", 0)]
)
def test_the_maximum_of_a_memory_is_the_smaller_of_its_own_and_the_limit(memory: str, maximum: int) -> None:
    _, info = prepared(f"(module (memory {memory}))")
    assert info.memories[0].maximum == maximum


def test_every_defined_memory_is_held_and_its_flags_stay() -> None:
    text = '(module (import "a" "m" (memory 1)) (memory 1) (memory 2 3) (memory i64 1 99 shared))'
    _, info = prepared(text, pages=10)
    assert info.memories == (
        MemoryType(1),
        MemoryType(1, 10),
        MemoryType(2, 3),
        MemoryType(1, 10, shared=True, memory64=True),
    )


def test_a_limit_of_several_bytes_is_written_right() -> None:
    assert prepared("(module (memory 200))", pages=20_000)[1].memories == (MemoryType(200, 20_000),)


def test_growing_stops_exactly_at_the_limit(engine: Engine) -> None:
    data, _ = prepared('(module (memory (export "memory") 1))', pages=5)
    store = Store(engine)
    memory = Instance(store, Module(engine, data), []).exports(store)["memory"]
    assert isinstance(memory, Memory)
    assert memory.grow(store, 4) == 1
    with pytest.raises(Exception, match="failed to grow memory"):
        memory.grow(store, 1)


def test_a_memory_that_starts_over_the_limit_is_too_large() -> None:
    with pytest.raises(TooLarge, match="starts with 100 pages, over the limit of 16") as caught:
        prepared("(module (memory 100))")
    error = caught.value
    assert (error.limit, error.expected, error.found) == ("memory_pages", 16, 100)
    assert error.hint == "allow it with --memory-pages 100 or Limits(memory_pages=100)"


def test_a_memory_that_is_mostly_the_default_stack_gets_the_advice_to_shrink_it() -> None:
    with pytest.raises(TooLarge) as caught:
        prepared("(module (memory 17))")
    assert caught.value.hint is not None
    assert "--memory-pages 17" in caught.value.hint
    assert "--stack 65536" in caught.value.hint
    assert "starts with about 2" in caught.value.hint


STARTED = """(module
    (import "env" "log" (func $log (param i32)))
    (memory 1 2)
    (global $ran (mut i32) (i32.const 0))
    (func $start (global.set $ran (i32.const 7)) (call $log (i32.const 1)))
    (func (export "ran") (result i32) (global.get $ran))
    (start $start)
    (@custom "notes" "kept")
    (data (i32.const 0) "kept"))"""


def test_a_start_function_becomes_an_export_behind_the_others(engine: Engine) -> None:
    data, info = prepared(STARTED)
    assert info.start is None
    assert [export.name for export in info.exports] == ["ran", START_EXPORT]
    assert info.exports[-1] == Export(START_EXPORT, FuncType())
    store = Store(engine)
    module = Module(engine, data)
    logged: list[int] = []
    log = Func(store, module.imports[0].type, logged.append)  # type: ignore[arg-type] # the import is a function
    exports = Instance(store, module, [log]).exports(store)
    ran, start = exports["ran"], exports[START_EXPORT]
    assert isinstance(ran, Func)
    assert isinstance(start, Func)
    assert (ran(store), logged) == (0, [])
    start(store)
    assert (ran(store), logged) == (7, [1])


def test_a_start_function_is_exported_where_there_are_no_exports(engine: Engine) -> None:
    data, info = prepared("(module (table 1 funcref) (func $f) (start $f) (elem (i32.const 0) $f))")
    assert (info.start, info.exports) == (None, (Export(START_EXPORT, FuncType()),))
    Module.validate(engine, data)


def test_an_imported_start_function_is_exported_too(engine: Engine) -> None:
    data, info = prepared('(module (import "env" "f" (func $f)) (start $f) (memory 1))')
    assert info.function(START_EXPORT) == FuncType()
    Module.validate(engine, data)


def test_the_two_hundredth_export_makes_the_count_longer(engine: Engine) -> None:
    names = " ".join(f'(export "f{n}" (func $f))' for n in range(127))
    data, info = prepared(f"(module (func $f) {names} (start $f))")
    assert len(info.exports) == 128
    Module.validate(engine, data)


@pytest.mark.parametrize(
    "text", ['(module (func (export "plugbay:start")))', '(module (memory (export "plugbay:start") 1))']
)
def test_the_reserved_export_name_is_refused_from_a_guest(text: str) -> None:
    with pytest.raises(InvalidBinary, match="plugbay:start"):
        prepared(text)


def test_everything_else_stays_byte_for_byte() -> None:
    text = STARTED.replace("(memory 1 2)", "(memory 1)")
    data, _ = compiled(text)
    result, _ = prepared(text)
    changed = {SectionId.MEMORY, SectionId.EXPORT, SectionId.START}
    assert untouched(result, changed) == untouched(data, changed)


def test_code_moves_by_the_difference_in_length() -> None:
    data, info = compiled(STARTED)
    result = prepare_guest(data, info, memory_pages=16)
    shift = len(result) - len(data)
    before, after = (next(s.start for s in sections(d) if s.id is SectionId.CODE) for d in (data, result))
    assert (shift != 0, after - before) == (True, shift)

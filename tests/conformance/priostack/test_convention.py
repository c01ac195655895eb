"""What a module has of its convention."""

from __future__ import annotations

import pytest
import wasmtime
from tests.conformance.priostack.judging import failed, judge_all, subject_of

from plugbay.module.binary import read_module
from plugbay_conformance.case import CaseKind
from plugbay_conformance.engines.contract import Allocator, ConformanceEngine, FunctionShape
from plugbay_conformance.priostack.binary import spellings
from plugbay_conformance.priostack.convention import Convention, read_convention

ALLOC = '(func (export "{}") (param i32) (result i32) (i32.const 16))'
FUNCTION = '(func (export "{}") (param i32 i32) (result i64) (i64.const 0))'


def module(*parts: str, memory: str = '(memory (export "memory") 1)') -> bytes:
    return bytes(wasmtime.wat2wasm(f"(module {memory} {' '.join(parts)})"))


def convention(binary: bytes, profile: str) -> Convention | None:
    return read_convention(read_module(binary, ""), profile)


def test_a_packed_module_is_called_by_its_own_names() -> None:
    free = '(func (export "dealloc") (param i32))'
    found = convention(module(ALLOC.format("malloc"), free, FUNCTION.format("f")), "packed")
    assert found == Convention(FunctionShape.PACKED, Allocator("malloc", "dealloc", free_takes_length=False), ("f",))


def test_alloc_comes_before_malloc_and_free_before_dealloc() -> None:
    frees = '(func (export "dealloc") (param i32 i32)) (func (export "free") (param i32 i32))'
    found = convention(module(ALLOC.format("malloc"), ALLOC.format("alloc"), frees), "packed")
    assert found is not None
    assert found.allocator == Allocator("alloc", "free")


def test_a_free_of_another_type_gives_way_to_dealloc() -> None:
    frees = '(func (export "free") (param i64)) (func (export "dealloc") (param i32 i32))'
    found = convention(module(ALLOC.format("alloc"), frees), "packed")
    assert found is not None
    assert found.allocator.free == "dealloc"


def test_wasm_bindgens_nameless_parts_are_told_apart_by_their_types() -> None:
    parts = """
      (func (export "__wbindgen_export") (param i32 i32 i32 i32) (result i32) (i32.const 0))
      (func (export "__wbindgen_export2") (param i32 i32 i32))
      (func (export "__wbindgen_export3") (param i32 i32) (result i32) (i32.const 0))
      (func (export "f") (param i32 i32) (result i32 i32) (i32.const 0) (i32.const 0))
    """
    found = convention(module(parts), "wasm-bindgen")
    allocator = Allocator("__wbindgen_export3", "__wbindgen_export2", shape=FunctionShape.MULTI_VALUE)
    assert found == Convention(FunctionShape.MULTI_VALUE, allocator, ("f",))


def test_a_stack_pointer_makes_functions_of_the_older_shape() -> None:
    parts = """
      (func (export "__wbindgen_malloc") (param i32 i32) (result i32) (i32.const 0))
      (func (export "__wbindgen_free") (param i32 i32 i32))
      (func (export "__wbindgen_add_to_stack_pointer") (param i32) (result i32) (i32.const 0))
      (func (export "f") (param i32 i32 i32))
    """
    found = convention(module(parts), "wasm-bindgen")
    assert found is not None
    assert (found.shape, found.functions) == (FunctionShape.RETPTR, ("f",))


def test_assemblyscripts_runtime_is_no_function_of_bytes() -> None:
    parts = """
      (func (export "__new") (param i32 i32) (result i32) (i32.const 0))
      (func (export "__pin") (param i32) (result i32) (i32.const 0))
      (func (export "__unpin") (param i32)) (func (export "__collect"))
      (func (export "__retain") (param i32) (result i32) (i32.const 0))
      (func (export "f") (param i32) (result i32) (i32.const 0))
    """
    found = convention(module(parts), "assemblyscript")
    assert found is not None
    assert found.functions == ("f",)


@pytest.mark.parametrize("profile", ["packed", "wasm-bindgen", "assemblyscript"])
@pytest.mark.parametrize(
    "binary",
    [module(), module(memory=""), module(ALLOC.format("alloc"), '(func (export "free") (param i32 i32))', memory="")],
    ids=["nothing but a memory", "nothing at all", "no memory"],
)
def test_a_module_without_its_parts_can_not_be_called_and_its_other_cases_are_skipped(
    profile: str, binary: bytes, wasmtime_engine: ConformanceEngine
) -> None:
    assert convention(binary, profile) is None
    subject = subject_of(binary, profile, wasmtime_engine)
    results = judge_all(subject, wasmtime_engine)
    assert {result.kind for result in results if result.requirement in failed(results)} == {CaseKind.BINARY}


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        (("createUser", "create_user"), "create_user"),
        (("CreateUser", "createUser"), "CreateUser"),
        (("parseURL", "parse_url"), "parse_url"),
        (("a1", "a_1"), "a1"),
    ],
)
def test_two_spellings_of_a_name_are_found(
    names: tuple[str, str], meant: str, wasmtime_engine: ConformanceEngine
) -> None:
    binary = module(*(FUNCTION.format(name) for name in names))
    results = judge_all(subject_of(binary, "packed"), wasmtime_engine, only=lambda case: case.requirement == "PRI-008")
    assert meant in failed(results)["PRI-008"]


@pytest.mark.parametrize("names", [("create_user", "create_users"), ("echo", "Echoes"), ("_a", "a")])
def test_names_that_only_look_alike_pass(names: tuple[str, str], wasmtime_engine: ConformanceEngine) -> None:
    binary = module(*(FUNCTION.format(name) for name in names))
    results = judge_all(subject_of(binary, "packed"), wasmtime_engine, only=lambda case: case.requirement == "PRI-008")
    assert failed(results) == {}


def test_spellings_are_those_of_handlers() -> None:
    assert spellings("createUser") == {"createUser", "create_user"}
    assert spellings("create_user_2") == {"create_user_2", "createUser2"}
    assert spellings("__secretName") == {"__secretName", "__secret_name"}


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ('(import "__wbindgen_placeholder__" "__wbindgen_describe" (func (param i32)))', "run wasm-bindgen on it"),
        ('(import "gojs" "runtime.wasmExit" (func (param i32)))', "GOOS=wasip1"),
        ('(import "env" "table" (table 1 funcref))', "env.table, which no host has"),
        ('(import "env" "emit" (func (param i32 i32)))', "env.emit, which no host has"),
        ('(import "env" "abort" (func (param i32 i32 i32 i32)))', "env.abort, which no host has"),
    ],
)
def test_an_import_that_no_host_has_is_named_with_the_way_out(
    item: str, says: str, wasmtime_engine: ConformanceEngine
) -> None:
    binary = module(memory=f'{item} (memory (export "memory") 1)')
    results = judge_all(subject_of(binary, "packed"), wasmtime_engine, only=lambda case: case.requirement == "PRI-009")
    assert says in failed(results)["PRI-009"]


def test_a_host_function_of_another_kind_is_of_another_type(wasmtime_engine: ConformanceEngine) -> None:
    binary = module(memory='(import "env" "log" (global i32)) (memory (export "memory") 1)')
    results = judge_all(subject_of(binary, "packed"), wasmtime_engine, only=lambda case: case.requirement == "PRI-010")
    assert failed(results)["PRI-010"] == "the module imports env.log under another type"

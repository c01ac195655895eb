"""A module that hangs, traps, lies or floods costs the cases that it does it in, and no others."""

from __future__ import annotations

import pytest
import wasmtime
from tests.conformance.priostack.judging import failed, judge_all, subject_of
from tests.priostack.conftest import COPY, SHAPES, Shape

from plugbay_conformance.case import Case, CaseKind
from plugbay_conformance.engines.contract import ConformanceEngine
from plugbay_conformance.priostack import read_contract
from plugbay_conformance.results import Status

HANG_ON_NOTHING = "(if (i32.eqz (local.get $n)) (then (loop $ever (br $ever))))"
LOG = '(import "env" "log" (func $log (param i32 i32 i32)))'
FLOOD = """
(local $i i32)
(loop $more
  (call $log (i32.const 2) (i32.const 0) (i32.const 4096))
  (local.set $i (i32.add (local.get $i) (i32.const 1)))
  (br_if $more (i32.lt_u (local.get $i) (i32.const 300))))
"""
WILD = {
    "beyond the memory": "(i32.const 0x7fffff00) (i32.const 16)",
    "of four gigabytes": "(i32.const 16) (i32.const -1)",
    "at the very end": "(i32.const -1) (i32.const 1)",
}
LONG = {"PRI-024", "PRI-025", "PRI-051", "PRI-052"}


def is_short(case: Case) -> bool:
    """Cases that take no thousands of calls, for any module."""
    return case.kind is not CaseKind.GUEST and case.requirement not in LONG


def test_a_function_that_hangs_on_one_input_fails_that_case_alone(wasmtime_engine: ConformanceEngine) -> None:
    shape = SHAPES[0]
    plain = judge_all(subject_of(shape.build(), shape.convention), wasmtime_engine, only=is_short)
    hanging = subject_of(shape.build(HANG_ON_NOTHING + COPY), shape.convention)
    results = judge_all(hanging, wasmtime_engine, only=is_short)
    assert failed(results)["PRI-046"] == "echo did not answer in time when it was given no bytes"
    assert set(failed(results)) - set(failed(plain)) == {"PRI-046"}


def test_a_function_that_floods_the_log_breaks_nothing_by_it(shape: Shape, wasmtime_engine: ConformanceEngine) -> None:
    plain = judge_all(subject_of(shape.build(), shape.convention), wasmtime_engine, only=is_short)
    flooding = shape.build(FLOOD + COPY, imports=LOG)
    results = judge_all(subject_of(flooding, shape.convention), wasmtime_engine, only=is_short)
    assert set(failed(results)) == set(failed(plain))


@pytest.mark.parametrize("result", WILD)
def test_a_function_that_lies_about_its_result_is_found_out(
    result: str, shape: Shape, wasmtime_engine: ConformanceEngine
) -> None:
    plain = judge_all(subject_of(shape.build(), shape.convention), wasmtime_engine, only=is_short)
    results = judge_all(subject_of(shape.build(WILD[result]), shape.convention), wasmtime_engine, only=is_short)
    found = set(failed(results)) - set(failed(plain))
    assert found <= {"PRI-040", "PRI-041", "PRI-044"}
    assert "PRI-040" in found or (shape.name == "buffers" and result == "of four gigabytes")


@pytest.mark.parametrize(
    "body", ["unreachable", "(memory.fill (i32.const 0) (i32.const 255) (i32.const 4096)) unreachable"]
)
def test_a_function_that_always_traps_fails_what_asks_for_answers(
    body: str, shape: Shape, wasmtime_engine: ConformanceEngine
) -> None:
    results = judge_all(subject_of(shape.build(body), shape.convention), wasmtime_engine, only=is_short)
    assert {"PRI-046", "PRI-047", "PRI-048", "PRI-054"} <= set(failed(results))
    passed = {result.requirement for result in results if result.status is Status.PASSED}
    assert {"PRI-006", "PRI-015", "PRI-021", "PRI-040"} <= passed


@pytest.mark.parametrize(
    "alloc",
    ["(i32.const -1)", "unreachable", "(i32.const 0)", "(i32.const 65535)", "(i32.sub (i32.const 0) (local.get $n))"],
)
def test_an_allocator_that_lies_fails_the_allocators_cases(
    alloc: str, shape: Shape, wasmtime_engine: ConformanceEngine
) -> None:
    subject = subject_of(shape.build(alloc=alloc), shape.convention, wasmtime_engine)
    results = judge_all(subject, wasmtime_engine, only=is_short)
    assert {"PRI-020", "PRI-022", "PRI-030"} & set(failed(results))
    assert subject.contract is None


@pytest.mark.parametrize("body", ["unreachable", "(call $none)", COPY, *WILD.values()])
def test_asking_for_the_contract_never_raises(body: str, shape: Shape, wasmtime_engine: ConformanceEngine) -> None:
    subject = subject_of(shape.build(body, name="contract"), shape.convention)
    assert read_contract(wasmtime_engine, subject) is None


@pytest.mark.parametrize(
    "answer", ["{}", "[" * 5_000, '{"contract": 1}', "null", '{"contract": "plugbay-conformance/1", "abi": null}']
)
def test_a_contract_that_is_none_is_none(answer: str, wasmtime_engine: ConformanceEngine) -> None:
    text = answer.replace('"', "\\22")
    extra = f'(data (i32.const 16384) "{text}")'
    body = f"(i32.const 16384) (i32.const {len(answer)})"
    subject = subject_of(SHAPES[0].build(body, name="contract", extra=extra), "packed")
    assert read_contract(wasmtime_engine, subject) is None


def test_a_module_that_is_none_of_the_abi_is_told_so(wasmtime_engine: ConformanceEngine) -> None:
    subject = subject_of(bytes(wasmtime.wat2wasm("(module)")), "packed")
    assert read_contract(wasmtime_engine, subject) is None
    results = judge_all(subject, wasmtime_engine)
    assert set(failed(results)) == {"PRI-001", "PRI-002", "PRI-003", "PRI-006"}


def test_a_function_that_has_filled_the_memory_before_it_settled_grows(
    shape: Shape, wasmtime_engine: ConformanceEngine
) -> None:
    leaking = subject_of(shape.build("(drop (memory.grow (i32.const 1)))" + COPY), shape.convention)
    results = judge_all(leaking, wasmtime_engine, only=lambda case: case.id == "PRI-051/ten_thousand")
    assert failed(results)["PRI-051"].startswith("10000 calls of echo grow the memory")

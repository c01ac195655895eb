"""A gear that hangs, traps, lies or floods costs the cases that it does it in, and no others."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import wasmtime
from tests.conformance.fluxrig.judging import failed, is_for_any_gear, judge_all, subject_of

from plugbay_conformance.case import Case
from plugbay_conformance.engines.contract import ConformanceEngine
from plugbay_conformance.fluxrig import read_contract
from plugbay_conformance.results import Status

Gear = Callable[..., bytes]

HANG_ON_NOTHING = "(if (i32.eqz (local.get $n)) (then (loop $ever (br $ever))))"
ECHO = "(call $copy (local.get $p) (local.get $n))"
LOG = '(import "env" "log" (func $log (param i32 i32 i32)))'
FLOOD = """
(local $i i32)
(loop $more
  (call $log (i32.const 2) (i32.const 0) (i32.const 4096))
  (local.set $i (i32.add (local.get $i) (i32.const 1)))
  (br_if $more (i32.lt_u (local.get $i) (i32.const 200))))
"""
WRONG_RESULTS = {
    "beyond the memory": "(i64.const 0x7fffffff00000010)",
    "of four gigabytes": "(i64.const 0x00000010ffffffff)",
    "of random bits": "(i64.mul (i64.extend_i32_u (local.get $n)) (i64.const 0x9e3779b97f4a7c15))",
    "its input": "(call $pack (local.get $p) (local.get $n))",
    "all of the memory": "(call $pack (i32.const 0) (i32.shl (memory.size) (i32.const 16)))",
}


def test_a_gear_that_hangs_on_one_input_fails_that_case_alone(gear: Gear, wasmtime_engine: ConformanceEngine) -> None:
    subject = subject_of(gear(HANG_ON_NOTHING + ECHO), "core")
    results = judge_all(subject, wasmtime_engine, only=is_for_any_gear)
    assert failed(results)["FLX-028"] == "the gear did not answer in time on an input of no bytes"
    others = failed(judge_all(subject_of(gear(ECHO), "core"), wasmtime_engine, only=is_for_any_gear))
    assert set(failed(results)) - set(others) == {"FLX-028"}


def test_a_gear_that_floods_the_log_breaks_nothing_by_it(gear: Gear, wasmtime_engine: ConformanceEngine) -> None:
    plain = judge_all(subject_of(gear(ECHO), "core"), wasmtime_engine, only=_short)
    flooding = judge_all(subject_of(gear(FLOOD + ECHO, imports=LOG), "core"), wasmtime_engine, only=_short)
    assert set(failed(flooding)) == set(failed(plain))


@pytest.mark.parametrize("result", WRONG_RESULTS)
def test_a_gear_that_lies_about_its_result_is_judged_and_the_judge_survives(
    result: str, gear: Gear, wasmtime_engine: ConformanceEngine
) -> None:
    subject = subject_of(gear(WRONG_RESULTS[result]), "core", wasmtime_engine)
    found = failed(judge_all(subject, wasmtime_engine, only=_short))
    assert {"FLX-020", "FLX-021"} & set(found)


@pytest.mark.parametrize(
    "body", ["unreachable", "(memory.fill (i32.const 0) (i32.const 255) (i32.const 4096)) unreachable"]
)
def test_a_gear_that_always_traps_fails_what_asks_for_messages_and_no_more(
    body: str, gear: Gear, wasmtime_engine: ConformanceEngine
) -> None:
    results = judge_all(subject_of(gear(body), "core", wasmtime_engine), wasmtime_engine, only=_short)
    passed = {result.requirement for result in results if result.status is Status.PASSED}
    assert {"FLX-001", "FLX-005", "FLX-010", "FLX-014"} <= passed
    assert {"FLX-020", "FLX-028", "FLX-032"} <= set(failed(results))


@pytest.mark.parametrize(
    "alloc",
    [
        "(i32.const -1)",
        "unreachable",
        "(i32.const 0)",
        "(i32.const 65535)",
        "(i32.sub (i32.const 0) (local.get $n))",
    ],
)
def test_an_allocator_that_lies_fails_the_allocators_cases(alloc: str, wasmtime_engine: ConformanceEngine) -> None:
    module = f"""
    (module
      (memory (export "memory") 1)
      (func (export "alloc") (param $n i32) (result i32) {alloc})
      (func (export "free") (param i32 i32))
      (func (export "process") (param i32 i32) (result i64) (i64.const 0)))
    """
    subject = subject_of(bytes(wasmtime.wat2wasm(module)), "core", wasmtime_engine)
    results = judge_all(subject, wasmtime_engine, only=is_for_any_gear)
    assert "FLX-014" in failed(results)
    assert subject.contract is None


@pytest.mark.parametrize("body", ["unreachable", "(i64.const 0)", "(i64.const -1)", *WRONG_RESULTS.values()])
def test_asking_for_the_contract_never_raises(body: str, gear: Gear, wasmtime_engine: ConformanceEngine) -> None:
    assert read_contract(wasmtime_engine, subject_of(gear(body), "core")) is None


def test_a_module_that_is_no_gear_has_no_contract(wasmtime_engine: ConformanceEngine) -> None:
    subject = subject_of(bytes(wasmtime.wat2wasm("(module)")), "core")
    assert read_contract(wasmtime_engine, subject) is None
    results = judge_all(subject, wasmtime_engine)
    assert {"FLX-002", "FLX-003", "FLX-004", "FLX-005"} == set(failed(results))


def _short(case: Case) -> bool:
    """Cases for any gear, without those of thousands of messages."""
    return is_for_any_gear(case) and case.requirement not in {"FLX-013", "FLX-017", "FLX-019", "FLX-025"}


def _hostile_answers() -> list[tuple[str, bytes]]:
    return [
        ("nested deeply", b"\x81" * 60_000 + b"\x01"),
        ("maps nested deeply", b"\xa1\x61k" * 20_000 + b"\x01"),
        ("tags on tags", b"\xc6" * 60_000 + b"\x01"),
        ("a huge array", b"\x9b" + b"\xff" * 8),
        ("a huge map", b"\xbb\x7f" + b"\xff" * 7),
        ("a huge text", b"\x7b\x00\x00\x00\x10" + b"\xff" * 4),
        ("a bignum", b"\xa1\x62ts\xc2\x58\x64" + b"\xff" * 100),
        ("a decimal fraction without end", b"\xa1\x62ts\xc4\x82\x1b\x7f" + b"\xff" * 7 + b"\x01"),
        ("a date that is none", b"\xa1\x65trace\xc0\x63abc"),
        ("a date far away", b"\xa1\x62ts\xc1\xfb\x7f\xe0\x00\x00\x00\x00\x00\x00"),
        ("a regular expression", b"\xa1\x65trace\xd8\x23\x63((("),
        ("a shared reference to itself", b"\xd8\x1c\x81\xd8\x1d\x00"),
        ("a key that is a map", b"\xa1\xa1\x61k\x01\x02"),
        ("a key that is NaN, twice", b"\xa2\xf9\x7e\x00\x01\xf9\x7e\x00\x02"),
        ("no text at all", bytes(range(256))),
        ("a list of everything", b"\x88\x01\x20\x40\x60\x80\xa0\xf6\xfb\x7f\xf8\x00\x00\x00\x00\x00\x00"),
        ("wrong types everywhere", b"\xa6\x62id\x80\x64meta\x81\x01\x64data\x01\x64path\x81\x01\x62ts\x61x\x63raw\xa0"),
        ("an undefined value", b"\xa1\x64data\xf7"),
    ]


@pytest.mark.parametrize(
    ("title", "answer"), _hostile_answers(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_gear_that_answers_with_hostile_cbor_is_judged_and_the_judge_survives(
    title: str, answer: bytes, wasmtime_engine: ConformanceEngine
) -> None:
    text = "".join(f"\\{byte:02x}" for byte in answer)
    module = f"""
    (module
      (memory (export "memory") 8)
      (data (i32.const 262144) "{text}")
      (func (export "alloc") (param i32) (result i32) (i32.const 16))
      (func (export "free") (param i32 i32))
      (func (export "process") (param i32 i32) (result i64)
        (i64.const {262144 << 32 | len(answer)})))
    """
    for profile in ("core", "extended"):
        subject = subject_of(bytes(wasmtime.wat2wasm(module)), profile, wasmtime_engine)
        results = judge_all(subject, wasmtime_engine, only=_about_answers)
        assert subject.contract is None
        assert failed(results), title


def _about_answers(case: Case) -> bool:
    return case.requirement == "FLX-026" or "FLX-035" <= case.requirement <= "FLX-044"


def test_a_gear_that_has_filled_its_memory_before_it_settled_grows(
    gear: Gear, wasmtime_engine: ConformanceEngine
) -> None:
    leak = "(drop (memory.grow (i32.const 1)))" + ECHO
    subject = subject_of(gear(leak), "core")
    results = judge_all(subject, wasmtime_engine, only=lambda case: case.id == "FLX-025/ten_thousand")
    assert failed(results)["FLX-025"].startswith("10000 messages grow the memory")

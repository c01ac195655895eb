"""Gears that keep a requirement in an unusual way are not accused of breaking it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.conformance.fluxrig.judging import failed, judge_all, skipped, subject_of
from tests.conformance.fluxrig.mutants import MUTANTS

from plugbay.message import Hop, Message
from plugbay.message.identifier import NIL_ID
from plugbay_conformance.case import CaseFailed
from plugbay_conformance.engines.contract import ConformanceEngine
from plugbay_conformance.fluxrig.answer import Answer
from plugbay_conformance.fluxrig.guest import Exchange

Gear = Callable[..., bytes]
ECHO = "(call $copy (local.get $p) (local.get $n))"
HEAP_GROWS_ONCE = """
(global.set $served (i32.add (global.get $served) (i32.const 1)))
(if (i32.eq (global.get $served) (i32.const 9)) (then (drop (memory.grow (i32.const 64)))))
"""
WITHOUT_ROOM = """
(module
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 64))
  (func (export "alloc") (param $n i32) (result i32)
    (if (i32.ge_u (local.get $n) (i32.const 1024)) (then (return (i32.const 0))))
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get $n))))
  (func (export "free") (param i32 i32) (global.set $next (i32.const 64)))
  (func (export "process") (param i32 i32) (result i64) (i64.const 0)))
"""


def _judged(module: bytes, case: str, engine: ConformanceEngine) -> dict[str, str]:
    return failed(judge_all(subject_of(module, "core"), engine, only=lambda each: each.id == case))


def test_a_heap_that_happens_to_grow_at_a_huge_length_is_no_memory_for_promises(
    gear: Gear, wasmtime_engine: ConformanceEngine
) -> None:
    collected = gear(HEAP_GROWS_ONCE + ECHO, extra="(global $served (mut i32) (i32.const 0))")
    assert _judged(collected, "FLX-030/huge_lengths", wasmtime_engine) == {}


def test_a_gear_that_grows_at_a_huge_length_each_time_takes_memory_for_promises(
    gear: Gear, wasmtime_engine: ConformanceEngine
) -> None:
    trusting = """
    (if (i32.eq (i32.load8_u (local.get $p)) (i32.const 0x5b)) (then (drop (memory.grow (i32.const 64)))))
    """
    found = _judged(gear(trusting + ECHO), "FLX-030/huge_lengths", wasmtime_engine)
    assert found["FLX-030"].startswith("the gear takes memory for what is only promised, on a byte string")


def test_an_allocator_without_room_for_a_probe_gives_nothing_away(
    wat: Callable[[str], bytes], wasmtime_engine: ConformanceEngine
) -> None:
    found = _judged(wat(WITHOUT_ROOM), "FLX-022/input_left_alone", wasmtime_engine)
    assert "alloc gave away" not in found.get("FLX-022", "")


def test_the_last_words_of_a_gear_that_does_not_trap_are_not_told(wasmtime_engine: ConformanceEngine) -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == "trap_answers")
    subject = subject_of(mutant.build(), mutant.profile, wasmtime_engine)
    results = judge_all(subject, wasmtime_engine, only=lambda case: case.requirement == "FLX-072")
    assert skipped(results) == {"FLX-072/last_words": "`trap` does not trap, which is FLX-071"}


@pytest.mark.parametrize(("sent", "found"), [(None, ()), ((), None), ((), ())])
def test_no_hops_may_be_null_or_an_empty_array(sent: tuple[Hop, ...] | None, found: tuple[Hop, ...] | None) -> None:
    Exchange("`echo`", b"", Answer(b"")).require_field(Message(NIL_ID, path=sent), Message(NIL_ID, path=found), "path")


def test_hops_that_are_lost_are_not_null() -> None:
    hop = Hop(NIL_ID, NIL_ID, 1)
    with pytest.raises(CaseFailed, match="path is wrong"):
        Exchange("`echo`", b"", Answer(b"")).require_field(
            Message(NIL_ID, path=(hop,)), Message(NIL_ID, path=()), "path"
        )

"""Plans for allocators, and messages by the thousand, on every engine."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conformance.engines.conftest import OpenGuest

from plugbay_conformance.engines.bulk import check_plan
from plugbay_conformance.engines.contract import (
    Allocator,
    AllocatorStep,
    FunctionShape,
    GuestStopped,
    OutOfBounds,
    Setting,
    StopKind,
)

PACKED = Allocator("alloc", "free")
ONE_BLOCK = (AllocatorStep(0, 10), AllocatorStep(0, None))
SEVERAL = (
    AllocatorStep(0, 1),
    AllocatorStep(1, 0),
    AllocatorStep(2, 4099),
    AllocatorStep(0, None),
    AllocatorStep(3, 7),
    AllocatorStep(2, None),
    AllocatorStep(3, None),
    AllocatorStep(1, None),
)
GUEST = """(module
  (memory (export "memory") 1 20)
  (global $heap (mut i32) (i32.const 4096))
  (global $live (mut i32) (i32.const 0))
  (global $calls (mut i32) (i32.const 0))
  (func $alloc (export "alloc") (param $n i32) (result i32) (local $p i32)
    (local.set $p (global.get $heap))
    (global.set $heap (i32.add (local.get $p) (local.get $n)))
    (loop $more
      (if (i32.gt_u (global.get $heap) (i32.shl (memory.size) (i32.const 16)))
        (then (drop (memory.grow (i32.const 1))) (br $more))))
    (global.set $live (i32.add (global.get $live) (i32.const 1)))
    (local.get $p))
  (func $free (export "free") (param $p i32) (param $n i32)
    (global.set $live (i32.sub (global.get $live) (i32.const 1)))
    (if (i32.eqz (global.get $live)) (then (global.set $heap (i32.const 4096)))))
  (func (export "live") (result i32) (global.get $live))
  (func $echo (export "echo") (param $p i32) (param $n i32) (result i64) (local $q i32)
    (if (i32.eqz (local.get $n)) (then (return (i64.const 0))))
    (local.set $q (call $alloc (local.get $n)))
    (memory.copy (local.get $q) (local.get $p) (local.get $n))
    (i64.or (i64.shl (i64.extend_i32_u (local.get $q)) (i64.const 32)) (i64.extend_i32_u (local.get $n))))
  (func (export "fails_at_times") (param $p i32) (param $n i32) (result i64)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i64.or (call $echo (local.get $p) (local.get $n))
      (i64.shl (i64.extend_i32_u (i32.eqz (i32.rem_u (global.get $calls) (i32.const 3)))) (i64.const 63))))
  (func (export "traps_at_last") (param $p i32) (param $n i32) (result i64)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (i32.eq (global.get $calls) (i32.const 150)) (then (unreachable)))
    (i64.const 0))
  (func (export "hangs_at_last") (param $p i32) (param $n i32) (result i64)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (i32.eq (global.get $calls) (i32.const 150)) (then (loop $l (br $l))))
    (i64.const 0))
  (func (export "wild") (param $p i32) (param $n i32) (result i64) (i64.const 0x7fffff00_00000010))
  (func (export "grows") (param $p i32) (param $n i32) (result i64)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (i32.eqz (i32.rem_u (global.get $calls) (i32.const 100))) (then (drop (memory.grow (i32.const 1)))))
    (i64.const 0))
  {})"""


def digest_of(*outputs: bytes | None) -> str:
    digest = hashlib.sha256()
    for output in outputs:
        digest.update(b"\xff" * 4 if output is None else len(output).to_bytes(4, "little") + output)
    return digest.hexdigest()


@pytest.mark.parametrize("plan", [ONE_BLOCK, SEVERAL])
def test_an_allocator_that_keeps_its_blocks_apart_has_no_fault(
    open_guest: OpenGuest, plan: tuple[AllocatorStep, ...]
) -> None:
    session = open_guest(GUEST.format(""))
    run = session.run_allocator(PACKED, plan, 1000)
    assert (run.rounds, run.fault) == (1000, None)
    assert run.pages_after_first == run.pages == 1
    assert session.call("live") == (0,)


def test_a_hundred_thousand_rounds_are_run(open_guest: OpenGuest) -> None:
    run = open_guest(GUEST.format("")).run_allocator(PACKED, ONE_BLOCK, 100_000)
    assert (run.rounds, run.fault, run.pages) == (100_000, None, 1)


BROKEN = """(module (memory (export "memory") 1 4) (global $calls (mut i32) (i32.const 0))
  (func (export "alloc") (param $n i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    {alloc})
  (func (export "free") (param $p i32) (param $n i32) {free}))"""


@pytest.mark.parametrize(
    ("alloc", "free", "fault"),
    [
        ("(i32.const 0)", "", "round 1: the allocator returned 0 for 4 bytes"),
        ("(i32.const 65534)", "", "round 1: the allocator returned 4 bytes at 0xfffe, which do not lie in a memory of"),
        ("(i32.const -1)", "", "round 1: the allocator returned 4 bytes at 0xffffffff, which do not lie"),
        ("(i32.const 64)", "", "round 1: a block of 4 bytes at 0x40 did not keep what was written into it"),
        (
            "(i32.add (i32.const 64) (i32.mul (i32.const 16) (global.get $calls)))",
            "(i32.store8 (i32.const 131) (i32.const 0))",
            "round 2: a block of 8 bytes at 0x80 did not keep what was written into it",
        ),
    ],
)
def test_the_first_fault_of_an_allocator_is_told(open_guest: OpenGuest, alloc: str, free: str, fault: str) -> None:
    plan = (AllocatorStep(0, 4), AllocatorStep(1, 8), AllocatorStep(0, None), AllocatorStep(1, None))
    run = open_guest(BROKEN.format(alloc=alloc, free=free)).run_allocator(PACKED, plan, 10)
    assert run.fault is not None
    assert run.fault.startswith(fault)
    assert run.rounds == int(fault.split()[1].rstrip(":")) - 1


def test_blocks_that_overlap_by_one_byte_are_found(open_guest: OpenGuest) -> None:
    overlapping = "(i32.add (i32.const 64) (i32.mul (i32.const 15) (global.get $calls)))"
    plan = (AllocatorStep(0, 16), AllocatorStep(1, 16), AllocatorStep(0, None), AllocatorStep(1, None))
    run = open_guest(BROKEN.format(alloc=overlapping, free="")).run_allocator(PACKED, plan, 3)
    assert run.fault is not None
    assert "did not keep what was written" in run.fault


def test_growth_after_the_first_round_shows(open_guest: OpenGuest) -> None:
    leaking = "(if (i32.eq (global.get $calls) (i32.const 5)) (then (drop (memory.grow (i32.const 2))))) (i32.const 64)"
    run = open_guest(BROKEN.format(alloc=leaking, free="")).run_allocator(PACKED, ONE_BLOCK, 1000)
    assert (run.pages_after_first, run.pages) == (1, 3)


@pytest.mark.parametrize(("body", "kind"), [("(unreachable)", StopKind.TRAP), ("(loop $l (br $l))", StopKind.DEADLINE)])
def test_an_allocator_that_does_not_return_stops_the_guest(open_guest: OpenGuest, body: str, kind: StopKind) -> None:
    session = open_guest(BROKEN.format(alloc="(i32.const 64)", free=body), Setting(deadline=0.2))
    with pytest.raises(GuestStopped) as stopped:
        session.run_allocator(PACKED, ONE_BLOCK, 1)
    assert stopped.value.kind is kind
    with pytest.raises(GuestStopped) as again:
        session.run_allocator(PACKED, ONE_BLOCK, 1)
    assert again.value.kind is kind


def test_a_guest_that_hangs_in_a_run_of_its_own_harms_no_later_one(open_guest: OpenGuest) -> None:
    hanging = open_guest(BROKEN.format(alloc="(i32.const 64)", free="(loop $l (br $l))"), Setting(deadline=0.2))
    with pytest.raises(GuestStopped):
        hanging.run_allocator(PACKED, ONE_BLOCK, 1)
    assert hanging.events() == []
    assert open_guest(GUEST.format("")).call("live") == (0,)


@pytest.mark.parametrize(
    "plan",
    [
        (),
        (AllocatorStep(0, 1),),
        (AllocatorStep(0, None),),
        (AllocatorStep(0, 1), AllocatorStep(0, 1), AllocatorStep(0, None), AllocatorStep(0, None)),
        (AllocatorStep(-1, 1), AllocatorStep(-1, None)),
        (AllocatorStep(0, -1), AllocatorStep(0, None)),
        (AllocatorStep(0, 2**32), AllocatorStep(0, None)),
    ],
)
def test_a_plan_without_sense_is_a_mistake_of_the_case(open_guest: OpenGuest, plan: tuple[AllocatorStep, ...]) -> None:
    with pytest.raises(ValueError, match="plan"):
        open_guest(GUEST.format("")).run_allocator(PACKED, plan, 1)


@given(st.lists(st.tuples(st.integers(0, 3), st.none() | st.integers(0, 9)), max_size=12))
def test_a_plan_that_passes_can_be_run_over_and_over(steps: list[tuple[int, int | None]]) -> None:
    plan = [AllocatorStep(slot, size) for slot, size in steps]
    try:
        slots = check_plan(plan, 1)
    except ValueError:
        return
    held: set[int] = set()
    for step in plan:
        assert step.slot < slots
        assert (step.slot in held) is (step.size is None)
        held ^= {step.slot}
    assert not held


def test_an_allocator_whose_types_are_wrong_is_named(open_guest: OpenGuest) -> None:
    session = open_guest(GUEST.format(""))
    with pytest.raises(GuestStopped, match=r"free is \(i32, i32\) -> \(\) and should be \(i32\) -> \(\)") as stopped:
        session.run_allocator(Allocator("alloc", "free", free_takes_length=False), ONE_BLOCK, 1)
    assert stopped.value.kind is StopKind.LINK
    with pytest.raises(GuestStopped, match="exports no function named malloc"):
        session.run_allocator(Allocator("malloc", "free"), ONE_BLOCK, 1)
    with pytest.raises(GuestStopped, match="live is"):
        session.repeat_packed(PACKED, "live", [b""], 1)


def test_ten_thousand_messages_are_sent_and_digested(open_guest: OpenGuest) -> None:
    session = open_guest(GUEST.format(""))
    payloads = [b"", b"one", b"x" * 5000]
    found = session.repeat_packed(PACKED, "echo", payloads, 10_000)
    assert found.count == 10_000
    assert found.digest == digest_of(*(payloads * 3334)[:10_000])
    assert found.pages_after_first == found.pages == 1
    assert session.call("live") == (0,)


def test_outputs_of_more_than_the_prober_holds_at_once_are_digested_too(open_guest: OpenGuest) -> None:
    payload = b"y" * 400_000
    found = open_guest(GUEST.format("")).repeat_packed(PACKED, "echo", [payload], 11)
    assert found.digest == digest_of(*[payload] * 11)


def test_a_message_that_fails_has_no_output_in_the_digest(open_guest: OpenGuest) -> None:
    session = open_guest(GUEST.format(""))
    found = session.repeat_packed(PACKED, "fails_at_times", [b"ab", b""], 6)
    assert found.digest == digest_of(b"ab", b"", None, b"", b"ab", None)
    assert session.call("live") == (0,)


@pytest.mark.parametrize(("function", "kind"), [("traps_at_last", StopKind.TRAP), ("hangs_at_last", StopKind.DEADLINE)])
@pytest.mark.parametrize("is_fresh", [True, False])
def test_a_message_that_does_not_return_stops_the_guest(
    open_guest: OpenGuest, function: str, kind: StopKind, *, is_fresh: bool
) -> None:
    session = open_guest(GUEST.format(""), Setting(deadline=0.2))
    if not is_fresh:
        session.call("live")
    with pytest.raises(GuestStopped) as stopped:
        session.repeat_packed(PACKED, function, [b"a"], 1000)
    assert stopped.value.kind is kind


def test_an_output_that_is_not_there_is_told_with_the_message(open_guest: OpenGuest) -> None:
    with pytest.raises(OutOfBounds, match="message 1: the output of 16 bytes at 0x7fffff00 does not lie in a memory"):
        open_guest(GUEST.format("")).repeat_packed(PACKED, "wild", [b"a"], 10)


def test_memory_that_runs_out_is_told_with_the_message(open_guest: OpenGuest) -> None:
    exhausted = "(select (i32.const 0) (i32.const 64) (i32.eq (global.get $calls) (i32.const 7)))"
    session = open_guest(
        BROKEN.format(alloc=exhausted, free="").replace(
            "(module", '(module (func (export "f") (param i32 i32) (result i64) (i64.const 0))', 1
        )
    )
    with pytest.raises(OutOfBounds, match="message 7: the allocator returned 0 for 1 bytes"):
        session.repeat_packed(PACKED, "f", [b"a"], 10)


def test_pages_are_those_after_a_hundred_messages_and_at_the_end(open_guest: OpenGuest) -> None:
    found = open_guest(GUEST.format("")).repeat_packed(PACKED, "grows", [b"a"], 350)
    assert (found.pages_after_first, found.pages) == (2, 4)


def test_there_must_be_something_to_send(open_guest: OpenGuest) -> None:
    with pytest.raises(ValueError, match="no payload"):
        open_guest(GUEST.format("")).repeat_packed(PACKED, "echo", [], 1)


def test_what_was_done_before_counts(open_guest: OpenGuest) -> None:
    session = open_guest(GUEST.format(""))
    session.call("fails_at_times", 0, 0)
    found = session.repeat_packed(PACKED, "fails_at_times", [b"a"], 3)
    assert found.digest == digest_of(b"a", None, b"a")


def test_a_free_of_a_pointer_alone_is_called_so(open_guest: OpenGuest) -> None:
    session = open_guest(
        GUEST.format('(func (export "dealloc") (param $p i32) (call $free (local.get $p) (i32.const 0)))')
    )
    allocator = Allocator("alloc", "dealloc", free_takes_length=False)
    assert session.run_allocator(allocator, SEVERAL, 10).fault is None
    assert session.repeat_packed(allocator, "echo", [b"hi"], 2).digest == digest_of(b"hi", b"hi")
    assert session.call("live") == (0,)


BINDGEN = GUEST.format(
    """(func (export "__wbindgen_malloc") (param $n i32) (param $align i32) (result i32)
      (if (i32.ne (local.get $align) (i32.const 1)) (then (unreachable)))
      (call $alloc (local.get $n)))
    (func (export "__wbindgen_free") (param $p i32) (param $n i32) (param $align i32)
      (if (i32.ne (local.get $align) (i32.const 1)) (then (unreachable)))
      (call $free (local.get $p) (local.get $n)))
    (func $turn (export "echo_two") (param $p i32) (param $n i32) (result i32 i32) (local $r i64)
      (local.set $r (call $echo (local.get $p) (local.get $n)))
      (call $free (local.get $p) (local.get $n))
      (i32.wrap_i64 (i64.shr_u (local.get $r) (i64.const 32))) (i32.wrap_i64 (local.get $r)))
    (global $stack (mut i32) (i32.const 1024))
    (func (export "stack") (result i32) (global.get $stack))
    (func (export "__wbindgen_add_to_stack_pointer") (param i32) (result i32)
      (global.set $stack (i32.add (global.get $stack) (local.get 0))) (global.get $stack))
    (func (export "echo_at") (param $at i32) (param $p i32) (param $n i32) (local $q i32) (local $k i32)
      (call $turn (local.get $p) (local.get $n))
      (local.set $k) (local.set $q)
      (i32.store (local.get $at) (local.get $q))
      (i32.store offset=4 (local.get $at) (local.get $k)))"""
)


@pytest.mark.parametrize(
    ("shape", "function"), [(FunctionShape.MULTI_VALUE, "echo_two"), (FunctionShape.RETPTR, "echo_at")]
)
def test_wasm_bindgens_functions_are_called_in_both_ways(
    open_guest: OpenGuest, shape: FunctionShape, function: str
) -> None:
    session = open_guest(BINDGEN, abi="priostack", profile="wasm-bindgen")
    allocator = Allocator("__wbindgen_malloc", "__wbindgen_free", shape=shape)
    assert session.run_allocator(allocator, SEVERAL, 10).fault is None
    found = session.repeat_packed(allocator, function, [b"hello", b""], 150)
    assert found.digest == digest_of(*[b"hello", b""] * 75)
    assert session.call("live") == (0,)
    assert session.call("stack") == (1024,)


ASSEMBLYSCRIPT = GUEST.format(
    """(global $pins (mut i32) (i32.const 0)) (global $collected (mut i32) (i32.const 0))
    (func $new (export "__new") (param $n i32) (param $id i32) (result i32) (local $p i32)
      (if (i32.ne (local.get $id) (i32.const 1)) (then (unreachable)))
      (local.set $p (i32.add (call $alloc (i32.add (local.get $n) (i32.const 4))) (i32.const 4)))
      (i32.store (i32.sub (local.get $p) (i32.const 4)) (local.get $n))
      (local.get $p))
    (func (export "__pin") (param i32) (result i32)
      (global.set $pins (i32.add (global.get $pins) (i32.const 1))) (local.get 0))
    (func (export "__unpin") (param i32) (global.set $pins (i32.sub (global.get $pins) (i32.const 1))))
    (func (export "__collect")
      (if (global.get $pins) (then (unreachable)))
      (global.set $collected (i32.add (global.get $collected) (i32.const 1)))
      (global.set $heap (i32.const 4096)))
    (func (export "pins") (result i32) (global.get $pins))
    (func (export "collected") (result i32) (global.get $collected))
    (func (export "same") (param $p i32) (result i32) (local $n i32) (local $q i32)
      (local.set $n (i32.load (i32.sub (local.get $p) (i32.const 4))))
      (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
      (local.set $q (call $new (local.get $n) (i32.const 1)))
      (memory.copy (local.get $q) (local.get $p) (local.get $n))
      (local.get $q))
    (func (export "low") (param $p i32) (result i32) (i32.const 3))
    (func (export "far") (param $p i32) (result i32) (i32.const 65540))
    (func (export "long") (param $p i32) (result i32)
      (i32.store (i32.const 0) (i32.const -1)) (i32.const 4))"""
)
BUFFER = Allocator("__new", "__unpin", shape=FunctionShape.BUFFER)


def test_assemblyscripts_functions_are_called_with_objects(open_guest: OpenGuest) -> None:
    session = open_guest(ASSEMBLYSCRIPT, abi="priostack", profile="assemblyscript")
    assert session.run_allocator(BUFFER, SEVERAL, 10).fault is None
    assert session.call("collected") == (10,)
    found = session.repeat_packed(BUFFER, "same", [b"hello", b""], 350)
    assert found.digest == digest_of(*[b"hello", b""] * 175)
    assert session.call("pins") == (0,)
    assert session.call("collected") == (13,)


@pytest.mark.parametrize("function", ["low", "far", "long"])
def test_an_object_that_is_none_is_told(open_guest: OpenGuest, function: str) -> None:
    session = open_guest(ASSEMBLYSCRIPT, abi="priostack", profile="assemblyscript")
    with pytest.raises(OutOfBounds, match="message 1: the output of"):
        session.repeat_packed(BUFFER, function, [b"a"], 1)

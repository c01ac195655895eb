from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from tests.engines.extism.conftest import EXIT, Load, Make

from plugbay import Limits
from plugbay.errors import (
    BadHostCall,
    CallInterrupted,
    DeadlineExceeded,
    GuestError,
    GuestExit,
    GuestTrap,
    InputTooLarge,
    InvalidHandle,
    MissingExport,
    OutOfMemory,
    OutputTooLarge,
    PermissionDenied,
    PlugbayError,
    VariableStoreFull,
    WrongSignature,
)

if TYPE_CHECKING:
    from plugbay_adapters.extism.reference_guest import ReferenceGuest

ECHO = '(func (export "echo") (call $answer (call $copy)))'
LOOP = '(func (export "loop") (loop $on (br $on)))'
COUNT = """
  (func (export "count") (local $key i64) (local $value i64)
    (local.set $value (call $get (call $byte (i32.const 107))))
    (call $set (call $byte (i32.const 107))
      (call $byte (i32.add (i32.const 1)
        (if (result i32) (i64.eqz (local.get $value)) (then (i32.const 0)) (else (call $load (local.get $value)))))))
    (call $answer (call $get (call $byte (i32.const 107)))))
"""


def failure(guest: ReferenceGuest, function: str = "f", payload: bytes = b"") -> PlugbayError:
    """The error of a call, which must fail."""
    with pytest.raises(PlugbayError) as caught:
        guest.invoke(function, payload)
    assert caught.value.plugin == "guest"
    return caught.value


@pytest.mark.parametrize("payload", [b"", b"hello", bytes(range(256)) * 16])
def test_bytes_go_in_and_out(make: Make, payload: bytes) -> None:
    assert make(ECHO).invoke("echo", payload) == payload


def test_many_payloads_run_in_order_and_a_failure_stands_in_its_place(make: Make) -> None:
    guest = make(ECHO, limits=Limits(input_bytes=4))
    first, second, third = guest.invoke_many("echo", [b"one", b"three", b"two"])
    assert (first, third) == (b"one", b"two")
    assert isinstance(second, InputTooLarge)


def test_many_payloads_end_with_the_one_that_poisoned(make: Make) -> None:
    guest = make('(func (export "f") (if (i64.gt_u (call $size) (i64.const 2)) (then unreachable)))')
    results = guest.invoke_many("f", [b"1", b"333", b"2"])
    assert results[0] == b""
    assert isinstance(results[1], GuestTrap)
    assert len(results) == 2
    assert guest.poisoned


def test_variables_last_from_call_to_call(make: Make) -> None:
    guest = make(COUNT)
    assert [guest.invoke("count", b"") for _ in range(3)] == [b"\1", b"\2", b"\3"]


def test_a_command_gets_a_fresh_instance_for_each_call(make: Make) -> None:
    body = """(global $calls (mut i32) (i32.const 48))
      (func (export "_start")
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (call $answer (call $byte (global.get $calls))))"""
    guest = make(body)
    assert [guest.invoke("_start", b"") for _ in range(2)] == [b"1", b"1"]


def test_an_input_over_its_limit_does_not_go_in(make: Make) -> None:
    error = failure(make(ECHO, limits=Limits(input_bytes=3)), "echo", b"four")
    assert isinstance(error, InputTooLarge)
    assert (error.limit, error.expected, error.found) == ("input_bytes", 3, 4)


def test_an_output_over_its_limit_does_not_come_out(make: Make) -> None:
    guest = make(ECHO, limits=Limits(output_bytes=3))
    error = failure(guest, "echo", b"four")
    assert isinstance(error, OutputTooLarge)
    assert (error.limit, error.expected, error.found) == ("output_bytes", 3, 4)
    assert guest.invoke("echo", b"3") == b"3"


def test_an_output_of_an_impossible_size_is_refused_and_not_read(make: Make) -> None:
    body = """(import "extism:host/env" "store_u64" (func $store64 (param i64 i64)))"""
    guest = make('(func (export "f") (call $store64 (i64.const 57) (i64.const -1)))', imports=body)
    assert isinstance(failure(guest), OutputTooLarge)


@pytest.mark.parametrize("end", ["(i32.const 0)", "(i32.const -1)", "(i32.const 7)"])
def test_an_error_text_fails_the_call_whatever_it_returns(make: Make, end: str) -> None:
    guest = make(f'(func (export "f") (result i32) (call $error (call $copy)) {end})')
    error = failure(guest, payload="naïve".encode())
    assert isinstance(error, GuestError)
    assert (error.reason, error.function) == ("naïve", "f")
    assert not guest.poisoned
    assert failure(guest, payload=b"again").reason == "again"


def test_an_error_text_comes_before_a_trap_beside_it(make: Make) -> None:
    guest = make('(func (export "f") (call $error (call $copy)) unreachable)')
    error = failure(guest, payload=b"why")
    assert isinstance(error, GuestError)
    assert error.reason == "why"
    assert guest.poisoned


@pytest.mark.parametrize(("result", "found"), [("i32.const 5", 5), ("i32.const -1", -1), ("i64.const 0", -1)])
def test_a_code_without_a_text_is_an_error(make: Make, result: str, found: int) -> None:
    guest = make(f'(func (export "f") (result {result[:3]}) {result})')
    error = failure(guest)
    assert isinstance(error, GuestError)
    assert (error.found, guest.poisoned) == (found, False)


@pytest.mark.parametrize(
    ("body", "trap"),
    [
        ("unreachable", "unreachable"),
        ("(drop (i32.div_s (i32.const 1) (i32.const 0)))", "integer divide by zero"),
        ("(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))", "integer overflow"),
        ("(drop (i32.trunc_f32_s (f32.const nan)))", "invalid conversion to integer"),
        ("(drop (i32.load (i32.const -4)))", "out of bounds memory access"),
        ("(call_indirect (i32.const 9))", "out of bounds table access"),
        ("(call_indirect (i32.const 0))", "uninitialized element"),
        ("(call_indirect (param i32) (i32.const 1) (i32.const 1))", "indirect call type mismatch"),
        ("(call $f)", "call stack exhausted"),
    ],
)
def test_a_trap_has_its_name_and_poisons(make: Make, body: str, trap: str) -> None:
    guest = make(f'(memory 1) (table 2 funcref) (elem (i32.const 1) $f) (func $f (export "f") {body})')
    error = failure(guest)
    assert type(error) is GuestTrap
    assert (error.trap, error.function, guest.poisoned) == (trap, "f", True)


def test_a_trap_has_its_frames_by_their_places_in_the_file(make: Make) -> None:
    body = '(memory 1) (func $inner unreachable) (func $start) (start $start) (func (export "f") (call $inner))'
    error = failure(make(body))
    assert isinstance(error, GuestTrap)
    assert [frame.function for frame in error.frames] == ["inner", "function 19"]


@pytest.mark.parametrize("function", ["f", "_start"])
def test_an_exit_with_code_0_is_success(make: Make, function: str) -> None:
    guest = make(f'(func (export "{function}") (call $answer (call $copy)) (call $exit (i32.const 0)))', imports=EXIT)
    assert guest.invoke(function, b"done") == b"done"


@pytest.mark.parametrize("code", [1, 3, 125])
def test_an_exit_with_another_code_is_an_error_with_it(make: Make, code: int) -> None:
    guest = make(f'(func (export "f") (call $exit (i32.const {code})))', imports=EXIT)
    error = failure(guest)
    assert isinstance(error, GuestExit)
    assert (error.exit_code, guest.poisoned) == (code, True)


@pytest.mark.parametrize("code", [126, 134, -1])
def test_an_exit_code_that_wasi_has_not_is_a_trap(make: Make, code: int) -> None:
    guest = make(f'(func (export "f") (call $exit (i32.const {code})))', imports=EXIT)
    assert type(failure(guest)) is GuestTrap
    assert guest.poisoned


def test_an_error_text_comes_before_an_exit(make: Make) -> None:
    guest = make('(func (export "f") (call $error (call $copy)) (call $exit (i32.const 0)))', imports=EXIT)
    error = failure(guest, payload=b"why")
    assert isinstance(error, GuestError)
    assert (error.reason, guest.poisoned) == ("why", True)


def test_a_call_that_never_ends_is_stopped_at_its_deadline(make: Make) -> None:
    guest = make(LOOP, limits=Limits(deadline=0.02))
    error = failure(guest, "loop")
    assert isinstance(error, DeadlineExceeded)
    assert (error.limit, error.expected, guest.poisoned) == ("deadline", 0.02, True)


def test_a_guest_that_claims_a_timeout_is_not_believed(make: Make) -> None:
    guest = make('(func (export "f") (call $error (call $copy)))')
    assert type(failure(guest, payload=b"timeout")) is GuestError
    assert not guest.poisoned
    assert type(failure(guest, payload=b"oom")) is GuestError


def test_a_deadline_stops_no_other_guest_of_the_same_plugin(load: Load) -> None:
    loaded = load(LOOP + ECHO, limits=Limits(deadline=0.05))
    endless, busy = loaded.guest(), loaded.guest()
    stopped: list[PlugbayError] = []
    thread = threading.Thread(target=lambda: stopped.append(failure(endless, "loop")))
    thread.start()
    while thread.is_alive():
        assert busy.invoke("echo", b"x" * 1000) == b"x" * 1000
    assert isinstance(stopped[0], DeadlineExceeded)
    endless.close()
    busy.close()


def test_a_guest_that_is_interrupted_ends_now_and_runs_no_more(make: Make) -> None:
    guest = make(LOOP, limits=Limits(deadline=100))
    caught: list[PlugbayError] = []
    thread = threading.Thread(target=lambda: caught.append(failure(guest, "loop")))
    thread.start()
    guest.interrupt()
    thread.join(60)
    assert isinstance(caught[0], CallInterrupted)
    assert isinstance(failure(guest, "loop"), CallInterrupted)
    assert guest.poisoned


def test_memory_grows_to_its_limit_and_no_further(make: Make) -> None:
    body = '(memory 1) (func (export "f") (if (i32.ne (memory.grow (i32.const 3)) (i32.const 1)) (then unreachable)))'
    assert make(body, limits=Limits(memory_pages=4)).invoke("f", b"") == b""
    guest = make(body, limits=Limits(memory_pages=3))
    error = failure(guest)
    assert isinstance(error, OutOfMemory)
    assert (error.limit, error.expected, guest.poisoned) == ("memory_pages", 3, True)


def test_a_memory_that_starts_at_its_maximum_is_fine(make: Make) -> None:
    assert make('(memory 2 2) (func (export "f"))', limits=Limits(memory_pages=2)).invoke("f", b"") == b""


def test_extism_memory_has_a_limit(make: Make) -> None:
    guest = make('(func (export "f") (loop $on (drop (call $alloc (i64.const 60000))) (br $on)))')
    assert isinstance(failure(guest), OutOfMemory)


def test_a_table_grows_to_its_limit_only(make: Make) -> None:
    body = """(table $t 1 funcref)
      (func (export "f") (result i32) (table.grow $t (ref.null func) (i32.const 9)))"""
    assert failure(make(body, limits=Limits(table_elements=10))).found == 1, "the size before"
    assert failure(make(body, limits=Limits(table_elements=9))).found == -1, "it does not grow"


@pytest.mark.parametrize("bytes_", [0, 10])
def test_variables_have_a_limit(make: Make, bytes_: int) -> None:
    guest = make(COUNT, limits=Limits(var_bytes=bytes_))
    error = failure(guest, "count")
    assert isinstance(error, VariableStoreFull)
    assert (error.limit, error.expected, guest.poisoned) == ("var_bytes", bytes_, True)


@pytest.mark.parametrize(
    "call",
    [
        "(drop (call $config (i64.const 999)))",
        "(drop (call $get (i64.const 999)))",
        "(call $set (i64.const 999) (i64.const 0))",
        "(call $set (call $byte (i32.const 65)) (i64.const 999))",
        "(call $log_error (i64.const 999))",
    ],
)
def test_a_handle_that_is_not_live_is_an_error(make: Make, call: str) -> None:
    assert isinstance(failure(make(f'(func (export "f") {call})')), InvalidHandle)


def test_a_key_that_is_no_utf8_is_an_error(make: Make) -> None:
    guest = make('(func (export "f") (drop (call $config (call $byte (i32.const 255)))))')
    assert isinstance(failure(guest), BadHostCall)


def test_http_is_denied(make: Make) -> None:
    guest = make('(func (export "f") (drop (call $http (call $copy) (i64.const 0))))')
    assert isinstance(failure(guest, payload=b'{"url": "http://example.com"}'), PermissionDenied)
    assert isinstance(
        failure(make('(func (export "f") (drop (call $http (call $copy) (i64.const 0))))'), payload=b"?"), GuestTrap
    )


def test_a_function_that_is_not_there_or_takes_arguments_can_not_be_called(make: Make) -> None:
    guest = make('(func (export "g") (param i32)) (func (export "h") (result i32 i32) i32.const 0 i32.const 0)')
    assert isinstance(failure(guest, "f"), MissingExport)
    assert isinstance(failure(guest, "g"), WrongSignature)
    assert isinstance(failure(guest, "h"), WrongSignature)
    assert not guest.poisoned


def test_log_lines_are_lost_and_fuel_is_not_metered(make: Make) -> None:
    guest = make('(func (export "f") (call $log_error (call $copy)))')
    assert guest.invoke("f", b"a line") == b""
    assert (guest.take_logs(), guest.fuel_used) == ((), None)

"""Host functions written in Python, called by guests on libextism."""

from __future__ import annotations

import traceback
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engines.extism.conftest import Load, Make

from plugbay import Limits
from plugbay.errors import (
    DeadlineExceeded,
    GuestError,
    HostFunctionFailed,
    InvalidHandle,
    OutOfMemory,
    PermissionDenied,
    WrongSignature,
)
from plugbay.functions import FunctionCall, Kind, host_function


def importing(name: str, kind: str, namespace: str = "extism:host/user") -> str:
    return f'(import "{namespace}" "{name}" (func ${name} {kind}))'


UPPER = '(func (export "f") (call $answer (call $upper (call $copy))))'
UPPER_IMPORT = importing("upper", "(param i64) (result i64)")


@host_function
def upper(text: str) -> str:
    return text.upper()


def test_handles_carry_text_both_ways(make: Make) -> None:
    guest = make(UPPER, imports=UPPER_IMPORT, functions=(upper,))
    assert guest.invoke("f", "größe".encode()) == "GRÖSSE".encode()
    assert not guest.batches


def test_no_bytes_are_a_null_handle_both_ways(make: Make) -> None:
    seen: list[bytes | None] = []

    @host_function
    def maybe(data: bytes | None) -> bytes | None:
        seen.append(data)
        return b""

    guest = make(
        '(func (export "f") (result i32) (i64.ne (call $maybe (i64.const 0)) (i64.const 0)))',
        imports=importing("maybe", "(param i64) (result i64)"),
        functions=(maybe,),
    )
    assert guest.invoke("f", b"") == b""
    assert seen == [None]


def test_numbers_travel_as_they_are(load: Load) -> None:
    seen: list[tuple[Any, ...]] = []

    @host_function
    def note(a: int, b: Annotated[int, Kind.INT32], c: float, d: Annotated[float, Kind.FLOAT32], e: bool) -> int:
        seen.append((a, b, c, d, e))
        return -(2**63)

    guest = load(
        """(func (export "f") (result i32) (i64.ne (i64.const 0x8000000000000000)
          (call $note (i64.const -5) (i32.const -6) (f64.const 0.1) (f32.const 0.5) (i32.const 1))))""",
        imports=importing("note", "(param i64 i32 f64 f32 i32) (result i64)"),
        functions=(note,),
    ).guest()
    assert guest.invoke("f", b"") == b""
    assert seen == [(-5, -6, 0.1, 0.5, True)]
    guest.close()


def test_any_payload_goes_through_a_function_unchanged(load: Load) -> None:
    @host_function(name="upper")
    def same(data: bytes | None) -> bytes | None:
        return data

    guest = load(UPPER, imports=UPPER_IMPORT, functions=(same,)).guest()

    @given(st.binary(max_size=2000))
    def goes_through(data: bytes) -> None:
        assert guest.invoke("f", data) == data

    goes_through()
    guest.close()


def test_a_function_is_told_of_the_call(make: Make) -> None:
    seen: list[FunctionCall] = []

    @host_function
    def tell(call: FunctionCall) -> None:
        seen.append(call)

    guest = make('(func (export "f") (call $tell))', imports=importing("tell", ""), functions=(tell,))
    guest.invoke("f", b"")
    assert (seen[0].plugin, seen[0].function) == ("guest", "f")
    assert 0 < seen[0].remaining() <= Limits().deadline


def test_functions_of_several_namespaces_and_odd_names_are_found(make: Make) -> None:
    called: list[str] = []

    @host_function(namespace="env")
    def first() -> None:
        called.append("first")

    @host_function(name="2nd$-_")
    def second() -> None:
        called.append("second")

    guest = make(
        '(func (export "f") (call $first) (call $second) (call $first))',
        imports=importing("first", "", "env") + '(import "extism:host/user" "2nd$-_" (func $second))',
        functions=(second, first, upper),
    )
    guest.invoke("f", b"")
    assert called == ["first", "second", "first"]


def test_an_exception_fails_the_call_at_once_as_the_very_error(make: Make) -> None:
    reason = KeyError("missing")
    after: list[str] = []

    @host_function
    def fail() -> None:
        raise reason

    @host_function
    def later() -> None:
        after.append("later")

    guest = make(
        '(func (export "f") (call $fail) (call $later))',
        imports=importing("fail", "") + importing("later", ""),
        functions=(fail, later),
    )
    with pytest.raises(HostFunctionFailed, match="missing") as caught:
        guest.invoke("f", b"")
    assert caught.value.__cause__ is reason
    assert "in fail" in "".join(traceback.format_exception(caught.value))
    assert (caught.value.plugin, after, guest.poisoned) == ("guest", [], True)


def test_an_error_of_plugbays_comes_out_as_it_went_in(make: Make) -> None:
    error = PermissionDenied("no")

    @host_function
    def fail() -> None:
        raise error

    guest = make('(func (export "f") (call $fail))', imports=importing("fail", ""), functions=(fail,))
    with pytest.raises(PermissionDenied) as caught:
        guest.invoke("f", b"")
    assert caught.value is error
    assert error.function == "extism:host/user.fail"


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_of_the_program_comes_out(
    make: Make, kind: type[BaseException], capfd: pytest.CaptureFixture[str]
) -> None:
    @host_function
    def fail() -> None:
        raise kind

    guest = make('(func (export "f") (call $fail))', imports=importing("fail", ""), functions=(fail,))
    with pytest.raises(kind):
        guest.invoke("f", b"")
    assert guest.poisoned
    assert capfd.readouterr() == ("", ""), "nothing was printed and swallowed"


def test_an_error_text_of_the_guest_does_not_hide_the_exception(make: Make) -> None:
    @host_function
    def fail() -> None:
        raise ValueError

    guest = make(
        '(func (export "f") (call $error (call $copy)) (call $fail))', imports=importing("fail", ""), functions=(fail,)
    )
    with pytest.raises(HostFunctionFailed):
        guest.invoke("f", b"text")


def test_a_handle_that_is_not_live_is_the_guests_error(make: Make) -> None:
    guest = make('(func (export "f") (drop (call $upper (i64.const 77))))', imports=UPPER_IMPORT, functions=(upper,))
    with pytest.raises(InvalidHandle, match="77") as caught:
        guest.invoke("f", b"")
    assert caught.value.function == "extism:host/user.upper"


def test_an_answer_that_does_not_fit_is_an_error(make: Make) -> None:
    @host_function
    def big() -> bytes:
        return bytes(200_000)

    guest = make(
        '(func (export "f") (drop (call $big)))',
        imports=importing("big", "(result i64)"),
        functions=(big,),
        limits=Limits(memory_pages=1),
    )
    with pytest.raises(OutOfMemory):
        guest.invoke("f", b"")


def test_a_function_that_takes_too_long_ends_at_the_deadline_of_its_return(make: Make) -> None:
    @host_function
    def wait(call: FunctionCall) -> None:
        while call.remaining():
            pass

    guest = make(
        '(func (export "f") (call $wait) (loop $on (br $on)))',
        imports=importing("wait", "(; ;)"),
        functions=(wait,),
        limits=Limits(deadline=0.02),
    )
    with pytest.raises(DeadlineExceeded):
        guest.invoke("f", b"")


def test_a_function_of_another_type_is_refused(load: Load) -> None:
    with pytest.raises(WrongSignature):
        load('(func (export "f"))', imports=importing("upper", "(param i32)"), functions=(upper,))


def test_each_guest_has_the_functions_given_for_it(load: Load) -> None:
    loaded = load(UPPER, imports=UPPER_IMPORT, functions=(upper,))
    first = loaded.guest()

    @host_function(name="upper")
    def lower(text: str) -> str:
        return text.lower()

    loaded.functions["extism:host/user.upper"] = lower
    second = loaded.guest()
    assert (first.invoke("f", b"Ab"), second.invoke("f", b"Ab"), first.invoke("f", b"Ab")) == (b"AB", b"ab", b"AB")
    first.close()
    second.close()


def test_a_function_may_call_another_guest(load: Load) -> None:
    inner = load(UPPER, imports=UPPER_IMPORT, functions=(upper,)).guest()
    failing = load('(func (export "f") (call $error (call $copy)))').guest()

    @host_function(name="upper")
    def nested(data: bytes) -> bytes:
        with pytest.raises(GuestError):
            failing.invoke("f", b"no")
        return inner.invoke("f", data)

    outer = load(UPPER, imports=UPPER_IMPORT, functions=(nested,)).guest()
    assert outer.invoke("f", b"deep") == b"DEEP"
    for guest in (outer, inner, failing):
        guest.close()

"""Host functions that are refused, fail, or never return."""

from __future__ import annotations

import asyncio
import struct
import threading

import pytest
from tests.extism.calls import caught
from tests.extism.conftest import Load

from plugbay import Limits, Permissions, host_function
from plugbay.errors import (
    BadHostCall,
    BatchError,
    DeadlineExceeded,
    ForbiddenImport,
    HostFunctionFailed,
    InvalidHandle,
    PermissionDenied,
    StateUnavailable,
    WrongSignature,
)
from plugbay.functions import HostFunction

ALL = Permissions(functions=("*",))
USER = "extism:host/user"


def on_input(name: str, *, namespace: str = USER) -> tuple[str, str]:
    """An import from a handle to a handle, and a function ``f`` that answers what it makes of the input."""
    return (
        f'(import "{namespace}" "{name}" (func $host (param i64) (result i64)))',
        '(func (export "f") (call $answer (call $host (call $input))))',
    )


def u64(value: int) -> bytes:
    return struct.pack("<Q", value)


@host_function
def upper(text: str) -> str:
    return text.upper()


@host_function
def maybe(text: str | None) -> str | None:
    return None if text is None else text * 2


def fails_with(error: BaseException) -> HostFunction:
    @host_function(name="fails")
    def fails(data: bytes | None) -> bytes:
        raise error

    return fails


# ---- what goes wrong -------------------------------------------------------------------------------------------------
def test_a_function_that_was_not_granted_is_refused_when_it_is_called(load: Load) -> None:
    imports, fields = on_input("upper")
    for grants in ((), ("other",), ("other.upper",)):
        plugin = load(fields, imports=imports, functions=(upper,), permissions=Permissions(functions=grants))
        for _ in range(2):
            assert isinstance(caught(plugin, "f", b"a"), PermissionDenied)


def test_an_exception_is_the_error_of_the_call(load: Load) -> None:
    imports, fields = on_input("fails")
    plugin = load(fields, imports=imports, functions=(fails_with(KeyError("lost")),), permissions=ALL)
    for _ in range(2):
        error = caught(plugin, "f", b"a")
        assert isinstance(error, HostFunctionFailed)
        assert "KeyError" in error.reason
        assert "in fails" in error.traceback
        assert isinstance(error.__cause__, KeyError)


def test_an_error_of_plugbay_s_own_passes_as_it_is(load: Load) -> None:
    imports, fields = on_input("fails")
    plugin = load(fields, imports=imports, functions=(fails_with(StateUnavailable("gone")),), permissions=ALL)
    assert isinstance(caught(plugin, "f", b"a"), StateUnavailable)


def test_a_failure_in_a_batch_stays_with_its_message(load: Load) -> None:
    @host_function
    def picky(text: str) -> str:
        if text == "b":
            raise ValueError(text)
        return text

    imports, fields = on_input("picky")
    plugin = load(fields, imports=imports, functions=(picky,), permissions=ALL)
    with pytest.raises(BatchError) as info:
        plugin.call_many("f", [b"a", b"b", b"c", b"b"])
    assert [result if isinstance(result, bytes) else type(result) for result in info.value.results] == [
        b"a",
        HostFunctionFailed,
        b"c",
        HostFunctionFailed,
    ]


@pytest.mark.only("wasmtime", why="libextism's guest that was stopped takes its variables along")
def test_variables_survive_a_function_that_fails(load: Load) -> None:
    imports, _ = on_input("fails")
    plugin = load(
        """(func (export "f") (call $var_set (call $input) (call $input)) (drop (call $host (call $input))))
           (func (export "g") (call $answer (call $var_get (call $input))))""",
        imports=imports,
        functions=(fails_with(ValueError("no")),),
        permissions=ALL,
    )
    assert isinstance(caught(plugin, "f", b"kept"), HostFunctionFailed)
    assert plugin.call("g", b"kept") == b"kept"


@pytest.mark.parametrize("handle", [7, 33, 1 << 20, 1 << 40, (1 << 64) - 1])
def test_what_is_no_handle_is_refused(load: Load, handle: int) -> None:
    imports, _ = on_input("maybe")
    plugin = load(
        f'(func (export "f") (drop (call $host (i64.const {handle}))))',
        imports=imports,
        functions=(maybe,),
        permissions=ALL,
    )
    assert isinstance(caught(plugin, "f"), InvalidHandle)


def test_text_that_is_no_utf_8_is_refused(load: Load) -> None:
    imports, fields = on_input("upper")
    error = caught(load(fields, imports=imports, functions=(upper,), permissions=ALL), "f", b"\xff")
    assert isinstance(error, BadHostCall)
    assert error.parameter == "text"


def test_an_import_of_another_signature_is_told_at_load(load: Load) -> None:
    for signature in ("", "(param i32) (result i64)", "(param i64)", "(param i64 i64) (result i64)"):
        with pytest.raises(WrongSignature, match="upper"):
            load(
                '(func (export "f"))',
                imports=f'(import "{USER}" "upper" (func {signature}))',
                functions=(upper,),
                permissions=ALL,
            )


def test_a_function_that_nobody_offers_is_told_at_load(load: Load) -> None:
    imports, fields = on_input("missing")
    with pytest.raises(ForbiddenImport) as info:
        load(fields, imports=imports, functions=(upper,), permissions=ALL)
    assert "upper" in str(info.value)


# ---- time ------------------------------------------------------------------------------------------------------------
def test_an_async_function_is_waited_for(load: Load) -> None:
    @host_function
    async def later(text: str) -> str:
        await asyncio.sleep(0)
        return text + "!"

    imports, fields = on_input("later")
    plugin = load(fields, imports=imports, functions=(later,), permissions=ALL)
    assert plugin.call("f", b"now") == b"now!"


def test_a_function_that_never_returns_ends_with_the_deadline(load: Load) -> None:
    release = threading.Event()

    @host_function(threaded=True)
    def hangs(data: bytes) -> bytes:
        if data == b"hang":
            release.wait(60)
        return data

    imports, fields = on_input("hangs")
    plugin = load(fields, imports=imports, functions=(hangs,), permissions=ALL, limits=Limits(deadline=0.1))
    assert isinstance(caught(plugin, "f", b"hang"), DeadlineExceeded)
    release.set()
    assert plugin.call("f", b"on") == b"on"


def test_an_async_function_that_never_returns_ends_with_the_deadline(load: Load) -> None:
    @host_function
    async def hangs(data: bytes) -> bytes:
        if data == b"hang":
            await asyncio.Event().wait()
        return data

    imports, fields = on_input("hangs")
    plugin = load(fields, imports=imports, functions=(hangs,), permissions=ALL, limits=Limits(deadline=0.1))
    assert isinstance(caught(plugin, "f", b"hang"), DeadlineExceeded)
    assert plugin.call("f", b"on") == b"on"

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import pytest
import wasmtime
from wasmtime import _bindings as bindings

from plugbay.engines.wasmtime.epoch import EpochTicker
from plugbay.engines.wasmtime.mailbox import INPUT, rows_offset
from plugbay.engines.wasmtime.unchecked import EpochWatch, HostFunction, check_bindings, guest_export
from plugbay.errors import ConfigInvalid


def call_export(store: wasmtime.Store, module: wasmtime.Module, imports: list[Any], name: str, *values: int) -> Any:
    function = wasmtime.Instance(store, module, imports).exports(store)[name]
    assert isinstance(function, wasmtime.Func)
    return function(store, *values)


def test_the_installed_wasmtime_is_declared_as_it_is_called() -> None:
    check_bindings()
    assert hasattr(bindings, "_wasmtime_func_call_unchecked")


def test_a_wasmtime_that_declares_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        argtypes = (ctypes.c_int,)

    monkeypatch.setattr(bindings, "_wasmtime_func_call_unchecked", Other())
    with pytest.raises(ConfigInvalid, match="declares wasmtime_func_call_unchecked otherwise") as caught:
        check_bindings()
    assert "install the wasmtime release" in (caught.value.hint or "")


HOSTED = """(module
  (import "" "f" (func $f (param i64 i32) (result i64)))
  (func (export "go") (param i64 i32) (result i64) (call $f (local.get 0) (local.get 1))))"""


def hosted(body: Callable[..., int | None], kept: list[BaseException]) -> tuple[wasmtime.Store, Any]:
    store = wasmtime.Store(wasmtime.Engine())
    kind = wasmtime.FuncType([wasmtime.ValType.i64(), wasmtime.ValType.i32()], [wasmtime.ValType.i64()])
    function = HostFunction(store, kind, body, kept.append)
    return store, function


def test_a_host_function_gets_raw_values_and_answers_one() -> None:
    seen: list[tuple[int, int]] = []

    def body(first: int, second: int) -> int:
        seen.append((first, second & 0xFFFFFFFF))
        return first + 1

    store, function = hosted(body, [])
    module = wasmtime.Module(store.engine, HOSTED)
    assert call_export(store, module, [function.function], "go", 2**62, 7) == 2**62 + 1
    assert call_export(store, module, [function.function], "go", -2, 7) == -1
    assert seen == [(2**62, 7), (2**64 - 2, 7)]


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(1)])
def test_an_exception_in_a_host_function_traps_the_guest_and_is_kept(error: BaseException) -> None:
    def body(_first: int, _second: int) -> int:
        raise error

    kept: list[BaseException] = []
    store, function = hosted(body, kept)
    module = wasmtime.Module(store.engine, HOSTED)
    with pytest.raises(wasmtime.WasmtimeError, match="host"):
        call_export(store, module, [function.function], "go", 1, 1)
    assert kept == [error]


def watched(verdict: Callable[[], bool], kept: list[BaseException]) -> tuple[wasmtime.Store, EpochWatch, EpochTicker]:
    config = wasmtime.Config()
    config.epoch_interruption = True
    engine = wasmtime.Engine(config)
    store = wasmtime.Store(engine)
    watch = EpochWatch(store, verdict, kept.append)
    ticker = EpochTicker()
    ticker.register(engine)
    return store, watch, ticker


LOOP = '(module (func (export "loop") (loop $again (br $again))))'


def test_a_guest_goes_on_until_the_verdict_is_no() -> None:
    answers = iter([True, True, True, False])
    kept: list[BaseException] = []
    store, watch, ticker = watched(lambda: next(answers), kept)
    with pytest.raises(wasmtime.WasmtimeError, match="epoch"):
        call_export(store, wasmtime.Module(store.engine, LOOP), [], "loop")
    assert list(answers) == []
    assert kept == []
    ticker.unregister(store.engine)
    del watch


def test_a_verdict_that_raises_stops_the_guest_and_is_kept() -> None:
    def verdict() -> bool:
        raise KeyboardInterrupt

    kept: list[BaseException] = []
    store, watch, ticker = watched(verdict, kept)
    with pytest.raises(wasmtime.WasmtimeError):
        call_export(store, wasmtime.Module(store.engine, LOOP), [], "loop")
    assert [type(error) for error in kept] == [KeyboardInterrupt]
    ticker.unregister(store.engine)
    del watch


def test_one_export_is_found_by_name() -> None:
    store = wasmtime.Store()
    module = wasmtime.Module(store.engine, '(module (memory (export "größe") 3))')
    memory = guest_export(store, wasmtime.Instance(store, module, []), "größe")
    assert isinstance(memory, wasmtime.Memory)
    assert memory.size(store) == 3
    with pytest.raises(KeyError, match="other"):
        guest_export(store, wasmtime.Instance(store, module, []), "other")


@pytest.mark.parametrize("size", range(20))
def test_rows_follow_the_frames_on_a_multiple_of_eight(size: int) -> None:
    offset = rows_offset(size)
    assert offset % 8 == 0
    assert 0 <= offset - (INPUT + size) < 8

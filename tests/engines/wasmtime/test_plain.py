from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from plugbay import Limits, Permissions, PluginOptions, Trust
from plugbay.engines.wasmtime.cache import ArtifactCache
from plugbay.engines.wasmtime.engine import WasmtimeEngine
from plugbay.engines.wasmtime.plain import PlainGuest, PlainModule
from plugbay.errors import (
    DeadlineExceeded,
    ForbiddenImport,
    GuestTrap,
    InitFailed,
    OutOfFuel,
    PermissionDenied,
    PointerOutOfBounds,
)
from plugbay.module.binary import read_module
from plugbay.module.source import read_source
from plugbay.module.verified import verify
from plugbay.services import HostServices, HttpClient
from plugbay.state import MemoryStore

Build = Callable[..., PlainGuest]


@pytest.fixture
def build(wat: Callable[[str], bytes], tmp_path: Path) -> Iterator[Build]:
    """Makes a guest of a text, with the imports and limits given."""
    engine = WasmtimeEngine(ArtifactCache(tmp_path / "cache"))

    def make(text: str, limits: Limits | None = None, **imports: Callable[..., Any]) -> PlainGuest:
        module = verify(read_source(wat(text), max_bytes=10**6), Trust())
        options = PluginOptions("plain", limits or Limits())
        plain = PlainModule(engine, module, read_module(module.data, module.digest), options)
        services = HostServices("plain", Permissions(), options.limits, MemoryStore(), HttpClient())
        return plain.instantiate(services, {f"host.{name}": body for name, body in imports.items()})

    yield make
    engine.close()


def test_exports_are_called_by_name(build: Build) -> None:
    with closing(build('(module (func (export "add") (param i32 i64) (result i64) (i64.const 7)))')) as guest:
        assert guest.call("add", 1, 2) == 7
        assert not guest.poisoned


def test_memory_is_read_and_written_within_its_bounds(build: Build) -> None:
    with closing(build('(module (memory (export "memory") 1))')) as guest:
        guest.write(65_530, b"hello!")
        assert guest.read(65_530, 6) == b"hello!"
        assert guest.read(65_536, 0) == b""
        guest.write(65_536, b"")


@pytest.mark.parametrize(("start", "size"), [(65_536, 1), (65_530, 7), (-1, 1), (0, -1), (2**31, 2**31)])
def test_a_pointer_beyond_the_memory_poisons(build: Build, start: int, size: int) -> None:
    with closing(build('(module (memory (export "memory") 1))')) as guest, pytest.raises(PointerOutOfBounds):
        guest.read(start, size)
    with closing(build('(module (memory (export "memory") 1))')) as guest:
        with pytest.raises(PointerOutOfBounds):
            guest.write(65_535, b"xx")
        assert guest.poisoned


def test_imports_get_the_guest_and_their_arguments(build: Build) -> None:
    seen: list[tuple[bytes, int]] = []

    def note(guest: PlainGuest, start: int, size: int) -> int:
        seen.append((guest.read(start, 2), size))
        return -5

    text = """(module
      (import "host" "note" (func $note (param i32 i32) (result i32)))
      (memory (export "memory") 1) (data (i32.const 8) "hi")
      (func (export "go") (result i32) (call $note (i32.const 8) (i32.const -1))))"""
    with closing(build(text, note=note)) as guest:
        assert guest.call("go") == -5
    assert seen == [(b"hi", -1)]


def test_an_import_that_raises_stops_the_guest_with_its_error(build: Build) -> None:
    def refuse(guest: PlainGuest) -> None:
        raise PermissionDenied("no")

    text = '(module (import "host" "f" (func $f)) (func (export "go") (call $f)))'
    with closing(build(text, f=refuse)) as guest:
        with pytest.raises(PermissionDenied):
            guest.call("go")
        assert guest.poisoned


@pytest.mark.parametrize("text", ['(import "host" "g" (func))', '(import "host" "f" (memory 1))'])
def test_what_is_not_provided_is_forbidden(build: Build, text: str) -> None:
    with pytest.raises(ForbiddenImport):
        build(f"(module {text})", f=PlainGuest.begin)


def test_traps_have_names_and_deadlines_and_fuel_hold(build: Build) -> None:
    loop = '(module (func $spin (export "go") (loop $l (br $l))))'
    with closing(build('(module (func $inner (unreachable)) (func (export "go") (call $inner)))')) as guest:
        with pytest.raises(GuestTrap, match="trapped in inner: unreachable"):
            guest.call("go")
        assert guest.poisoned
    with closing(build(loop, Limits(deadline=0.05))) as guest, pytest.raises(DeadlineExceeded):
        guest.call("go")
    with closing(build(loop, Limits(fuel=1000))) as guest, pytest.raises(OutOfFuel):
        guest.call("go")


def test_each_message_has_its_own_fuel(build: Build) -> None:
    text = """(module (func (export "go") (local $i i32)
      (loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))))"""
    with closing(build(text, Limits(fuel=1500))) as guest:
        for _ in range(20):
            guest.begin()
            assert guest.call("go") is None


def test_start_and_initialize_run_once_in_order(build: Build) -> None:
    seen: list[int] = []
    text = """(module
      (import "host" "note" (func $note (param i32)))
      (func $s (call $note (i32.const 1))) (start $s)
      (func (export "_initialize") (call $note (i32.const 2))))"""

    def note(guest: PlainGuest, number: int) -> None:
        seen.append(number)

    with closing(build(text, note=note)):
        assert seen == [1, 2]


@pytest.mark.parametrize(
    ("body", "limits", "error"),
    [
        ("(unreachable)", Limits(), InitFailed),
        ("(loop $l (br $l))", Limits(deadline=0.05), DeadlineExceeded),
        ("(loop $l (br $l))", Limits(fuel=500), OutOfFuel),
    ],
)
def test_a_start_that_fails_is_an_error_of_its_own(
    build: Build, body: str, limits: Limits, error: type[Exception]
) -> None:
    with pytest.raises(error):
        build(f"(module (func $s {body}) (start $s))", limits)


def test_memory_stays_within_its_limit(build: Build) -> None:
    text = '(module (memory (export "memory") 1) (func (export "grow") (result i32) (memory.grow (i32.const 1))))'
    with closing(build(text, Limits(memory_pages=3))) as guest:
        assert [guest.call("grow") for _ in range(4)] == [1, 2, -1, -1]


def test_ctrl_c_stops_it(build: Build) -> None:
    with closing(build('(module (func (export "go") (loop $l (br $l))))', Limits(deadline=60))) as guest:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            guest.call("go")
        assert guest.poisoned

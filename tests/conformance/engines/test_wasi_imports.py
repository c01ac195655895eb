"""WASI preview 1 on every engine, and both engines call by call."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING

import pytest
from tests.conformance.engines.conftest import HOST, OpenGuest, subject_of

from plugbay_conformance.engines.contract import Event, GuestStopped, OutOfBounds, PointerSession, Setting, StopKind
from plugbay_conformance.engines.imports import WASI, offered_imports

if TYPE_CHECKING:
    from plugbay.module.info import FuncType
    from plugbay_conformance.engines.contract import ConformanceEngine

BADF, FAULT, INVAL = 8, 21, 28


def wasi_types() -> dict[str, FuncType]:
    offered = offered_imports(subject_of("(module)"))
    return {name.removeprefix(f"{WASI}."): kind for name, kind in offered.items() if name.startswith(WASI)}


def guest_of_all() -> str:
    imports = [
        f'(import "{WASI}" "{name}" (func ${name} (param {" ".join(kind.params)}) (result {" ".join(kind.results)})))'
        for name, kind in wasi_types().items()
    ]
    exports = [f'(export "{name}" (func ${name}))' for name in wasi_types()]
    return f'(module {" ".join(imports)} (memory (export "memory") 2) {" ".join(exports)})'


@pytest.fixture
def wasi(open_guest: OpenGuest) -> PointerSession:
    return open_guest(guest_of_all())


def test_all_forty_six_functions_are_there(open_guest: OpenGuest) -> None:
    assert len(wasi_types()) == 46
    open_guest(guest_of_all())


def test_there_are_no_arguments_and_no_environment(wasi: PointerSession) -> None:
    for name in ("args", "environ"):
        wasi.write(0, b"\xff" * 8)
        assert wasi.call(f"{name}_sizes_get", 0, 4) == (0,)
        assert wasi.read(0, 8) == bytes(8)
        assert wasi.call(f"{name}_get", 0, 4) == (0,)


def test_lines_that_are_printed_are_log_lines(wasi: PointerSession) -> None:
    wasi.write(100, b"one\ntwo\n\nthree")
    wasi.write(0, struct.pack("<IIII", 100, 6, 106, 8))
    assert wasi.call("fd_write", 1, 0, 2, 64) == (0,)
    assert wasi.read(64, 4) == struct.pack("<I", 14)
    assert wasi.call("fd_write", 2, 0, 1, 64) == (0,)
    assert wasi.events() == [
        Event("log", (b"one",), 2),
        Event("log", (b"two",), 2),
        Event("log", (b"",), 2),
        Event("log", (b"three",), 2),
        Event("log", (b"one",), 3),
        Event("log", (b"tw",), 3),
    ]


def test_a_line_may_be_printed_in_pieces_by_one_call(open_guest: OpenGuest) -> None:
    session = open_guest(f"""(module (import "{WASI}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\\40\\00\\00\\00\\03\\00\\00\\00") (data (i32.const 64) "abc")
      (func (export "f")
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32))))
      (func (export "traps") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
        (unreachable)))""")
    session.call("f")
    assert session.events() == [Event("log", (b"abcabc",), 2)]
    with pytest.raises(GuestStopped):
        session.call("traps")
    assert session.events() == [Event("log", (b"abc",), 2)]


def test_a_write_happens_whole_or_not_at_all(wasi: PointerSession) -> None:
    wasi.write(0, struct.pack("<IIII", 100, 6, 2**31, 8))
    assert wasi.call("fd_write", 1, 0, 2, 64) == (FAULT,)
    assert wasi.events() == []


def test_more_bytes_than_can_be_counted_are_invalid(open_guest: OpenGuest) -> None:
    session = open_guest(guest_of_all().replace('"memory") 2', '"memory") 8'))
    session.write(0, struct.pack("<II", 0, 131072) * 32768)
    assert session.call("fd_write", 1, 0, 32768, 300_000) == (INVAL,)
    assert session.call("fd_write", 1, 0, 32, 300_000) == (0,)
    assert session.read(300_000, 4) == struct.pack("<I", 32 * 131072)


def test_a_stream_that_was_closed_is_gone(wasi: PointerSession) -> None:
    assert wasi.call("fd_close", 1) == (0,)
    assert wasi.call("fd_close", 1) == (BADF,)
    assert wasi.call("fd_write", 1, 0, 0, 64) == (BADF,)
    assert wasi.call("fd_write", 2, 0, 0, 64) == (0,)


def test_the_end_of_the_process_is_an_exit(wasi: PointerSession) -> None:
    with pytest.raises(GuestStopped, match="proc_exit with the code 7") as stopped:
        wasi.call("proc_exit", 7)
    assert stopped.value.kind is StopKind.EXIT


def test_clocks_stand_still_but_for_sleep(open_guest: OpenGuest) -> None:
    session = open_guest(guest_of_all(), Setting(clock=1_000_000))
    subscription = struct.pack("<QB7xI4xQQH6x", 42, 0, 1, 5_000, 0, 0)
    session.write(0, subscription)
    assert session.call("poll_oneoff", 0, 100, 1, 200) == (0,)
    assert session.read(200, 4) == struct.pack("<I", 1)
    assert session.read(100, 32) == struct.pack("<QHB5xQH6x", 42, 0, 0, 0, 0)
    for clock, time in ((0, 1_000_000), (1, 1_005_000)):
        assert session.call("clock_time_get", clock, 0, 300) == (0,)
        assert session.read(300, 8) == struct.pack("<Q", time)


def test_a_guest_that_polls_without_end_is_stopped(open_guest: OpenGuest) -> None:
    session = open_guest(
        f"""(module (import "{WASI}" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1024)
          (func (export "f")
            (loop $l (drop (call $poll (i32.const 0) (i32.const 0) (i32.const 1300000) (i32.const 0))) (br $l))))""",
        Setting(deadline=0.3),
    )
    with pytest.raises(GuestStopped) as stopped:
        session.call("f")
    assert stopped.value.kind is StopKind.DEADLINE


def test_a_guest_that_prints_without_end_is_stopped(open_guest: OpenGuest) -> None:
    session = open_guest(
        f"""(module (import "{WASI}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1024)
          (func (export "f")
            (loop $l (drop (call $write (i32.const 1) (i32.const 0) (i32.const 8000000) (i32.const 64000000)))
              (br $l))))""",
        Setting(deadline=0.3),
    )
    with pytest.raises(GuestStopped) as stopped:
        session.call("f")
    assert stopped.value.kind is StopKind.DEADLINE


def test_without_a_memory_every_pointer_is_wrong(open_guest: OpenGuest) -> None:
    session = open_guest(guest_of_all().replace('(memory (export "memory") 2)', ""))
    assert session.call("clock_time_get", 0, 0, 0) == (FAULT,)
    assert session.call("args_sizes_get", 0, 0) == (FAULT,)
    assert session.call("random_get", 0, 0) == (FAULT,)


def test_both_engines_answer_every_function_alike(
    wasmtime_engine: ConformanceEngine, wazero_engine: ConformanceEngine
) -> None:
    """The same random calls, most of them nearly right, on fresh instances; then memory and log are compared."""
    subject = subject_of(guest_of_all())
    numbers = random.Random(5)
    interesting = [0, 1, 2, 3, 4, 8, 16, 24, 48, 64, 1000, 65536, 131064, 131068, 131072, 131073, 2**31, 2**32 - 1]
    for name, kind in wasi_types().items():
        if name == "proc_exit":
            continue
        contents = numbers.randbytes(512) + bytes(512)
        tries = [
            [
                numbers.choice([*interesting, 2**40, 2**64 - 1] if param == "i64" else interesting)
                for param in kind.params
            ]
            for _ in range(40)
        ]
        found = [transcript(engine, subject, name, contents, tries) for engine in (wasmtime_engine, wazero_engine)]
        assert found[0] == found[1], name


def transcript(
    engine: ConformanceEngine, subject: object, name: str, contents: bytes, tries: list[list[int]]
) -> list[object]:
    session = engine.open_pointers(subject, HOST, Setting())  # type: ignore[arg-type] # a Subject, in a helper
    noted: list[object] = []
    try:
        session.write(0, contents)
        for arguments in tries:
            noted += [arguments, session.call(name, *arguments)]
        noted += [session.read(0, 2 * 65536), session.events()]
    except (GuestStopped, OutOfBounds) as ended:
        noted.append(str(ended))
    finally:
        session.close()
    return noted


@pytest.mark.parametrize("seed", range(6))
def test_both_engines_poll_alike(
    wasmtime_engine: ConformanceEngine, wazero_engine: ConformanceEngine, seed: int
) -> None:
    numbers = random.Random(seed)
    subscriptions = b"".join(
        struct.pack(
            "<QB7xI4xQQH6x",
            numbers.getrandbits(64),
            numbers.choice([0, 0, 1, 2, 2, 3] if seed == 5 else [0, 0, 1, 2]),
            numbers.choice([0, 1, 2, 3]),
            numbers.choice([0, 1, 10**18, 2 * 10**18, 2**64 - 1]),
            0,
            numbers.choice([0, 1, 2, 3]),
        )
        for _ in range(20)
    )
    subject = subject_of(guest_of_all())
    tries = [[48 * numbers.randrange(10), 2000, 1 + numbers.randrange(10), 4000] for _ in range(20)]
    found = [
        transcript(engine, subject, "poll_oneoff", subscriptions, tries) for engine in (wasmtime_engine, wazero_engine)
    ]
    assert found[0] == found[1]

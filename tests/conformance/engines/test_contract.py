"""What every engine for modules with pointers does: calls, memory, start-up, limits and ends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.conformance.engines.conftest import HOST, OpenGuest, subject_of

from plugbay_conformance.engines import ENGINES_OF, open_engine
from plugbay_conformance.engines.contract import ConformanceEngine, GuestStopped, OutOfBounds, Setting, StopKind
from plugbay_conformance.engines.errors import EngineMissing

SHORT = Setting(deadline=0.2)
ENDLESS = '(module (memory (export "memory") 1) (func (export "spin") (loop $again (br $again))))'
NUMBERS = """(module (memory (export "memory") 1)
  (func (export "same32") (param i32) (result i32) (local.get 0))
  (func (export "same64") (param i64) (result i64) (local.get 0))
  (func (export "two") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
  (func (export "float") (result f64) (f64.const -0.5))
  (func (export "small_float") (result f32) (f32.const 1))
  (func (export "takes_float") (param f32))
  (func (export "vector") (result v128) (v128.const i64x2 1 2))
  (func (export "nothing"))
  (global (export "global") i32 (i32.const 1)))"""
TRAPS = """(module (memory (export "memory") 1)
  (func (export "unreachable") (unreachable))
  (func (export "outside") (drop (i32.load (i32.const -1))))
  (func (export "divide") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
  (func $deep (export "deep") (param i64 i64 i64 i64) (result i64)
    (i64.add (local.get 0)
      (call $deep (local.get 3) (local.get 2) (local.get 1) (i64.add (local.get 0) (i64.const 1)))))
  (func (export "fine") (result i32) (i32.const 7)))"""


def test_integers_are_unsigned_both_ways(open_guest: OpenGuest) -> None:
    session = open_guest(NUMBERS)
    assert session.call("same32", 2**32 - 1) == (2**32 - 1,)
    assert session.call("same64", 2**64 - 1) == (2**64 - 1,)
    assert session.call("two", 2**31, 2**63) == (2**63, 2**31)
    assert session.call("nothing") == ()


def test_a_float_is_returned_as_its_bits(open_guest: OpenGuest) -> None:
    session = open_guest(NUMBERS)
    assert session.call("float") == (0xBFE0000000000000,)
    assert session.call("small_float") == (0x3F800000,)


@pytest.mark.parametrize(
    ("export", "arguments", "reason"),
    [
        ("missing", (), "it exports no function named missing"),
        ("global", (), "it exports no function named global"),
        ("same32", (), r"same32 is \(i32\) -> \(i32\) and was called with 0 arguments"),
        ("takes_float", (1,), "only integers can be passed"),
        ("vector", (), "only integers can be passed"),
    ],
)
def test_a_call_that_the_module_has_no_function_for_names_it(
    open_guest: OpenGuest, export: str, arguments: tuple[int, ...], reason: str
) -> None:
    session = open_guest(NUMBERS)
    with pytest.raises(GuestStopped, match=reason) as stopped:
        session.call(export, *arguments)
    assert stopped.value.kind is StopKind.LINK
    assert session.call("same32", 1) == (1,)


@pytest.mark.parametrize("argument", [-1, 2**32])
def test_an_argument_that_is_no_unsigned_integer_of_its_size_is_a_mistake_of_the_case(
    open_guest: OpenGuest, argument: int
) -> None:
    with pytest.raises(ValueError, match="no unsigned i32"):
        open_guest(NUMBERS).call("same32", argument)


def test_memory_is_read_and_written_up_to_its_last_byte(open_guest: OpenGuest) -> None:
    session = open_guest(NUMBERS)
    session.write(65533, b"end")
    assert session.read(65533, 3) == b"end"
    assert session.read(65536, 0) == b""
    session.write(65536, b"")
    assert session.pages() == 1


@pytest.mark.parametrize(
    ("pointer", "length"), [(65534, 3), (65537, 0), (2**32 - 1, 2**32 - 1), (-1, 1), (2**40, 1), (0, 65537)]
)
def test_what_does_not_lie_in_the_memory_is_neither_read_nor_written(
    open_guest: OpenGuest, pointer: int, length: int
) -> None:
    session = open_guest(NUMBERS)
    with pytest.raises(OutOfBounds):
        session.read(pointer, length)
    if length <= 65537:
        with pytest.raises(OutOfBounds):
            session.write(pointer, bytes(length))


def test_a_module_without_a_memory_has_no_bytes(open_guest: OpenGuest) -> None:
    session = open_guest('(module (func (export "f")))')
    with pytest.raises(OutOfBounds, match="exports no memory"):
        session.read(0, 0)
    assert session.pages() == 0


def test_a_memory_that_starts_empty_can_grow(open_guest: OpenGuest) -> None:
    session = open_guest("""(module (memory (export "memory") 0)
      (func (export "grow") (result i32) (memory.grow (i32.const 2))))""")
    assert session.pages() == 0
    assert session.call("grow") == (0,)
    session.write(2 * 65536 - 1, b"x")
    assert session.read(2 * 65536 - 1, 1) == b"x"


@pytest.mark.parametrize("export", ["unreachable", "outside", "deep"])
def test_a_trap_ends_the_session(open_guest: OpenGuest, export: str) -> None:
    session = open_guest(TRAPS)
    arguments = (1, 2, 3, 4) if export == "deep" else ()
    with pytest.raises(GuestStopped) as stopped:
        session.call(export, *arguments)
    assert stopped.value.kind is StopKind.TRAP
    assert stopped.value.reason
    with pytest.raises(GuestStopped) as again:
        session.call("fine")
    assert (again.value.kind, again.value.reason) == (StopKind.TRAP, stopped.value.reason)


def test_a_host_may_go_on_with_an_instance_that_trapped(open_guest: OpenGuest) -> None:
    session = open_guest(TRAPS, host=replace(HOST, keeps_trapped_instance=True))
    with pytest.raises(GuestStopped, match="divide by zero"):
        session.call("divide", 0)
    assert session.call("fine") == (7,)


def test_a_guest_that_hangs_is_stopped_at_its_deadline(open_guest: OpenGuest) -> None:
    session = open_guest(ENDLESS, SHORT)
    with pytest.raises(GuestStopped, match=r"did not answer within 0.2 s") as stopped:
        session.call("spin")
    assert stopped.value.kind is StopKind.DEADLINE
    with pytest.raises(GuestStopped, match="did not answer"):
        session.call("spin")


def test_a_guest_that_hangs_harms_no_other_one(open_guest: OpenGuest) -> None:
    other = open_guest(NUMBERS)
    with pytest.raises(GuestStopped):
        open_guest(ENDLESS, SHORT).call("spin")
    assert other.call("same32", 5) == (5,)


def test_two_sessions_of_a_module_share_nothing(open_guest: OpenGuest) -> None:
    first, second = open_guest(NUMBERS), open_guest(NUMBERS)
    first.write(0, b"mine")
    assert second.read(0, 4) == bytes(4)


def test_the_memory_limit_is_exact(open_guest: OpenGuest) -> None:
    session = open_guest(
        """(module (memory (export "memory") 1 100)
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))""",
        host=replace(HOST, memory_pages=3),
    )
    assert session.call("grow", 3) == (2**32 - 1,)
    assert session.call("grow", 2) == (1,)
    assert session.call("grow", 1) == (2**32 - 1,)
    assert session.pages() == 3


def test_a_module_that_starts_with_too_much_memory_is_not_made(open_guest: OpenGuest) -> None:
    with pytest.raises(GuestStopped, match="starts with 17 pages, over the limit of 16") as stopped:
        open_guest('(module (memory (export "memory") 17))', host=replace(HOST, memory_pages=16))
    assert stopped.value.kind is StopKind.LINK


def test_tables_have_a_limit(open_guest: OpenGuest) -> None:
    session = open_guest("""(module (memory (export "memory") 1) (table 1 funcref) (table $t 2 externref)
      (func (export "grow") (param i32) (result i32) (table.grow $t (ref.null extern) (local.get 0))))""")
    assert session.call("grow", 2**30) == (2**32 - 1,)
    assert session.call("grow", 99_998) == (2,)
    assert session.call("grow", 1) == (2**32 - 1,)
    with pytest.raises(GuestStopped, match="tables start with 100001 elements"):
        open_guest("(module (table 100001 funcref))")


def test_the_start_function_and_initialize_run_once_in_this_order(open_guest: OpenGuest) -> None:
    text = """(module (import "env" "log" (func $log (param i32 i32 i32)))
      (memory (export "memory") 1) (data (i32.const 0) "SI")
      (func $start (call $log (i32.const 2) (i32.const 0) (i32.const 1)))
      (func (export "_initialize") (call $log (i32.const 2) (i32.const 1) (i32.const 1)))
      (start $start))"""
    assert [event.data for event in open_guest(text).events()] == [(b"S",), (b"I",)]
    assert [event.data for event in open_guest(text, host=replace(HOST, runs_initialize=False)).events()] == [(b"S",)]


def test_byte_functions_have_start_ups_of_their_own(open_guest: OpenGuest) -> None:
    text = """(module (memory (export "memory") 1) (global $steps (mut i32) (i32.const 0))
      (func $note (param i32)
        (global.set $steps (i32.add (i32.mul (global.get $steps) (i32.const 10)) (local.get 0))))
      (func (export "__wasm_call_ctors") (call $note (i32.const 1)))
      (func (export "__wbindgen_start") (call $note (i32.const 2)))
      (func (export "steps") (result i32) (global.get $steps)) {})"""
    initialize = '(func (export "_initialize") (call $note (i32.const 3)))'
    assert open_guest(text.format(""), abi="priostack", profile="packed").call("steps") == (12,)
    assert open_guest(text.format(initialize), abi="priostack", profile="packed").call("steps") == (32,)
    assert open_guest(text.format(initialize)).call("steps") == (3,)


@pytest.mark.parametrize(
    ("body", "reason"),
    [("(unreachable)", "unreachable"), ("(loop $l (br $l))", "did not answer"), ("(call $exit)", "proc_exit")],
)
@pytest.mark.parametrize("how", ["(start $start)", '(export "_initialize" (func $start))'])
def test_a_start_up_that_fails_makes_no_session(open_guest: OpenGuest, body: str, reason: str, how: str) -> None:
    text = f"""(module (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
      (memory (export "memory") 1)
      (func $exit (call $proc_exit (i32.const 3)))
      (func $start {body}) {how})"""
    with pytest.raises(GuestStopped, match=f"its start-up failed: .*{reason}") as stopped:
        open_guest(text, SHORT)
    assert stopped.value.kind is StopKind.LINK


def test_data_that_does_not_fit_makes_no_session(open_guest: OpenGuest) -> None:
    with pytest.raises(GuestStopped) as stopped:
        open_guest('(module (memory (export "memory") 1) (data (i32.const 65535) "two"))')
    assert stopped.value.kind is StopKind.LINK


@pytest.mark.parametrize(
    ("imported", "reason"),
    [
        ('(import "env" "launch" (func))', "it imports env.launch, which this host does not have"),
        ('(import "env" "memory" (memory 1))', "it imports env.memory, which"),
        ('(import "env" "now" (func (result i64)))', "it imports env.now, which"),
        ('(import "wbg" "__wbindgen_throw" (func (param i32 i32)))', "it imports wbg.__wbindgen_throw, which"),
        ('(import "extism:host/env" "alloc" (func (param i64) (result i64)))', "it imports extism:host/env.alloc"),
        (
            '(import "env" "log" (func (param i32)))',
            r"env.log as \(i32\) -> \(\); the host has it as \(i32, i32, i32\)",
        ),
        ('(import "env" "log" (global i32))', "env.log as something that is no function"),
    ],
)
def test_an_import_that_the_host_lacks_is_named(open_guest: OpenGuest, imported: str, reason: str) -> None:
    with pytest.raises(GuestStopped, match=reason) as stopped:
        open_guest(f"(module {imported})")
    assert stopped.value.kind is StopKind.LINK


def test_a_host_may_have_fewer_imports(open_guest: OpenGuest) -> None:
    text = '(module (import "env" "log" (func (param i32 i32 i32))) (import "env" "emit" (func (param i32 i32))))'
    open_guest(text, host=replace(HOST, imports=frozenset({"env.log", "env.emit"})))
    with pytest.raises(GuestStopped, match=r"it imports env\.emit, which this host does not have"):
        open_guest(text, host=replace(HOST, imports=frozenset({"env.log"})))


@pytest.mark.parametrize(
    "text",
    [
        '(module (memory (export "memory") 1) (memory 1))',
        "(module (memory i64 1))",
        "(module (func $f (return_call $f)))",
        "(module (memory 1 1 shared))",
    ],
)
def test_what_is_beyond_core_2_is_no_module_here(open_guest: OpenGuest, text: str) -> None:
    with pytest.raises(GuestStopped) as stopped:
        open_guest(text)
    assert stopped.value.kind is StopKind.LINK


def test_a_module_with_vectors_and_bulk_memory_is_one(open_guest: OpenGuest) -> None:
    session = open_guest("""(module (memory (export "memory") 1)
      (func (export "f") (result i32)
        (memory.fill (i32.const 0) (i32.const 7) (i32.const 16))
        (i32x4.extract_lane 0 (v128.load (i32.const 0)))))""")
    assert session.call("f") == (0x07070707,)


def test_an_engine_tells_its_name_and_version(engine: ConformanceEngine) -> None:
    assert engine.name in ENGINES_OF["fluxrig"]
    assert engine.version[0].isdigit()


def test_an_engine_that_does_not_exist_is_missing() -> None:
    with pytest.raises(EngineMissing, match="no engine named 'v8'") as missing:
        open_engine("v8")
    assert "wasmtime" in (missing.value.hint or "")


def test_libextism_runs_no_modules_with_pointers() -> None:
    engine = open_engine("libextism")
    try:
        with pytest.raises(EngineMissing, match="can't run a module of fluxrig"):
            engine.open_pointers(subject_of("(module)"), HOST, Setting())
    finally:
        engine.close()

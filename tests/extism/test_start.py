"""Start-up: what runs before the first call, and commands, which run once."""

from __future__ import annotations

import pytest
from tests.extism.calls import ANSWER, ECHO, SAY, TEXTS, caught
from tests.extism.conftest import PROC_EXIT, Load

from plugbay import Limits, Message
from plugbay.errors import (
    DeadlineExceeded,
    GuestExit,
    GuestTrap,
    InitFailed,
    MissingExport,
)

NOTE = """
  (global $log (mut i64) (i64.const 0))
  (func $note (param $digit i64)
    (global.set $log (i64.add (i64.mul (global.get $log) (i64.const 10)) (local.get $digit))))
  (func (export "log") (result i32) (call $answer_u64 (global.get $log)) (i32.const 0))
"""
SECTION = "(func $start (call $note (i64.const 1))) (start $start)"
CTORS = '(func (export "__wasm_call_ctors") (call $note (i64.const 2)))'
REACTOR = '(func (export "_initialize") (call $note (i64.const 3)))'
HASKELL = """(func (export "hs_init") (param i32 i32)
  (call $note (i64.add (i64.const 4) (i64.extend_i32_u (i32.or (local.get 0) (local.get 1))))))"""


@pytest.mark.only("wasmtime", why="start-up that libextism runs without a deadline is refused")
@pytest.mark.parametrize(
    ("fields", "log"),
    [
        ("", 0),
        (SECTION, 1),
        (CTORS, 2),
        (REACTOR, 3),
        (CTORS + REACTOR, 2),
        (HASKELL, 4),
        (HASKELL + REACTOR, 34),
        (HASKELL + CTORS + REACTOR, 34),
        (HASKELL + CTORS, 4),
        (SECTION + HASKELL + REACTOR, 134),
        (REACTOR.replace('"_initialize")', '"_initialize") (param i32)'), 0),
        (HASKELL + REACTOR.replace('"_initialize")', '"_initialize") (param i32)'), 4),
    ],
)
def test_start_up_runs_once_for_each_instance_in_order(load: Load, fields: str, log: int) -> None:
    plugin = load(f'{NOTE} {fields} (func (export "trap") (unreachable))')
    for _ in range(2):
        assert [int.from_bytes(plugin.call("log", b""), "little") for _ in range(3)] == [log] * 3
        assert isinstance(caught(plugin, "trap"), GuestTrap)


def test_start_functions_can_not_be_called(load: Load) -> None:
    plugin = load(f"{NOTE} {CTORS} {REACTOR}")
    for name in ("_initialize", "__wasm_call_ctors"):
        assert isinstance(caught(plugin, name), MissingExport)


@pytest.mark.parametrize("start", ['(func (export "_initialize") {})', "(func $start {}) (start $start)"])
@pytest.mark.parametrize("body", ["(unreachable)", "(call $proc_exit (i32.const 3))", f"{SAY} (unreachable)"])
def test_a_start_up_that_fails_is_told_at_load(load: Load, start: str, body: str) -> None:
    with pytest.raises(InitFailed):
        load(f"{TEXTS} {ECHO} {start.format(body)}", imports=PROC_EXIT)


def test_a_start_up_that_takes_too_long_is_told_at_load(load: Load) -> None:
    with pytest.raises(DeadlineExceeded):
        load(f'{ECHO} (func (export "_initialize") (loop $more (br $more)))', limits=Limits(deadline=0.05))


@pytest.mark.only("wasmtime", why="libextism has one log for the whole process")
def test_start_up_has_the_kernel(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "plugbay.guest"):
        plugin = load(f"""{TEXTS} (func (export "_initialize")
          (call $var_set (call $block (i32.const 0) (i32.const 6)) (call $block (i32.const 16) (i32.const 6)))
          (call $log_info (call $block (i32.const 16) (i32.const 6))))
          (func (export "f") (call $answer (call $var_get (call $block (i32.const 0) (i32.const 6)))))""")
    assert plugin.call("f", b"") == b"output"
    assert [record.getMessage() for record in caplog.records] == ["output"]


@pytest.mark.only("wasmtime", why="libextism calls start functions as any other")
def test_an_error_at_start_up_is_not_that_of_a_call(load: Load) -> None:
    plugin = load(f'{TEXTS} {ECHO} (func (export "_initialize") {SAY} {ANSWER})')
    assert plugin.call("echo", b"") == b""
    assert plugin.call_many("echo", [b"", b"a"]) == [b"", b"a"]


def test_a_command_runs_in_an_instance_of_its_own_each_time(load: Load) -> None:
    plugin = load("""(global $calls (mut i64) (i64.const 0))
      (func $count
        (global.set $calls (i64.add (global.get $calls) (i64.const 1)))
        (call $answer_u64 (global.get $calls)))
      (func (export "_start") (call $count)) (func (export "count") (call $count))""")
    assert plugin.default_function == "count"
    assert [plugin.call("_start", b"")[0] for _ in range(3)] == [1, 1, 1]
    assert [output[0] for output in plugin.call_many("_start", [b""] * 3)] == [1, 1, 1]
    outcomes = [plugin.process(Message.new(), port="_start") for _ in range(2)]
    assert [outcome.messages[0][1].raw for outcome in outcomes] == [(1).to_bytes(8, "little")] * 2
    assert [plugin.call("count", b"")[0] for _ in range(3)] == [1, 2, 3]


def test_a_command_that_exits_well_is_a_success(load: Load) -> None:
    plugin = load(f'{TEXTS} (func (export "_start") {ANSWER} (call $proc_exit (i32.const 0)))', imports=PROC_EXIT)
    assert plugin.default_function == "_start"
    assert plugin.call_many("_start", [b""] * 3) == [b"output"] * 3


@pytest.mark.parametrize("end", ["(unreachable)", SAY, "(call $proc_exit (i32.const 3))"])
def test_a_command_that_fails_is_not_run_again_in_its_instance(load: Load, end: str) -> None:
    plugin = load(
        f"""{TEXTS} (global $calls (mut i64) (i64.const 0))
          (func (export "_start") (global.set $calls (i64.add (global.get $calls) (i64.const 1)))
            (if (i64.gt_u (global.get $calls) (i64.const 1)) (then (call $proc_exit (i32.const 99))))
            (if (i64.ne (call $input_length) (i64.const 0)) (then {end})))""",
        imports=PROC_EXIT,
    )
    for _ in range(2):
        error = caught(plugin, "_start", b"fail")
        assert not isinstance(error, GuestExit) or error.exit_code == 3
        assert plugin.call("_start", b"") == b""

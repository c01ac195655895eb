from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import wasmtime

from plugbay.engines.wasmtime.epoch import TICK_SECONDS, EpochTicker, process_ticker

PATIENCE = 20.0

QUIET_FORKS = ("-W", "ignore:This process:DeprecationWarning")
"""Python 3.12 and later warn when a process with threads forks."""
FORKED = """
import os, sys
from pathlib import Path
from plugbay import Host, Limits
from plugbay.errors import DeadlineExceeded

with Host() as host, host.load(sys.stdin.buffer.read(), limits=Limits(deadline=0.1), instances=2) as plugin:
    plugin.call("process", b"x")
    child = os.fork()
    for payload in (b"L", b"x", b"L"):
        try:
            assert plugin.call("process", payload) == payload
        except DeadlineExceeded:
            assert payload == b"L"
    if child == 0:
        fresh = host.load(Path(sys.argv[1]).read_bytes(), limits=Limits(deadline=0.1))  # a child may also compile
        assert fresh.call("process", b"x") == b"x"
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    print("both served")
"""


def engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.epoch_interruption = True
    config.parallel_compilation = False
    return wasmtime.Engine(config)


def ticks(engine: wasmtime.Engine) -> bool:
    """Whether a guest that never ends is stopped by the engine's epoch within the patience of the test."""
    store = wasmtime.Store(engine)
    store.set_epoch_deadline(2)
    module = wasmtime.Module(engine, '(module (func (export "loop") (loop $again (br $again))))')
    loop = wasmtime.Instance(store, module, []).exports(store)["loop"]
    assert isinstance(loop, wasmtime.Func)
    try:
        loop(store)
    except wasmtime.Trap as trap:
        return trap.trap_code is wasmtime.TrapCode.INTERRUPT
    return False


def eventually(condition: Callable[[], bool]) -> bool:
    ends = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < ends:
        time.sleep(TICK_SECONDS)
    return condition()


def test_a_registered_engine_is_ticked() -> None:
    ticker, engine_ = EpochTicker(), engine()
    ticker.register(engine_)
    assert ticks(engine_)
    ticker.unregister(engine_)


def test_many_engines_are_ticked_by_one_thread() -> None:
    ticker = EpochTicker()
    engines = [engine() for _ in range(20)]
    for item in engines:
        ticker.register(item)
    assert all(ticks(item) for item in engines)
    for item in engines:
        ticker.unregister(item)


def test_the_thread_ends_when_no_engine_is_registered_and_starts_again() -> None:
    ticker, engine_ = EpochTicker(), engine()
    assert not ticker.alive
    for _ in range(3):
        ticker.register(engine_)
        assert ticker.alive
        ticker.unregister(engine_)
        assert eventually(lambda: not ticker.alive)
    ticker.register(engine_)
    assert ticks(engine_)
    ticker.unregister(engine_)


def test_an_engine_that_is_freed_need_not_be_unregistered() -> None:
    ticker = EpochTicker()
    ticker.register(engine())
    assert eventually(lambda: not ticker.alive)


def test_no_thread_of_the_ticker_runs_while_the_process_forks() -> None:
    ticker, engine_ = EpochTicker(), engine()
    ticker.register(engine_)
    ticker.before_fork()
    assert not ticker.alive
    ticker.after_fork()
    assert ticker.alive
    assert ticks(engine_)
    ticker.unregister(engine_)


def test_after_a_fork_without_engines_no_thread_starts() -> None:
    ticker = EpochTicker()
    ticker.before_fork()
    ticker.after_fork()
    assert not ticker.alive


def test_a_process_has_one_ticker() -> None:
    assert process_ticker() is process_ticker()


def test_deadlines_hold_in_a_forked_child_and_in_its_parent(gear: Callable[..., bytes], tmp_path: object) -> None:
    body = """
      (if (i32.eq (i32.load8_u (local.get $p)) (i32.const 76)) (then (loop $again (br $again))))
      (call $copy (local.get $p) (local.get $n))"""
    other = f"{tmp_path}/other.wasm"
    with open(other, "wb") as file:  # noqa: PTH123 # a path as text goes to the child anyway
        file.write(gear("(nop) (call $copy (local.get $p) (local.get $n))"))
    result = subprocess.run(
        [sys.executable, *QUIET_FORKS, "-c", FORKED, other],
        input=gear(body),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, b"both served\n", b"")

"""Limits of calls, and calls at the same time."""

from __future__ import annotations

import os
import threading

import pytest
from tests.extism.calls import BY_INPUT, ECHO, caught, results_of
from tests.extism.conftest import PROC_EXIT, Load

from plugbay import Limits, Message
from plugbay.errors import (
    CallInterrupted,
    DeadlineExceeded,
    GuestTrap,
    InputTooLarge,
    OutOfFuel,
    OutputTooLarge,
    PlugbayError,
)


def test_the_output_limit_holds_to_the_byte(load: Load) -> None:
    plugin = load(ECHO.replace('"echo"', '"f"'), limits=Limits(output_bytes=100))
    assert plugin.call("f", b"x" * 100) == b"x" * 100
    assert isinstance(caught(plugin, "f", b"x" * 101), OutputTooLarge)
    assert results_of(plugin, [b"x" * 101, b"y", b"x" * 101, b"x" * 100]) == [
        OutputTooLarge,
        b"y",
        OutputTooLarge,
        b"x" * 100,
    ]


@pytest.mark.only("wasmtime", why="libextism keeps the last error text only")
def test_error_texts_count_as_output(load: Load) -> None:
    plugin = load(
        """(func (export "f") (local $n i32) (loop $more
        (call $error_set (call $input))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $more (i32.lt_u (local.get $n) (i32.const 50000)))))""",
        limits=Limits(output_bytes=1000),
    )
    assert isinstance(caught(plugin, "f", b"x" * 10), OutputTooLarge)


def test_the_input_limit_holds_to_the_byte_and_costs_the_instance_nothing(load: Load) -> None:
    plugin = load(
        """(global $calls (mut i64) (i64.const 0))
           (func (export "f") (global.set $calls (i64.add (global.get $calls) (i64.const 1)))
             (call $answer_u64 (global.get $calls)))""",
        limits=Limits(input_bytes=100),
    )
    assert plugin.call("f", b"x" * 100)[0] == 1
    assert isinstance(caught(plugin, "f", b"x" * 101), InputTooLarge)
    assert plugin.call("f", b"")[0] == 2


def test_large_inputs_and_outputs(load: Load) -> None:
    plugin = load(
        '(func (export "f") (call $output_set (call $input_offset) (call $input_length)))',
        limits=Limits(input_bytes=64 << 20, output_bytes=64 << 20, memory_pages=2048),
    )
    for size in (1, 65536, 1 << 20, 60 << 20, 3):
        payload = os.urandom(1000) * (size // 1000) + b"x" * (size % 1000)
        assert plugin.call("f", payload) == payload
    assert plugin.call_many("f", [bytes(30 << 20)] * 3) == [bytes(30 << 20)] * 3


@pytest.mark.only("wasmtime", why="libextism's Python package meters no fuel")
def test_fuel_is_for_each_call(load: Load) -> None:
    plugin = load(BY_INPUT, imports=PROC_EXIT, limits=Limits(fuel=100_000))
    for _ in range(3):
        assert isinstance(caught(plugin, "f", b"l"), OutOfFuel)
        assert plugin.call("f", b"fine") == b"fine"
    assert results_of(plugin, [b"a", b"l", b"b", b"x", b"l"]) == [b"a", OutOfFuel, b"b", b"x", OutOfFuel]
    outcome = plugin.process(Message.new(raw=b"a"))
    assert outcome.fuel is not None
    assert 0 < outcome.fuel < 100_000


def test_the_deadline_is_for_each_call(load: Load) -> None:
    plugin = load(BY_INPUT, imports=PROC_EXIT, limits=Limits(deadline=0.05))
    for _ in range(2):
        assert isinstance(caught(plugin, "f", b"l"), DeadlineExceeded)
        assert plugin.call("f", b"fine") == b"fine"


def test_a_call_that_runs_is_interrupted_by_close(load: Load) -> None:
    plugin = load(BY_INPUT, imports=PROC_EXIT, limits=Limits(deadline=600.0))
    errors: list[PlugbayError] = []
    thread = threading.Thread(target=lambda: errors.append(caught(plugin, "f", b"l")))
    thread.start()
    while plugin._leases.pool.idle:  # pyright: ignore[reportPrivateUsage] # until it is leased
        pass
    plugin.close(drain=False)
    thread.join()
    assert isinstance(errors[0], CallInterrupted)


@pytest.mark.only("wasmtime", why="libextism's tables are its own")
def test_a_plugin_without_tables_needs_no_table_elements(load: Load) -> None:
    assert load(ECHO, limits=Limits(table_elements=0)).call("echo", b"x") == b"x"


def test_threads_share_four_instances(load: Load) -> None:
    plugin = load(BY_INPUT, imports=PROC_EXIT, instances=4, limits=Limits(deadline=60.0))
    wrong: list[object] = []

    def work(name: int) -> None:
        for number in range(200):
            text = b"a %d %d" % (name, number)
            if plugin.call("f", text) != text:
                wrong.append(text)
            if number % 20 == 0 and not isinstance(caught(plugin, "f", b"t"), GuestTrap):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.only("wasmtime", why="libextism is dead in a forked child")
def test_a_forked_child_calls_and_stops_guests(load: Load) -> None:
    plugin = load(BY_INPUT, imports=PROC_EXIT, limits=Limits(deadline=0.1))
    assert plugin.call("f", b"parent") == b"parent"
    child = os.fork()
    if child == 0:
        try:
            good = plugin.call("f", b"in it") == b"in it"
            good = good and isinstance(caught(plugin, "f", b"l"), DeadlineExceeded)
            os._exit(0 if good and plugin.call("f", b"again") == b"again" else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert plugin.call("f", b"parent") == b"parent"

from __future__ import annotations

import contextvars
import threading
import time
from typing import TYPE_CHECKING

import pytest

from plugbay.errors import DeadlineExceeded, HostFunctionFailed
from plugbay.functions import FunctionCall, host_function
from plugbay.functions.workers import ABANDONED, WorkerThreads

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay.functions import HostFunction

NOTE: contextvars.ContextVar[str] = contextvars.ContextVar("note", default="")


def test_a_threaded_function_runs_in_the_callers_context(
    in_table: Callable[[HostFunction], HostFunction], call: FunctionCall
) -> None:
    @host_function(threaded=True)
    def note(call: FunctionCall) -> str:
        return f"{NOTE.get()} {call.plugin}"

    NOTE.set("seen")
    assert in_table(note).invoke(call, []) == b"seen gear"


def test_what_a_threaded_function_raises_is_raised_in_the_calling_thread(
    in_table: Callable[[HostFunction], HostFunction], call: FunctionCall
) -> None:
    @host_function(threaded=True)
    def fails() -> None:
        raise TimeoutError("its own")

    with pytest.raises(HostFunctionFailed, match="TimeoutError: its own") as caught:
        in_table(fails).invoke(call, [])
    assert "in fails" in caught.value.traceback.splitlines()[1]
    assert isinstance(caught.value.__cause__, TimeoutError)

    @host_function(threaded=True)
    def leaves() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        in_table(leaves).invoke(call, [])


def test_a_threaded_function_is_left_behind_at_the_deadline(
    in_table: Callable[[HostFunction], HostFunction], short_call: Callable[[], FunctionCall]
) -> None:
    release = threading.Event()

    @host_function(threaded=True)
    def waits() -> None:
        release.wait(60)

    with pytest.raises(DeadlineExceeded) as caught:
        in_table(waits).invoke(short_call(), [])
    release.set()
    error = caught.value
    assert (error.plugin, error.function, error.limit) == ("gear", "extism:host/user.waits", "deadline")


def test_calls_left_behind_do_not_pile_up(short_call: Callable[[], FunctionCall], call: FunctionCall) -> None:
    release, workers = threading.Event(), WorkerThreads()
    for _ in range(ABANDONED):
        with pytest.raises(DeadlineExceeded):
            workers.run(short_call(), release.wait, [60])
    assert workers.abandoned == ABANDONED
    with pytest.raises(HostFunctionFailed, match="never came back"):
        workers.run(call, release.wait, [60])
    release.set()
    wait_until(lambda: workers.abandoned == 0)
    assert workers.run(call, release.wait, [60]) is True


def test_a_forked_child_has_left_nothing_behind(short_call: Callable[[], FunctionCall], call: FunctionCall) -> None:
    release, workers = threading.Event(), WorkerThreads()
    with pytest.raises(DeadlineExceeded):
        workers.run(short_call(), release.wait, [60])
    workers.after_fork()
    release.set()
    assert (workers.abandoned, workers.run(call, release.wait, [60])) == (0, True)


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until
        time.sleep(0.001)

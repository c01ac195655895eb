from __future__ import annotations

import asyncio
import contextvars
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from plugbay.errors import CallInterrupted, ConfigInvalid, DeadlineExceeded, HostFunctionFailed, PluginClosed
from plugbay.functions import FunctionCall, FunctionTable, host_function
from plugbay.functions.eventloop import BLOCKED_LOOPS, LoopThread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugbay.functions import HostFunction

NOTE: contextvars.ContextVar[str] = contextvars.ContextVar("note", default="")
FORKING = """
import os, time
from plugbay.functions import FunctionCall, FunctionTable, host_function

@host_function
async def pid() -> int:
    return os.getpid()

with FunctionTable([pid]) as table:
    function, call = table["extism:host/user.pid"], FunctionCall("gear")
    assert function.invoke(call, []) == os.getpid()
    child = os.fork()
    if child == 0:
        assert function.invoke(call, []) == os.getpid()
        table.close()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert function.invoke(call, []) == os.getpid()
"""


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    loop = LoopThread()
    yield loop
    loop.close()


def test_an_async_function_runs_on_a_loop_in_the_callers_context(
    in_table: Callable[[HostFunction], HostFunction], call: FunctionCall
) -> None:
    @host_function
    async def note(call: FunctionCall, text: str) -> str:
        await asyncio.sleep(0)
        return f"{NOTE.get()} {call.plugin} {text}"

    NOTE.set("seen")
    assert in_table(note).invoke(call, [b"x"]) == b"seen gear x"


def test_all_calls_share_one_loop(loop: LoopThread, call: FunctionCall) -> None:
    barrier = asyncio.Barrier(4)

    async def meet() -> int:
        await barrier.wait()
        return threading.get_ident()

    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(loop.run, call, meet, []) for _ in range(4)]
        assert len({future.result() for future in futures}) == 1


def test_what_an_async_function_raises_is_the_calls_error(
    in_table: Callable[[HostFunction], HostFunction], call: FunctionCall
) -> None:
    @host_function
    async def fails() -> None:
        await asyncio.sleep(0)
        raise TimeoutError("its own")

    with pytest.raises(HostFunctionFailed, match="TimeoutError: its own") as caught:
        in_table(fails).invoke(call, [])
    assert "in fails" in caught.value.traceback.splitlines()[1]


def test_an_async_function_that_cancels_itself_has_failed(
    in_table: Callable[[HostFunction], HostFunction], call: FunctionCall
) -> None:
    @host_function
    async def cancels() -> None:
        raise asyncio.CancelledError

    with pytest.raises(HostFunctionFailed, match="CancelledError"):
        in_table(cancels).invoke(call, [])


def test_what_ends_a_program_is_raised_in_the_calling_thread_and_the_loop_lives_on(
    loop: LoopThread, call: FunctionCall
) -> None:
    async def leaves() -> None:
        raise SystemExit(3)

    async def answer() -> int:
        return 42

    with pytest.raises(SystemExit):
        loop.run(call, leaves, [])
    assert loop.run(call, answer, []) == 42


def test_over_the_deadline_the_task_is_cancelled(
    in_table: Callable[[HostFunction], HostFunction], call_ending_after: Callable[[threading.Event], FunctionCall]
) -> None:
    started, cancelled = threading.Event(), threading.Event()

    @host_function
    async def waits() -> None:
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    with pytest.raises(DeadlineExceeded) as caught:
        in_table(waits).invoke(call_ending_after(started), [])
    assert cancelled.wait(30)
    assert (caught.value.plugin, caught.value.function) == ("gear", "extism:host/user.waits")


def test_a_loop_that_is_blocked_is_given_up_for_another(
    loop: LoopThread, call: FunctionCall, call_ending_after: Callable[[threading.Event], FunctionCall]
) -> None:
    blocked, release = threading.Event(), threading.Event()

    async def blocks() -> None:
        blocked.set()
        release.wait(60)

    async def where() -> int:
        return threading.get_ident()

    first = loop.run(call, where, [])
    with pytest.raises(DeadlineExceeded):
        loop.run(call_ending_after(blocked), blocks, [])
    assert loop.run(call, where, []) != first
    release.set()


def test_a_neighbour_on_a_blocked_loop_is_told(
    loop: LoopThread, call: FunctionCall, call_ending_after: Callable[[threading.Event], FunctionCall]
) -> None:
    blocked, release, started = threading.Event(), threading.Event(), threading.Event()

    async def waits() -> None:
        started.set()
        await asyncio.sleep(60)

    async def blocks() -> None:
        blocked.set()
        release.wait(60)

    with ThreadPoolExecutor(1) as pool:
        neighbour = pool.submit(loop.run, call, waits, [])
        started.wait()
        with pytest.raises(DeadlineExceeded):
            loop.run(call_ending_after(blocked), blocks, [])
        release.set()
        assert isinstance(neighbour.exception(30), CallInterrupted)


def test_blocked_loops_do_not_pile_up(
    call: FunctionCall,
    call_ending_after: Callable[[threading.Event], FunctionCall],
    loop: LoopThread,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("plugbay.functions.eventloop.BLOCKED_SECONDS", 0.001)
    blocked, release = threading.Event(), threading.Event()

    async def blocks() -> None:
        blocked.set()
        release.wait(60)

    async def answer() -> int:
        return 42

    for _ in range(BLOCKED_LOOPS):
        blocked.clear()
        with pytest.raises(DeadlineExceeded):
            loop.run(call_ending_after(blocked), blocks, [])
    with pytest.raises(HostFunctionFailed, match="blocked"):
        loop.run(call, answer, [])
    release.set()
    until = time.monotonic() + 30
    while True:
        try:
            assert loop.run(call, answer, []) == 42
        except HostFunctionFailed:
            assert time.monotonic() < until
        else:
            break


def test_a_loop_that_would_wait_for_itself_is_an_error(loop: LoopThread, call: FunctionCall) -> None:
    async def answer() -> int:
        return 42

    async def calls_back() -> object:
        return loop.run(call, answer, [])

    with pytest.raises(ConfigInvalid, match="blocks"):
        loop.run(call, calls_back, [])


def test_closing_ends_what_runs(loop: LoopThread, call: FunctionCall) -> None:
    started, ended = threading.Event(), threading.Event()

    async def waits() -> None:
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(loop.run, call, waits, [])
        started.wait()
        loop.close()
        assert ended.is_set()
        assert isinstance(future.exception(30), CallInterrupted)


def test_a_closed_table_runs_no_async_functions(call: FunctionCall) -> None:
    @host_function
    async def answer() -> int:
        return 42

    with FunctionTable([answer]) as table:
        function = table["extism:host/user.answer"]
        assert function.invoke(call, []) == 42
    table.close()
    with pytest.raises(PluginClosed) as caught:
        function.invoke(call, [])
    assert caught.value.plugin == "gear"


def test_a_loop_that_can_not_start_is_an_error(
    loop: LoopThread, call: FunctionCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer() -> int:
        return 42

    def refuse() -> asyncio.AbstractEventLoop:
        raise OSError("too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(asyncio.events, "new_event_loop", refuse)
        with pytest.raises(OSError, match="too many open files"):
            loop.run(call, answer, [])
    assert loop.run(call, answer, []) == 42


def test_a_forked_child_starts_a_loop_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore:This process:DeprecationWarning", "-c", FORKING],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

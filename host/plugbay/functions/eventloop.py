"""Runs async host functions on one event loop, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from plugbay.errors import CallInterrupted, ConfigInvalid, DeadlineExceeded, HostFunctionFailed, PluginClosed
from plugbay.forks import mend_after_fork
from plugbay.functions.runner import Body, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugbay.functions.call import FunctionCall

CLOSE_SECONDS: Final = 5.0
"""Seconds that ``close`` waits for tasks that were told to end."""


BLOCKED_SECONDS: Final = 0.25
"""Seconds after which a loop that does not answer counts as blocked."""
BLOCKED_LOOPS: Final = 8
"""Loops that may be blocked at once; then async functions are refused until one comes back."""


@dataclass(frozen=True, slots=True)
class _Running:
    loop: asyncio.AbstractEventLoop
    stopped: asyncio.Event
    thread: threading.Thread

    def stop(self) -> None:
        """Have it end as soon as it comes to that."""
        self.call_soon(self.stopped.set)

    def call_soon(self, callback: Callable[[], object]) -> None:
        """Call back in the loop's thread; not at all when the loop has ended."""
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(callback)


class LoopThread:
    """One event loop, started by the first call and closed with its owner; what a function keeps open lives on it.

    A function that blocks the loop past its deadline can't be cancelled: the loop is given up and the next call starts
    another.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: _Running | None = None
        self._closed = False
        self._given_up: list[_Running] = []
        self._left_behind: list[_Running | None] = []
        mend_after_fork(self)

    def run(self, call: FunctionCall, body: Body, values: Sequence[Any]) -> Any:
        """Run an async body and wait for it; over the deadline its task is cancelled.

        Raises what it raises, :class:`~plugbay.errors.DeadlineExceeded`, :class:`~plugbay.errors.PluginClosed` after
        ``close()``, :class:`~plugbay.errors.CallInterrupted` when the loop ends meanwhile and
        :class:`~plugbay.errors.HostFunctionFailed` when too many loops are blocked.
        """
        running = self._started(call)
        if threading.current_thread() is running.thread:
            raise ConfigInvalid(
                "an async host function called a plugin that needs the event loop which it blocks",
                plugin=call.plugin,
                hint="await plugin.acall(…) there",
            )
        future = asyncio.run_coroutine_threadsafe(_carry(body, values), running.loop)
        try:
            answer, raised = wait_for(future, call)
        except CancelledError:
            if running is not self._running:
                raise CallInterrupted("the event loop of the host functions was stopped", plugin=call.plugin) from None
            raise
        except DeadlineExceeded:
            future.cancel()
            self._give_up_if_blocked(running)
            raise
        finally:
            future.cancel()
        if raised is not None:
            raise raised
        return answer

    def close(self) -> None:
        """Cancel what runs, wait for it to end and stop the thread."""
        with self._lock:
            self._closed = True
            running, self._running = self._running, None
        if running is not None:
            running.stop()
            running.thread.join(CLOSE_SECONDS)

    def after_fork(self) -> None:
        """Start afresh in a forked child; the parent's loop must not be touched, not even to free it."""
        self._lock = threading.Lock()
        self._left_behind += [*self._given_up, self._running]
        self._given_up, self._running = [], None

    def _started(self, call: FunctionCall) -> _Running:
        with self._lock:
            if self._closed:
                raise PluginClosed("the host is closed", plugin=call.plugin)
            if self._running is None:
                self._given_up = [running for running in self._given_up if running.thread.is_alive()]
                if len(self._given_up) >= BLOCKED_LOOPS:
                    raise HostFunctionFailed(
                        f"{BLOCKED_LOOPS} event loops are blocked by async host functions",
                        plugin=call.plugin,
                        hint="async functions must await; declare those that block with threaded=True",
                    )
                ready: Future[_Running] = Future()
                threading.Thread(target=_serve, args=(ready,), name="plugbay-async", daemon=True).start()
                self._running = ready.result()
            return self._running

    def _give_up_if_blocked(self, running: _Running) -> None:
        answered = threading.Event()
        running.call_soon(answered.set)
        if not answered.wait(BLOCKED_SECONDS):
            with self._lock:
                if self._running is running:
                    self._running = None
                    self._given_up.append(running)
            running.stop()


def _serve(ready: Future[_Running]) -> None:
    """The thread: a loop that runs until it is told to stop, then cancels what is left and closes."""

    async def serve() -> None:
        stopped = asyncio.Event()
        ready.set_result(_Running(asyncio.get_running_loop(), stopped, threading.current_thread()))
        await stopped.wait()

    try:
        with asyncio.Runner() as runner:
            runner.get_loop()  # fails before there is a coroutine that nobody awaits
            runner.run(serve())
    except BaseException as error:
        if ready.done():
            raise
        ready.set_exception(error)


async def _carry(body: Body, values: Sequence[Any]) -> tuple[Any, BaseException | None]:
    """The result, or what was raised: as a value, for asyncio ends its loop at some exceptions and copies others."""
    try:
        return await body(*values), None
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001 # it is raised in the thread that waits
        return None, error

"""Runs host functions in threads that can be given up, because Python can't interrupt one."""

from __future__ import annotations

import contextvars
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final

from plugbay.errors import HostFunctionFailed
from plugbay.forks import mend_after_fork
from plugbay.functions.runner import Body, wait_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay.functions.call import FunctionCall

ABANDONED: Final = 8
"""Calls of one function that may run on after their deadline; with so many it is refused until one comes back."""


class WorkerThreads:
    """The threads of one host function: one per call, gone when the call is over."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._abandoned: set[Future[Any]] = set()
        mend_after_fork(self)

    @property
    def abandoned(self) -> int:
        """Calls that outlived their deadline and still run."""
        return len(self._abandoned)

    def run(self, call: FunctionCall, body: Body, values: Sequence[Any]) -> Any:
        """Run a body and wait for it.

        Raises what it raises, :class:`~plugbay.errors.DeadlineExceeded` when it takes too long, and
        :class:`~plugbay.errors.HostFunctionFailed` when :data:`ABANDONED` earlier calls never came back.
        """
        if self.abandoned >= ABANDONED:
            raise HostFunctionFailed(
                f"{self.abandoned} earlier calls of the host function never came back",
                plugin=call.plugin,
                hint="let the function end by itself: it may ask call.remaining()",
            )
        future: Future[Any] = Future()
        context = contextvars.copy_context()

        def work() -> None:
            try:
                future.set_result(context.run(body, *values))
            except BaseException as error:  # noqa: BLE001 # it is raised in the thread that waits
                future.set_exception(error)

        threading.Thread(target=work, name="plugbay host function", daemon=True).start()
        try:
            return wait_for(future, call)
        finally:
            if not future.done():
                self._abandon(future)

    def after_fork(self) -> None:
        """A forked child has none of its parent's threads."""
        self._lock = threading.Lock()
        self._abandoned = set()

    def _abandon(self, future: Future[Any]) -> None:
        with self._lock:
            self._abandoned.add(future)
        future.add_done_callback(self._forget)

    def _forget(self, future: Future[Any]) -> None:
        with self._lock:
            self._abandoned.discard(future)

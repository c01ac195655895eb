"""Threads that work on some things at once and hand over the results in order."""

from __future__ import annotations

import ctypes
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from time import sleep
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

_GRACE_SECONDS: Final = 0.1
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Workers(Generic[_Item, _Result]):
    """``count`` threads that run ``work``. Use it in a ``with`` statement: leaving it waits for what runs.

    What waits is not begun any more when it is left with an exception. Ctrl-C reaches Python's main thread alone, so a
    KeyboardInterrupt is passed on to the threads, where it stops a guest as it does in the main one.
    """

    def __init__(self, count: int, work: Callable[[_Item], _Result]) -> None:
        self._work = work
        self._executor = ThreadPoolExecutor(count, thread_name_prefix="plugbay-stream")
        self._waiting: deque[Future[_Result]] = deque()
        self._busy: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown(wait=False, cancel_futures=error is not None)
        if isinstance(error, KeyboardInterrupt):
            self._interrupt()
        self._executor.shutdown(wait=True)

    def start(self, item: _Item) -> None:
        """Have the item worked on, as soon as a thread is free."""
        self._waiting.append(self._executor.submit(self._run, item))

    def take(self, *, leave: int) -> Iterator[_Result]:
        """The next results in the order of the items, waiting for them, until at most ``leave`` are not taken yet.

        Raises what ``work`` raised.
        """
        while len(self._waiting) > leave:
            yield self._waiting.popleft().result()

    def _interrupt(self) -> None:
        # What ends by itself is left alone; and an exception that hits a __del__ is lost, so it may take another.
        while self._busy:
            sleep(_GRACE_SECONDS)
            for thread in tuple(self._busy):
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(KeyboardInterrupt))

    def _run(self, item: _Item) -> _Result:
        thread = threading.get_ident()
        self._busy.add(thread)
        try:
            return self._work(item)
        finally:
            self._busy.discard(thread)

"""Threads that work on some things at once and hand over the results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Self, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Workers(Generic[_Item, _Result]):
    """``count`` threads that run ``work``. Use it in a ``with`` statement: leaving it waits for what runs.

    What waits is not begun any more when it is left with an exception. Ctrl-C reaches Python's main thread alone, so
    ``interrupt``, if given, is called for a KeyboardInterrupt; it should make the work that runs end soon.
    """

    def __init__(
        self, count: int, work: Callable[[_Item], _Result], *, interrupt: Callable[[], None] | None = None
    ) -> None:
        self._work = work
        self._interrupt = interrupt
        self._executor = ThreadPoolExecutor(count, thread_name_prefix="plugbay-stream")
        self._waiting: deque[Future[_Result]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown(wait=False, cancel_futures=error is not None)
        if isinstance(error, KeyboardInterrupt) and self._interrupt is not None:
            self._interrupt()
        self._executor.shutdown(wait=True)

    def start(self, item: _Item) -> None:
        """Have the item worked on, as soon as a thread is free."""
        self._waiting.append(self._executor.submit(self._work, item))

    def take(self, *, leave: int) -> Iterator[_Result]:
        """The next results in the order of the items, waiting for them, until at most ``leave`` are not taken yet.

        Raises what ``work`` raised.
        """
        while len(self._waiting) > leave:
            yield self._waiting.popleft().result()

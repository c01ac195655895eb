"""Ctrl-C in the middle of a stream: finish what was begun, write whole messages only, then stop."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Final, Self

from plugbay.errors import StreamUnusable

_READ_BYTES: Final = 1024 * 1024


class Interrupt:
    """While entered, the first Ctrl-C (or SIGTERM) asks the stream to stop; the second one raises KeyboardInterrupt.

    Signals reach Python's main thread only; in another thread this does nothing.
    """

    _SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self._requested = False
        self._waiting = False
        self._former: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._former = {number: signal.signal(number, self._on_signal) for number in self._SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def is_requested(self) -> bool:
        """Whether the stream shall stop."""
        return self._requested

    def chunks(self, descriptor: int) -> Iterator[bytes]:
        """What a file or pipe gives, as it comes, up to its end or the interrupt; empty before it has to be waited for.

        Raises :class:`StreamUnusable`.
        """
        try:
            while not self._requested:
                if not select.select([descriptor], [], [], 0)[0]:
                    yield b""
                if not self._wait_readable(descriptor):
                    return
                chunk = os.read(descriptor, _READ_BYTES)
                if not chunk:
                    return
                yield chunk
        except OSError as error:
            raise StreamUnusable(f"the input can't be read: {error.strerror}") from error

    def _wait_readable(self, descriptor: int) -> bool:
        # A signal may raise only here, where no input has been taken yet, so none is lost.
        self._waiting = True
        try:
            if not self._requested:
                select.select([descriptor], [], [])
        except KeyboardInterrupt:
            pass
        finally:
            self._waiting = False
        return not self._requested

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._waiting or self._requested:
            self._requested = True
            raise KeyboardInterrupt
        self._requested = True

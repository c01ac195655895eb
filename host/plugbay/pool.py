"""The instances of one plugin: leased, returned, thrown away when poisoned, drained at the end."""

from __future__ import annotations

from collections import deque
from threading import Condition
from time import monotonic
from typing import TYPE_CHECKING

from plugbay.errors import PluginClosed, PoolExhausted
from plugbay.forks import mend_after_fork

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay.contracts import GuestInstance


class Pool:
    """At most ``size`` instances, built when needed; a lease waits up to ``patience`` seconds for one.

    The last one returned is leased first, while its memory is warm. A caller in a hurry may ``pop`` from ``idle``
    itself (deques are atomic) and must then call :meth:`give_back`, or append and call :meth:`wake` when ``waiting`` is
    set.
    """

    def __init__(self, build: Callable[[], GuestInstance], *, size: int, patience: float, plugin: str) -> None:
        self.idle: deque[GuestInstance] = deque()
        self.waiting = 0
        self._build = build
        self._size = size
        self._patience = patience
        self._plugin = plugin
        self._built = 0
        self._closed = False
        self._condition = Condition()
        mend_after_fork(self)

    def lease(self) -> GuestInstance:
        """An idle instance, a new one, or the next that is returned.

        Raises :class:`PoolExhausted`, :class:`PluginClosed`, and what building an instance raises.
        """
        try:
            return self.idle.pop()
        except IndexError:
            pass
        ends = monotonic() + self._patience
        with self._condition:
            self.waiting += 1
            try:
                while True:
                    if self._closed:
                        raise PluginClosed("the plugin is closed", plugin=self._plugin)
                    try:
                        return self.idle.pop()
                    except IndexError:
                        if self._built < self._size:
                            self._built += 1
                            break
                    if not self._condition.wait(ends - monotonic()):
                        raise self._exhausted()
            finally:
                self.waiting -= 1
        return self._new()

    def give_back(self, instance: GuestInstance) -> None:
        """End a lease; a poisoned instance is closed and its place freed."""
        if instance.poisoned:
            instance.close()
            with self._condition:
                self._built -= 1
                self._condition.notify()
            return
        self.idle.append(instance)
        if self.waiting:
            self.wake()

    def wake(self) -> None:
        """Tell a waiting thread that an instance was appended to ``idle``."""
        with self._condition:
            self._condition.notify()

    def close(self) -> None:
        """Wait for the leased instances and close all; leases after this raise :class:`PluginClosed`."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
            self.waiting += 1
            while self._built:
                try:
                    self.idle.pop().close()
                    self._built -= 1
                except IndexError:
                    self._condition.wait()
            self.waiting -= 1

    def after_fork(self) -> None:
        """In a child: what other threads had leased is lost with them, and so is a lock that one of them held."""
        self._condition = Condition()
        self.waiting = 0
        self._built = len(self.idle)

    def _new(self) -> GuestInstance:
        try:
            return self._build()
        except BaseException:
            with self._condition:
                self._built -= 1
                self._condition.notify()
            raise

    def _exhausted(self) -> PoolExhausted:
        return PoolExhausted(
            f"all {self._size} instances were busy for {self._patience:g} s",
            plugin=self._plugin,
            limit="instances",
            expected=self._size,
            hint="load the plugin with more instances, or send less at once",
        )

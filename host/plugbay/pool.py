"""The instances of one plugin: leased, returned, thrown away when poisoned, drained at the end."""

from __future__ import annotations

from collections import deque
from threading import Condition, RLock
from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakSet

from plugbay.contracts import InterruptibleGuest
from plugbay.errors import PluginClosed, PoolExhausted
from plugbay.forks import mend_after_fork

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay.contracts import GuestInstance


class _Waiter:
    """Somebody in the queue. Served with an instance, or with the place for a new one (``instance`` is None then)."""

    __slots__ = ("instance", "served", "turn")

    def __init__(self, lock: RLock) -> None:
        self.turn = Condition(lock)
        self.served = False
        self.instance: GuestInstance | None = None

    def serve(self, instance: GuestInstance | None) -> None:
        self.instance = instance
        self.served = True
        self.turn.notify()


class Pool:
    """At most ``size`` instances, built when needed; a lease waits up to ``patience`` seconds for one.

    The last one returned is leased first, while its memory is warm; those who wait are served in turn. A caller in a
    hurry may ``pop`` from ``idle`` itself (deques are atomic) and must then call :meth:`give_back`, or append and call
    :meth:`wake` when anybody is ``waiting``.

    Instances are held weakly, so that one which Ctrl-C takes away between two bytecodes frees its place.
    """

    def __init__(self, build: Callable[[], GuestInstance], *, size: int, patience: float, plugin: str) -> None:
        self.idle: deque[GuestInstance] = deque()
        self.waiting: deque[_Waiter] = deque()
        self._build = build
        self._size = size
        self._patience = patience
        self._plugin = plugin
        self._alive: WeakSet[GuestInstance] = WeakSet()
        self._building = 0
        self._closed = False
        self._interrupting = False
        self._lock = RLock()
        mend_after_fork(self)

    def lease(self) -> GuestInstance:
        """An idle instance, a new one, or the next that is returned.

        Raises :class:`PoolExhausted`, :class:`PluginClosed`, and what building an instance raises.
        """
        try:
            return self.idle.pop()
        except IndexError:
            pass
        instance = None
        with self._lock:
            if self._closed:
                raise self._is_closed()
            try:
                return self.idle.pop()
            except IndexError:
                if self._count() < self._size:
                    self._building += 1
                else:
                    instance = self._queue(monotonic() + self._patience)
        return instance if instance is not None else self._new()

    def give_back(self, instance: GuestInstance) -> None:
        """End a lease; a poisoned instance is closed and its place freed."""
        if instance.poisoned:
            instance.close()
            with self._lock:
                self._alive.discard(instance)
                self._serve()
            return
        self.idle.append(instance)
        if self.waiting:
            self.wake()

    def wake(self) -> None:
        """Hand an instance that was appended to ``idle`` to whoever has waited longest."""
        with self._lock:
            self._serve()

    def close(self, *, drain: bool = True) -> None:
        """Close all instances; leases after this raise :class:`PluginClosed`.

        With ``drain``, what runs on leased ones is waited for; else it is interrupted, where the guest can be.
        """
        with self._lock:
            self._closed = True
            self._interrupting = not drain
            if self._interrupting:
                for running in tuple(self._alive):
                    _interrupt(running)
            for waiter in self.waiting:
                waiter.turn.notify()
            while self.idle or self._count():
                instance = self.idle.pop() if self.idle else self._queue(None)
                if instance is None:
                    self._building -= 1
                else:
                    instance.close()
                    self._alive.discard(instance)
            self._serve()

    def after_fork(self) -> None:
        """In a child: what other threads had leased is lost with them, and so is a lock that one of them held."""
        self._lock = RLock()
        self.waiting.clear()
        self._building = 0
        self._alive = WeakSet(self.idle)

    def _count(self) -> int:
        return len(self._alive) + self._building

    def _serve(self) -> None:
        """Serve those who wait with what is idle or free; the lock is held."""
        while self.waiting:
            try:
                instance = self.idle.pop()
            except IndexError:
                if self._count() >= (1 if self._closed else self._size):  # once closed, only the last gets on
                    return
                self._building += 1
                instance = None
            self.waiting.popleft().serve(instance)

    def _queue(self, ends: float | None) -> GuestInstance | None:
        """Wait for an instance, or for a place to build one (None), until ``ends``; the lock is held.

        Only :meth:`close` waits without an end, and goes on waiting once the pool is closed.
        """
        waiter = _Waiter(self._lock)
        self.waiting.append(waiter)
        try:
            self._serve()  # what a caller in a hurry appended before it could see that somebody waits
            while not waiter.served:
                waiter.turn.wait(None if ends is None else self._left(ends))
        except BaseException:
            self._leave(waiter)
            raise
        return waiter.instance

    def _left(self, ends: float) -> float:
        """Seconds that a lease may still wait."""
        if self._closed:
            raise self._is_closed()
        left = ends - monotonic()
        if left <= 0:
            raise self._exhausted()
        return left

    def _leave(self, waiter: _Waiter) -> None:
        """Take somebody out of the queue, and pass on what it was served with meanwhile; the lock is held."""
        if not waiter.served:
            self.waiting.remove(waiter)
            return
        if waiter.instance is not None:
            self.idle.append(waiter.instance)
        else:
            self._building -= 1
        self._serve()

    def _new(self) -> GuestInstance:
        try:
            instance = self._build()
            with self._lock:
                self._alive.add(instance)
                self._building -= 1
                if self._interrupting:  # it was being built when the pool was closed
                    _interrupt(instance)
        except BaseException:
            with self._lock:
                self._building -= 1
                self._serve()
            raise
        return instance

    def _is_closed(self) -> PluginClosed:
        return PluginClosed("the plugin is closed", plugin=self._plugin)

    def _exhausted(self) -> PoolExhausted:
        return PoolExhausted(
            f"all {self._size} instances were busy for {self._patience:g} s",
            plugin=self._plugin,
            limit="instances",
            expected=self._size,
            hint="load the plugin with more instances, or send less at once",
        )


def _interrupt(instance: GuestInstance) -> None:
    if isinstance(instance, InterruptibleGuest):
        instance.interrupt()

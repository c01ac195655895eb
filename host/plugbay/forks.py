"""Brings objects through a fork: a child has one thread, and a copy of whatever the others were in the middle of."""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet

if TYPE_CHECKING:
    from _thread import LockType


class ForkAware(Protocol):
    """Something that must be mended in a forked child."""

    def after_fork(self) -> None:
        """Called once in the child, where only the forking thread lives on."""
        ...


class _ForkHandlers:
    """The objects to mend and the locks to hold; weakly held, so that being known here keeps nothing alive."""

    def __init__(self) -> None:
        self._known: WeakSet[ForkAware] = WeakSet()
        self._locks: WeakSet[LockType] = WeakSet()
        self._held: list[LockType] = []
        self._lock = Lock()
        self._installed = False

    def add(self, item: ForkAware) -> None:
        with self._lock:
            self._known.add(item)
            self._install()

    def add_lock(self, lock: LockType) -> None:
        with self._lock:
            self._locks.add(lock)
            self._install()

    def _install(self) -> None:
        if not self._installed:
            os.register_at_fork(before=self._hold, after_in_parent=self._release, after_in_child=self._mend)
            self._installed = True

    def _hold(self) -> None:
        with self._lock:
            self._held = list(self._locks)
        for lock in self._held:
            lock.acquire()

    def _release(self) -> None:
        held, self._held = self._held, []
        for lock in held:
            lock.release()

    def _mend(self) -> None:
        self._lock = Lock()
        self._release()
        for item in list(self._known):
            item.after_fork()


_handlers = _ForkHandlers()


def mend_after_fork(item: ForkAware) -> None:
    """Have ``item.after_fork()`` called in every forked child while the item lives."""
    _handlers.add(item)


def hold_during_fork(lock: LockType) -> None:
    """Hold the lock while the process forks, and release it on both sides: what it guards is copied whole.

    Whoever holds it must neither fork nor take another such lock.
    """
    _handlers.add_lock(lock)

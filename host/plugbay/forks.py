"""Brings objects back into order in a forked child: threads and held locks of the parent do not come along."""

from __future__ import annotations

import os
from threading import Lock
from typing import Protocol
from weakref import WeakSet


class ForkAware(Protocol):
    """Something that must be mended in a forked child."""

    def after_fork(self) -> None:
        """Called once in the child, where only the forking thread lives on."""
        ...


class _ForkHandlers:
    """The objects to mend; weakly held, so that being known here keeps nothing alive."""

    def __init__(self) -> None:
        self._known: WeakSet[ForkAware] = WeakSet()
        self._lock = Lock()
        self._installed = False

    def add(self, item: ForkAware) -> None:
        with self._lock:
            self._known.add(item)
            if not self._installed:
                os.register_at_fork(after_in_child=self._mend)
                self._installed = True

    def _mend(self) -> None:
        self._lock = Lock()
        for item in list(self._known):
            item.after_fork()


_handlers = _ForkHandlers()


def mend_after_fork(item: ForkAware) -> None:
    """Have ``item.after_fork()`` called in every forked child while the item lives."""
    _handlers.add(item)

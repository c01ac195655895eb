"""A state store in memory: for tests, for trying a plugin out, and for state that may die with the process."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plugbay.errors import PluginClosed
from plugbay.forks import hold_during_fork
from plugbay.state.contract import ABSENT, Versioned, check_complete, check_quota, check_version, entry_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True)
class _Namespace:
    entries: dict[str, Versioned] = field(default_factory=dict[str, Versioned])
    used: int = 0


class MemoryStore:
    """A :class:`~plugbay.state.StateStore` that lives in this process.

    A forked child starts with a copy and shares nothing with its parent from then on. A fork waits for a commit in
    progress, so the copy is never half written.
    """

    def __init__(self) -> None:
        self._namespaces: dict[str, _Namespace] = {}
        self._revision = ABSENT
        self._closed = False
        self._lock = threading.Lock()
        hold_during_fork(self._lock)

    def get(self, namespace: str, key: str) -> Versioned | None:
        """The value of a key; None when there is none."""
        with self._lock:
            self._check_open()
            space = self._namespaces.get(namespace)
            return None if space is None else space.entries.get(key)

    def snapshot(self, namespace: str) -> dict[str, Versioned]:
        """Every key of a namespace as of one moment."""
        with self._lock:
            self._check_open()
            space = self._namespaces.get(namespace)
            return {} if space is None else dict(space.entries)

    def commit(
        self,
        namespace: str,
        expected: Mapping[str, int],
        writes: Mapping[str, bytes | None],
        *,
        quota_bytes: int,
        complete: bool = False,
    ) -> None:
        """Store ``writes`` if every key of ``expected`` still has that version; see the contract."""
        with self._lock:
            self._check_open()
            space = self._namespaces.get(namespace) or _Namespace()
            entries = space.entries
            for key, version in expected.items():
                found = entries.get(key)
                check_version(namespace, key, version, ABSENT if found is None else found.version)
            if complete:
                check_complete(namespace, expected, len(entries))
            used = space.used + sum(_growth(key, value, entries.get(key)) for key, value in writes.items())
            check_quota(namespace, space.used, used, quota_bytes)
            # Nothing below can fail, which is what makes the commit atomic.
            self._revision += 1
            for key, value in writes.items():
                if value is None:
                    entries.pop(key, None)
                else:
                    entries[key] = Versioned(value, self._revision)
            space.used = used
            self._namespaces[namespace] = space

    def namespaces(self) -> list[str]:
        """The namespaces that hold at least one key, sorted."""
        with self._lock:
            self._check_open()
            return sorted(name for name, space in self._namespaces.items() if space.entries)

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._closed = True
            self._namespaces.clear()

    def _check_open(self) -> None:
        if self._closed:
            raise PluginClosed("the state store is closed")


def _growth(key: str, value: bytes | None, old: Versioned | None) -> int:
    after = 0 if value is None else entry_bytes(key, value)
    return after - (0 if old is None else entry_bytes(key, old.value))

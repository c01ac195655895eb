"""One message's view of a plugin's state: its reads are checked and its writes stored when it succeeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.errors import StateQuotaExceeded
from plugbay.outcome import StateChange
from plugbay.state.contract import ABSENT, Versioned, check_quota, entry_bytes

if TYPE_CHECKING:
    from plugbay.state.contract import StateStore

PROBE_BYTES = 1024 * 1024
"""Bytes of names of missing keys that one message may always ask for; a quota above it raises the bound."""

_PROBE_OVERHEAD = 64
"""About what the host spends on remembering that one key is missing, in bytes."""

_MISSING = Versioned(b"", ABSENT)


class StateTransaction:
    """Reads and writes of one message, reusable for the next one after :meth:`commit` or :meth:`rollback`.

    Nothing is touched in the store before the first read. Reads repeat (a key read twice gives the same value) and see
    the message's own writes. Every version that was read is checked at commit, so a message that succeeds has seen one
    consistent state: a value that rests on another key's is never stored after that key changed. After a snapshot
    this includes that the namespace has no other key.

    What a guest can pile up in the host before it commits is bounded by ``quota_bytes``. For one thread at a time.
    """

    __slots__ = ("_complete", "_held", "_namespace", "_pending", "_probed", "_quota", "_seen", "_store")

    def __init__(self, store: StateStore, namespace: str, quota_bytes: int) -> None:
        self._store = store
        self._namespace = namespace
        self._quota = quota_bytes
        self._seen: dict[str, Versioned] = {}
        self._pending: dict[str, bytes | None] = {}
        self._complete = False
        self._held = 0
        self._probed = 0

    @property
    def touched(self) -> bool:
        """Whether anything was read or written since the last commit or rollback."""
        return bool(self._pending or self._seen) or self._complete

    def get(self, key: str) -> bytes | None:
        """The value of a key as this message sees it; None when there is none."""
        if key in self._pending:
            return self._pending[key]
        seen = self._read(key)
        return None if seen is _MISSING else seen.value

    def put(self, key: str, value: bytes) -> None:
        """Write a key when the message commits.

        Raises :class:`~plugbay.errors.StateQuotaExceeded`, and keeps what was there, when the message's own writes
        alone no longer fit the quota.
        """
        held = self._held + entry_bytes(key, value) - self._pending_bytes(key)
        check_quota(self._namespace, self._held, held, self._quota)
        if key in self._pending and self._pending[key] is None and key not in self._seen:
            self._probed -= entry_bytes(key) + _PROBE_OVERHEAD
        self._held = held
        self._pending[key] = value

    def delete(self, key: str) -> None:
        """Delete a key when the message commits; deleting a missing one is fine."""
        if key not in self._seen and self._pending.get(key, b"") is not None:
            self._probe(key)
        self._held -= self._pending_bytes(key)
        self._pending[key] = None

    def snapshot(self) -> dict[str, bytes]:
        """The whole namespace as this message sees it."""
        if not self._complete:
            self._seen = {**self._store.snapshot(self._namespace), **self._seen}
            self._complete = True
        state = {key: seen.value for key, seen in self._seen.items() if seen is not _MISSING}
        for key, value in self._pending.items():
            if value is None:
                state.pop(key, None)
            else:
                state[key] = value
        return state

    def commit(self) -> StateChange | None:
        """Store the writes and begin anew; None when nothing changed.

        A message that only read has nothing to store and nothing to check: it counts as run before whoever wrote since.
        Raises what :meth:`~plugbay.state.StateStore.commit` raises; the writes are then forgotten.
        """
        if not self._pending:
            if self._seen or self._complete:
                self.rollback()
            return None
        try:
            writes = {key: value for key, value in self._pending.items() if self._changes(key, value)}
            if not writes:
                return None
            expected = {key: seen.version for key, seen in self._seen.items()}
            self._store.commit(self._namespace, expected, writes, quota_bytes=self._quota, complete=self._complete)
        finally:
            self.rollback()
        deleted = frozenset(key for key, value in writes.items() if value is None)
        return StateChange(written=frozenset(writes) - deleted, deleted=deleted)

    def rollback(self) -> None:
        """Forget reads and writes, and begin anew."""
        if self._seen or self._pending or self._complete:
            self._seen.clear()
            self._pending.clear()
            self._complete = False
            self._held = 0
            self._probed = 0

    def _read(self, key: str) -> Versioned:
        seen = self._seen.get(key)
        if seen is None:
            entry_bytes(key)
            seen = None if self._complete else self._store.get(self._namespace, key)
            if seen is None:
                self._probe(key)
                seen = _MISSING
            self._seen[key] = seen
        return seen

    def _changes(self, key: str, value: bytes | None) -> bool:
        """Whether a write differs from what was read; what was not read is taken to differ."""
        if self._complete:
            self._seen.setdefault(key, _MISSING)
        seen = self._seen.get(key)
        if seen is None:
            return True
        return (None if seen is _MISSING else seen.value) != value

    def _pending_bytes(self, key: str) -> int:
        value = self._pending.get(key)
        return 0 if value is None else entry_bytes(key, value)

    def _probe(self, key: str) -> None:
        """Count a key that is remembered but that no quota pays for: read and missing, or deleted unread."""
        bound = max(self._quota, PROBE_BYTES)
        self._probed += entry_bytes(key) + _PROBE_OVERHEAD
        if self._probed > bound:
            raise StateQuotaExceeded(
                f"the message asks for more missing state keys than {bound} bytes of their names",
                plugin=self._namespace,
                limit="state_bytes",
                expected=bound,
                found=self._probed,
            )

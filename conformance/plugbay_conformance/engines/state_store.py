"""The state of one session: bytes by key, no more than a host would keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES: Final = 16 * 1024 * 1024
"""Of all keys and values together, as plugbay's own default."""


class StateStore:
    """What the guest may read and write; keys are texts."""

    def __init__(self, start: Mapping[str, bytes]) -> None:
        self.values = dict(start)
        self._used = sum(len(key.encode()) + len(value) for key, value in start.items())

    def get(self, key: bytes) -> bytes | None:
        """The value, None when there is none or the key is no text."""
        try:
            return self.values.get(key.decode())
        except UnicodeDecodeError:
            return None

    def put(self, key: bytes, value: bytes) -> bool:
        """Keep a value; False when the key is no text or the store would hold too much."""
        try:
            name = key.decode()
        except UnicodeDecodeError:
            return False
        old = self.values.get(name)
        used = self._used + len(value) - len(old) if old is not None else self._used + len(key) + len(value)
        if used > MOST_BYTES:
            return False
        self._used = used
        self.values[name] = value
        return True

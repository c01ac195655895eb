"""The random bytes of a session: they look random, and are the same on every engine and at every run."""

from __future__ import annotations

import hashlib


class RandomStream:
    """The blocks SHA-256(seed, counter), both as 8 little-endian bytes, counter from 0, one after the other."""

    def __init__(self, seed: int) -> None:
        self._seed = (seed % 2**64).to_bytes(8, "little")
        self._counter = 0
        self._rest = b""

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        pieces, held = [self._rest], len(self._rest)
        while held < size:
            pieces.append(hashlib.sha256(self._seed + self._counter.to_bytes(8, "little")).digest())
            self._counter += 1
            held += len(pieces[-1])
        joined = b"".join(pieces)
        self._rest = joined[size:]
        return joined[:size]

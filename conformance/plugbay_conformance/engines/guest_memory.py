"""A memory of a wasmtime instance, read and written with the bounds checked."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Final

from plugbay.limits import PAGE_BYTES
from plugbay_conformance.engines.contract import OutOfBounds

if TYPE_CHECKING:
    import wasmtime

MOST_BYTES: Final = 2**32


class GuestMemory:
    """A memory whose address never changes, as plugbay's engine makes them; it lives as long as its store."""

    def __init__(self, store: wasmtime.Store, memory: wasmtime.Memory) -> None:
        self._store = store
        self._memory = memory
        self._base = ctypes.cast(memory.data_ptr(store), ctypes.c_void_p).value or 0

    @property
    def pages(self) -> int:
        """Its size now, in pages of 64 KiB."""
        return self._memory.data_len(self._store) // PAGE_BYTES

    def check(self, pointer: int, length: int) -> None:
        """Raise :class:`OutOfBounds` when not all of the range lies in the memory; an empty one may lie at its end."""
        size = self._memory.data_len(self._store)
        if pointer < 0 or length < 0 or pointer + length > size:
            raise OutOfBounds(f"{length} bytes at {pointer:#x} do not lie in a memory of {size} bytes")

    def read(self, pointer: int, length: int) -> bytes:
        """A copy of the bytes. Raises :class:`OutOfBounds`."""
        self.check(pointer, length)
        return ctypes.string_at(self._base + pointer, length)

    def write(self, pointer: int, data: bytes) -> None:
        """Put bytes there. Raises :class:`OutOfBounds`."""
        self.check(pointer, len(data))
        ctypes.memmove(self._base + pointer, data, len(data))

    def grow_to(self, size: int) -> None:
        """Make it hold ``size`` bytes at least. Raises wasmtime's error when it may not grow that far."""
        missing = size - self._memory.data_len(self._store)
        if missing > 0:
            self._memory.grow(self._store, -(-missing // PAGE_BYTES))

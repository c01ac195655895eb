"""What one guest meets of the host: its own memory through the host's eyes, the setting, and a journal of its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay_conformance.engines.contract import GuestStopped, OutOfBounds, StopKind
from plugbay_conformance.engines.journal import Journal
from plugbay_conformance.engines.random_stream import RandomStream
from plugbay_conformance.engines.state_store import StateStore
from plugbay_conformance.engines.timer import Timer

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_conformance.engines.contract import Setting
    from plugbay_conformance.engines.guest_memory import GuestMemory

_PIECE: Final = 65536


class Surroundings:
    """Made before the guest is; ``memory`` and ``allocate`` are set once it is there.

    ``allocate`` calls the guest's own allocator. What a guest does wrong raises :class:`GuestStopped`, or
    :class:`OutOfBounds` where the caller has another answer to that.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.journal = Journal()
        self.random = RandomStream(setting.random_seed)
        self.state = StateStore(setting.state)
        self.timer = Timer()
        self.memory: GuestMemory | None = None
        self.allocate: Callable[[int], int] | None = None
        self._allocating = False

    def require_memory(self) -> GuestMemory:
        """The guest's memory. Raises :class:`OutOfBounds` when it exports none."""
        if self.memory is None:
            raise OutOfBounds("the module exports no memory")
        return self.memory

    def lies_in_memory(self, pointer: int, length: int) -> bool:
        """Whether the whole range lies in the guest's memory."""
        try:
            self.require_memory().check(pointer, length)
        except OutOfBounds:
            return False
        return True

    def read(self, function: str, pointer: int, length: int) -> bytes:
        """Bytes that the guest handed to an import. Raises :class:`GuestStopped` when it does not have them."""
        try:
            return self.require_memory().read(pointer, length)
        except OutOfBounds as outside:
            raise GuestStopped(StopKind.TRAP, f"{function} was given {outside}") from None

    def note(self, function: str, *ranges: tuple[int, int], level: int | None = None) -> None:
        """Keep a call whose arguments are ranges of the guest's memory. Raises as :meth:`read` does."""
        if self.journal.has_room(sum(length for _, length in ranges)):
            self.journal.note(function, *(self.read(function, *place) for place in ranges), level=level)
            return
        for pointer, length in ranges:
            self._check(function, pointer, length)
        self.journal.drop()

    def fill_randomly(self, function: str, pointer: int, length: int) -> None:
        """Put random bytes into the guest's memory. Raises :class:`GuestStopped`, also when that takes too long."""
        self._check(function, pointer, length)
        memory = self.require_memory()
        for start in range(0, length, _PIECE):
            memory.write(pointer + start, self.random.take(min(_PIECE, length - start)))
            self.timer.check()

    def hand_over(self, function: str, data: bytes) -> int:
        """Bytes for the guest, in a buffer of its own allocator: packed, 0 when that gave none."""
        pointer = self._allocated(function, len(data))
        if pointer == 0:
            return 0
        try:
            self.require_memory().write(pointer, data)
        except OutOfBounds as outside:
            raise GuestStopped(StopKind.TRAP, f"{function} was given a buffer by the allocator: {outside}") from None
        return pointer << 32 | len(data)

    def _allocated(self, function: str, size: int) -> int:
        if self.allocate is None:
            raise GuestStopped(StopKind.TRAP, f"{function} needs the module's alloc, which is not there")
        if self._allocating:
            raise GuestStopped(StopKind.TRAP, f"{function} was called by the allocator that it needs")
        self._allocating = True
        try:
            return self.allocate(size)
        finally:
            self._allocating = False

    def _check(self, function: str, pointer: int, length: int) -> None:
        try:
            self.require_memory().check(pointer, length)
        except OutOfBounds as outside:
            raise GuestStopped(StopKind.TRAP, f"{function} was given {outside}") from None

"""``poll_oneoff``: what a guest waits for, and what it is told, without anybody waiting."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plugbay.wasi.errnos import Errno

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

SUBSCRIPTION_BYTES: Final = 48
EVENT_BYTES: Final = 32
_SUBSCRIPTION: Final = struct.Struct("<QB7xI4xQQH6x")
"""Userdata, tag; then clock, timeout, precision and flags, or the number of a stream in the clock's place."""
_EVENT: Final = struct.Struct("<QHB5xQH6x")
_CLOCK, _READ, _WRITE = 0, 1, 2
_ABSOLUTE: Final = 1
_HANGUP: Final = 1
_REALTIME, _MONOTONIC = 0, 1
_CHECKED_EVERY: Final = 4096


@dataclass(frozen=True, slots=True)
class Subscription:
    """One thing that a guest waits for; ``subject`` is a clock or a stream."""

    userdata: int
    tag: int
    subject: int
    timeout: int
    is_absolute: bool

    def errno(self, streams: Collection[int]) -> Errno:
        """What is wrong with it, by the streams that are open."""
        if self.tag == _CLOCK:
            return Errno.SUCCESS if self.subject <= _MONOTONIC else Errno.INVAL
        return Errno.SUCCESS if self.subject in streams else Errno.BADF

    def wait(self, streams: Collection[int], realtime: int, monotonic: int) -> int:
        """Nanoseconds until it is due: 0 for a stream, which never blocks, and for an error."""
        if self.tag != _CLOCK or self.errno(streams):
            return 0
        if not self.is_absolute:
            return self.timeout
        return max(self.timeout - (monotonic if self.subject == _MONOTONIC else realtime), 0)

    def event(self, streams: Collection[int]) -> bytes:
        """What the guest is told: standard input has ended, the other streams can be written."""
        errno = self.errno(streams)
        hangup = _HANGUP if self.tag == _READ and not errno else 0
        return _EVENT.pack(self.userdata, errno, self.tag, 0, hangup)


@dataclass(frozen=True, slots=True)
class PollAnswer:
    """The events, and the nanoseconds that the guest would have slept."""

    events: bytes
    slept: int


@dataclass(frozen=True, slots=True)
class Poll:
    """All that one call waits for."""

    subscriptions: tuple[Subscription, ...]

    @classmethod
    def read(cls, listed: bytes, check: Callable[[], None]) -> Poll | None:
        """Read a guest's list, calling ``check`` now and then; None when an entry has a tag that does not exist."""
        found: list[Subscription] = []
        for index, (userdata, tag, subject, timeout, _, flags) in enumerate(_SUBSCRIPTION.iter_unpack(listed)):
            if index % _CHECKED_EVERY == 0:
                check()
            if tag > _WRITE:
                return None
            found.append(Subscription(userdata, tag, subject, timeout, tag == _CLOCK and bool(flags & _ABSOLUTE)))
        return cls(tuple(found))

    def answer(self, streams: Collection[int], realtime: int, monotonic: int) -> PollAnswer:
        """Everything that is due once the shortest wait is over, which it is at once."""
        waits = [item.wait(streams, realtime, monotonic) for item in self.subscriptions]
        shortest = min(waits)
        due = (item for item, wait in zip(self.subscriptions, waits, strict=True) if wait <= shortest)
        return PollAnswer(b"".join(item.event(streams) for item in due), shortest)

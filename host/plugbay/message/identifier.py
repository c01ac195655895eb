"""Entity ids: UUID v7 whose first bits after version and variant say what kind of thing they name.

The 16 bytes, most significant bit first (RFC 9562 for the first four rows, the fluxrig sheet for the fifth)::

    48 bits   Unix time in milliseconds
     4 bits   version, 7
    12 bits   fraction of the millisecond, in units of 1/4096 ms
     2 bits   variant, binary 10
     8 bits   entity type
    54 bits   random

Time and fraction together never repeat within a process, so its ids sort in the order in which they were made.
"""

from __future__ import annotations

import os
import struct
import threading
import time
from array import array
from enum import IntEnum
from typing import NewType

from plugbay.errors import InvalidMessage

EntityId = NewType("EntityId", bytes)
"""16 bytes."""

NIL_ID = EntityId(bytes(16))
"""The id that stands for none."""

_RANDOM_MASK = (1 << 54) - 1
_FIRST_TICK_TOO_LATE = 1 << 60
_PACK = struct.Struct(">QQ").pack


class EntityType(IntEnum):
    """What an id names."""

    MESSAGE = 0x03
    RACK = 0x04
    GEAR = 0x05
    INPUT_PORT = 0x06
    OUTPUT_PORT = 0x07


def new_id(entity_type: EntityType, at_ns: int | None = None) -> EntityId:
    """A fresh id, larger than every id that this process made before; safe in threads and in forked children.

    ``at_ns`` (Unix nanoseconds) makes an id of another time instead; such ids are unique but not ordered among
    themselves within 244 ns. Raises :class:`InvalidMessage` when a UUID v7 can't hold that time.
    """
    tick, random = _SOURCE.take(at_ns)
    return EntityId(
        _PACK((tick >> 12) << 16 | 0x7000 | (tick & 0xFFF), 0b10 << 62 | entity_type << 54 | (random & _RANDOM_MASK))
    )


def entity_type(entity_id: EntityId) -> EntityType | None:
    """What the id names; None when it is not a UUID v7 or carries a type that is not in the sheet."""
    if len(entity_id) != 16 or entity_id[6] >> 4 != 7 or entity_id[8] >> 6 != 0b10:
        return None
    number = (entity_id[8] & 0x3F) << 2 | entity_id[9] >> 6
    return EntityType(number) if number in _KNOWN_TYPES else None


def id_to_text(entity_id: EntityId) -> str:
    """The usual text form of a UUID, 8-4-4-4-12 lower-case hex digits."""
    digits = entity_id.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def id_from_text(text: str) -> EntityId:
    """The id of an 8-4-4-4-12 text, hex digits of either case. Raises :class:`InvalidMessage` for any other text."""
    groups = text.split("-")
    if [len(group) for group in groups] == [8, 4, 4, 4, 12] and text.isascii() and not any(map(str.isspace, text)):
        try:
            return EntityId(bytes.fromhex("".join(groups)))
        except ValueError:
            pass
    raise InvalidMessage(f"{text!r} is not a UUID", expected="8-4-4-4-12 hex digits", found=text)


class _Source:
    """Ticks (1/4096 ms since 1970) that only rise, and random bits, for one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        self._random: list[int] = []
        os.register_at_fork(after_in_child=self._forget)

    def take(self, at_ns: int | None) -> tuple[int, int]:
        """The tick of ``at_ns``, or the next of the present, and at least 54 random bits."""
        with self._lock:
            if not self._random:
                self._random = array("Q", os.urandom(8 * 512)).tolist()
            random = self._random.pop()
            if at_ns is None:
                tick = time.time_ns() * 512 // 125_000
                self._last = tick = tick if tick > self._last else self._last + 1
                return tick, random
        tick = at_ns * 512 // 125_000
        if not 0 <= tick < _FIRST_TICK_TOO_LATE:
            raise InvalidMessage(
                "a UUID v7 can't hold that time", function="at_ns", expected="0 to 2**48 - 1 milliseconds", found=at_ns
            )
        return tick, random

    def _forget(self) -> None:
        """In a forked child: other random bits than the parent's, and a lock that no lost thread holds."""
        self._lock = threading.Lock()
        self._random = []


_KNOWN_TYPES = frozenset(EntityType)
# Order within a process needs one place that knows the last id.
_SOURCE = _Source()

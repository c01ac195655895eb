"""The message that travels between plugins: fluxrig's fluxMsg."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from plugbay.errors import InvalidMessage
from plugbay.message.identifier import NIL_ID, EntityId, EntityType, new_id

PORT_OUT = "out"
"""The port that messages come out by where a plugin has no ports of its own."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One gear that a message passed: which, by which port, and when (Unix nanoseconds)."""

    gear: EntityId
    port: EntityId
    time: int


@dataclass(frozen=True, slots=True)
class Message:
    """One fluxMsg. Make new ones with :meth:`new`, changed ones with :meth:`set` or ``dataclasses.replace``.

    Fields are judged when the message is encoded or by :func:`plugbay.message.rules.validate`, not when it is made, so
    that passing messages along costs nothing. ``data`` holds plain values: None, bool, int (-2**63 to 2**64 - 1),
    float, str, bytes, list and dict with text keys. Treat ``meta`` and ``data`` as read-only: messages share them.
    """

    id: EntityId
    ref_id: EntityId = NIL_ID
    """Parent or correlated message; 16 zero bytes when there is none."""
    trace: str = ""
    """OpenTelemetry trace id, hex."""
    src_id: EntityId = NIL_ID
    """The gear that the message came from at first."""
    meta: Mapping[str, str] = field(default_factory=dict[str, str])
    """Routing flags and protocol headers; binary values as ``hex:`` and hex digits."""
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Business fields."""
    flags: int = 0
    """Bit 0 is a sync probe; the other bits of the 32 are reserved."""
    raw: bytes | None = None
    """The bytes that came in over the wire, when they are kept."""
    path: tuple[Hop, ...] | None = None
    """Hops taken, oldest first."""
    ts: int = 0
    """Creation, Unix nanoseconds."""

    @classmethod
    def new(
        cls,
        data: Mapping[str, Any] | None = None,
        meta: Mapping[str, str] | None = None,
        *,
        ref_id: EntityId = NIL_ID,
        src_id: EntityId = NIL_ID,
        trace: str = "",
        flags: int = 0,
        raw: bytes | None = None,
        path: tuple[Hop, ...] | None = None,
    ) -> Message:
        """A message made now, with an id of its own."""
        own_id = new_id(EntityType.MESSAGE)
        return cls(own_id, ref_id, trace, src_id, meta or {}, data or {}, flags, raw, path, time.time_ns())

    def get(self, path: str, default: Any = None) -> Any:
        """The value at a dotted path of ``data``, such as ``card.pan``; ``default`` where the path leads nowhere."""
        here: object = self.data
        for key in path.split("."):
            if not isinstance(here, Mapping):
                return default
            inner = cast("Mapping[str, object]", here)
            if key not in inner:
                return default
            here = inner[key]
        return here

    def set(self, path: str, value: Any) -> Message:
        """A copy whose ``data`` has the value at the dotted path; maps that are missing on the way are made.

        Only the maps on the path are copied. Raises :class:`InvalidMessage` when something else than a map is in the
        way.
        """
        return replace(self, data=_with(self.data, path.split("."), 0, value))

    def to_cbor(self) -> bytes:
        """The message's bytes on the wire. Raises :class:`InvalidMessage`; see :func:`plugbay.message.cbor.encode`."""
        from plugbay.message.cbor import encode  # cbor is built on this module

        return encode(self)

    @classmethod
    def from_cbor(cls, data: bytes) -> Message:
        """The message in these bytes. Raises :class:`InvalidMessage`; see :func:`plugbay.message.cbor.decode`."""
        from plugbay.message.cbor import decode  # cbor is built on this module

        return decode(data)


def _with(here: Mapping[str, Any], keys: list[str], depth: int, value: object) -> dict[str, Any]:
    """A copy of the map ``here``, ``depth`` keys down the path, with the value at the end of the path."""
    key = keys[depth]
    if depth == len(keys) - 1:
        return {**here, key: value}
    inner = here.get(key, {})
    if not isinstance(inner, Mapping):
        where = f"data.{'.'.join(keys[: depth + 1])}"
        raise InvalidMessage(
            f"{where} is in the way", function=where, expected="a map or nothing", found=type(inner).__name__
        )
    return {**here, key: _with(cast("Mapping[str, Any]", inner), keys, depth + 1, value)}

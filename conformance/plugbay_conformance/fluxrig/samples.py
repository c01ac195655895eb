"""Good messages to send, for any gear: such as run through real systems, and such as reach the edges of the format."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from plugbay.message import Hop, Message
from plugbay.message.identifier import EntityId

if TYPE_CHECKING:
    from plugbay_conformance.case import CaseContext

REQUIREMENT: Final = "conformance.requirement"
"""Key of ``meta`` under which each message of the suite says which requirement it is for."""
NANOSECONDS: Final = 1_795_250_864_480_269_930
NESTED: Final = 29
"""Maps inside each other in the deep sample: with the message and ``data`` one less than what is allowed."""


def id_of(number: int) -> EntityId:
    """An id such as fluxrig's, the same in every run."""
    return EntityId(bytes.fromhex("019ab3c4d5e67f0180c0") + number.to_bytes(6, "big"))


def base_message(context: CaseContext, data: dict[str, Any]) -> Message:
    """A message with something in every field, which names the requirement."""
    return Message(
        id=id_of(1),
        ref_id=id_of(2),
        trace="4bf92f3577b34da6a3ce929d0e0e4736",
        src_id=id_of(3),
        meta={"event.type": "conformance", "remove.me": "now", REQUIREMENT: context.requirement.id},
        data=data,
        flags=1,
        raw=b"\x02\x00\x30\x20\x05\xff",
        path=(Hop(id_of(4), id_of(5), NANOSECONDS - 2_000), Hop(id_of(6), id_of(7), NANOSECONDS - 1_000)),
        ts=NANOSECONDS,
    )


def good_messages(context: CaseContext) -> list[tuple[str, Message]]:
    """Titled messages that any gear must take. Conformance guests echo them, other gears do what they do."""

    def echo(**data: Any) -> Message:
        return base_message(context, {"op": "echo", **data})

    bare = Message(id_of(8), data={"op": "echo"}, meta={REQUIREMENT: context.requirement.id}, ts=NANOSECONDS)
    return [
        ("a card payment", echo(payment=_PAYMENT, card=_CARD, merchant=_MERCHANT)),
        ("an HTTP request", replace(echo(method="POST", path="/users", length=17), meta=_http(context))),
        ("a reading of a sensor", echo(sensor="t-17", celsius=21.5, tags=["roof", "north"], ok=True, error=None)),
        ("a message with nothing in it", bare),
        ("a message in many scripts", replace(echo(name="Grüße, 世界 🚀", Ключ="значение"), trace="trace Ünïcödé ✓")),
        ("a message of large numbers", echo(a=2**64 - 1, b=-(2**63), c=1e300, d=-0.0, e=float("inf"))),
        ("a message with many keys", echo(**{f"field_{number:03}": number for number in range(150)})),
        ("a deeply nested message", echo(deep=_nested(NESTED))),
        ("a message with 63 hops", replace(echo(), path=tuple(Hop(id_of(n), id_of(n + 1), n) for n in range(63)))),
        ("a message with kilobytes of raw bytes", replace(echo(), raw=bytes(range(256)) * 12)),
    ]


def message_of_size(context: CaseContext, size: int) -> bytes:
    """An encoded message of exactly that many bytes, filled up in ``raw``; at least a few hundred."""
    message = base_message(context, {"op": "echo"})
    empty = len(replace(message, raw=b"").to_cbor())
    wanted = max(0, size - empty)
    for length in range(wanted, max(-1, wanted - 6), -1):
        encoded = replace(message, raw=bytes(index % 251 for index in range(length))).to_cbor()
        if len(encoded) <= size:
            return encoded
    return replace(message, raw=b"").to_cbor()


def _nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"end": True}
    for _ in range(levels - 1):
        value = {"in": value}
    return value


def _http(context: CaseContext) -> dict[str, str]:
    return {
        "http.method": "POST",
        "http.path": "/users",
        "peer.ip": "192.0.2.7",
        "peer.port": "50512",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        REQUIREMENT: context.requirement.id,
    }


_PAYMENT: Final = {"id": "pay_1", "amount": 2500, "currency": "EUR", "channel": "pos"}
_CARD: Final = {"hash": "c0ffee", "country": "DE"}
_MERCHANT: Final = {"id": "m_1", "mcc": "5411", "country": "DE"}

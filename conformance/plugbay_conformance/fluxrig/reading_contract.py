"""Asking a module whether it is a conformance guest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugbay.errors import InvalidMessage
from plugbay.message import Message
from plugbay_conformance.case import GuestContract
from plugbay_conformance.engines.contract import Allocator, GuestStopped, OutOfBounds
from plugbay_conformance.fluxrig.exports import ENTRYPOINT, FREE, allocator_name, broken_export
from plugbay_conformance.fluxrig.gear import DEFAULT
from plugbay_conformance.fluxrig.hosts import HOSTS
from plugbay_conformance.fluxrig.samples import NANOSECONDS, id_of

if TYPE_CHECKING:
    from plugbay_conformance.case import Subject
    from plugbay_conformance.engines.contract import ConformanceEngine, PointerSession

_KEYS: Final = ("contract", "abi", "profile", "language", "sdk", "sdk_version")


def read_contract(engine: ConformanceEngine, subject: Subject) -> GuestContract | None:
    """What the module answers to ``contract``; None when it is no conformance guest, whatever it does instead."""
    if broken_export(subject.info) is not None:
        return None
    try:
        session = engine.open_pointers(subject, HOSTS[0], DEFAULT)
        try:
            answer = _ask(session, Allocator(allocator_name(subject.info), FREE))
        finally:
            session.close()
        return _contract(Message.from_cbor(answer).data)
    except (GuestStopped, OutOfBounds, InvalidMessage):
        return None


def _ask(session: PointerSession, allocator: Allocator) -> bytes:
    question = Message(id_of(1), data={"op": "contract"}, ts=NANOSECONDS).to_cbor()
    (pointer,) = session.call(allocator.alloc, len(question))
    session.write(pointer, question)
    (packed,) = session.call(ENTRYPOINT, pointer, len(question))
    return session.read(packed >> 32, packed & 0xFFFF_FFFF)


def _contract(data: Any) -> GuestContract | None:
    values = [data.get(key) for key in _KEYS]
    if not all(isinstance(value, str) for value in values) or not values[0].startswith("plugbay-conformance/"):
        return None
    return GuestContract(*values)

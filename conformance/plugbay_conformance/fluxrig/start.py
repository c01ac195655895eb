"""FLX-010, FLX-012 and FLX-013: starting, and on what little."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import CaseSkipped, fail
from plugbay_conformance.core_2 import outside_core_2
from plugbay_conformance.engines.contract import GuestStopped
from plugbay_conformance.fluxrig.binary import CORE, CORE_PAGES, forbidden_imports, mistyped_imports
from plugbay_conformance.fluxrig.gear import DEFAULT, open_gear
from plugbay_conformance.fluxrig.making import module
from plugbay_conformance.fluxrig.samples import good_messages, message_of_size

if TYPE_CHECKING:
    from plugbay_conformance.case import Case, CaseContext, Subject

_ROUNDS: Final = 25
_SIZES: Final = (200, 1_000, 16_384)


def _starts(context: CaseContext) -> None:
    known = _known_obstacle(context.subject)
    if known is not None and context.host.is_specification:
        raise CaseSkipped(f"it can't start: {known}")
    try:
        context.engine.open_pointers(context.subject, context.host, DEFAULT).close()
    except GuestStopped as stopped:
        fail("the module does not start", expected="an instance", found=stopped.reason)


def _known_obstacle(subject: Subject) -> str | None:
    """What another requirement already finds in the file, and what keeps the module from starting."""
    outside = outside_core_2(subject)
    if outside is not None:
        return f"FLX-001, {outside}"
    if forbidden := forbidden_imports(subject):
        return f"{'FLX-006' if subject.profile == CORE else 'FLX-007'}, it imports {forbidden[0]}"
    mistyped = mistyped_imports(subject)
    return f"FLX-008, {mistyped[0]}" if mistyped else None


def _without_initialize(context: CaseContext) -> None:
    host = replace(context.host, runs_initialize=False)
    with open_gear(context, host=host) as gear:
        for title, message in good_messages(context):
            gear.send(message.to_cbor(), f"{title}, _initialize was not called")


def _in_16_pages(context: CaseContext) -> None:
    if sum(memory.minimum for memory in context.subject.info.memories) > CORE_PAGES:
        raise CaseSkipped("it starts with more than 16 pages, which is FLX-009")
    payloads = [message_of_size(context, size) for size in _SIZES]
    with open_gear(context, host=replace(context.host, memory_pages=CORE_PAGES)) as gear:
        for _ in range(_ROUNDS):
            for payload in payloads:
                gear.send(payload, f"a message of {len(payload)} bytes, with 16 pages of memory")


CASES: Final[tuple[Case, ...]] = (
    module(10, "starts", _starts, on_hosts="a rack refuses it at import or at activation"),
    module(12, "never_initialized", _without_initialize),
    module(13, "sixteen_pages", _in_16_pages),
)

"""FLX-028 to FLX-034: input that is no message, or none that anybody expects, is no trap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cbor2

from plugbay_conformance.case import fail
from plugbay_conformance.fluxrig.bad_cbor import (
    deep_nesting,
    forgettable,
    huge_lengths,
    no_cbor,
    no_flux_messages,
    unusual,
)
from plugbay_conformance.fluxrig.gear import open_gear
from plugbay_conformance.fluxrig.guest import open_guest
from plugbay_conformance.fluxrig.making import guest, module
from plugbay_conformance.fluxrig.samples import base_message, message_of_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.fluxrig.bad_cbor import Input

_FEW_PAGES: Final = 32
"""What a decoder may take for an input of a few bytes: 2 MiB."""


def _no_trap(inputs: Callable[[CaseContext], list[Input]], *, bounded: bool = False) -> Callable[[CaseContext], None]:
    """A case that sends all of these to one instance, and a good message at the end."""

    def run(context: CaseContext) -> None:
        with open_gear(context) as gear:
            gear.send(message_of_size(context, 400))
            for title, data in inputs(context):
                pages = gear.session.pages()
                gear.send(data, title)
                if bounded and gear.session.pages() > pages + _FEW_PAGES:
                    _require_few_pages(context, title, data)
            gear.send(message_of_size(context, 400), "a good message after the bad ones")

    return run


def _require_few_pages(context: CaseContext, title: str, data: bytes) -> None:
    """Raise ``CaseFailed`` when an input makes a fresh instance grow: a collector's heap grows at any message."""
    with open_gear(context) as gear:
        gear.send(message_of_size(context, 400))
        pages = gear.session.pages()
        gear.send(data, title)
        if gear.session.pages() > pages + _FEW_PAGES:
            fail(
                f"the gear takes memory for what is only promised, on {title}",
                expected=f"at most {_FEW_PAGES} pages more than {pages}",
                found=f"{gear.session.pages()} pages",
                input=data,
            )


def _empty(context: CaseContext) -> None:
    with open_gear(context) as gear:
        for _ in range(3):
            gear.send(b"", "an input of no bytes")
        gear.send(message_of_size(context, 400), "a good message after inputs of no bytes")


def _no_trace(context: CaseContext) -> None:
    good = base_message(context, {"op": "echo", "amount": 2500})
    sparse = cbor2.dumps({"id": good.id, "data": {"op": "echo"}})
    with open_guest(context) as clean, open_guest(context) as other:
        for title, bad in forgettable(context):
            other.send(bad, title)
            for what, message in (("a full message", good.to_cbor()), ("a sparse message", sparse)):
                expected = clean.send(message, what).message()
                exchange = other.send(message, f"{what} after {title}")
                for name in expected.__slots__:
                    exchange.require(getattr(expected, name), getattr(exchange.message(), name), name)
            count = clean.call("count").message().data
            other.call("count").require_data("count", {"count": count["count"]})


CASES: Final[tuple[Case, ...]] = (
    module(28, "empty", _empty),
    module(29, "no_cbor", _no_trap(no_cbor)),
    module(30, "huge_lengths", _no_trap(huge_lengths, bounded=True)),
    module(31, "deep_nesting", _no_trap(deep_nesting)),
    module(32, "wrong_types", _no_trap(no_flux_messages)),
    module(33, "unusual", _no_trap(unusual)),
    guest(34, "no_trace", _no_trace),
)

"""Everything that a gear answers with or sends, for the rules of the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import cbor2

from plugbay_conformance.case import CaseSkipped
from plugbay_conformance.fluxrig.buffers import good_inputs
from plugbay_conformance.fluxrig.gear import open_gear

if TYPE_CHECKING:
    from plugbay_conformance.case import CaseContext


@dataclass(frozen=True, slots=True)
class Output:
    """A result, or something sent, and the message that led to it."""

    title: str
    sent: bytes
    data: bytes

    def item(self) -> object:
        """The decoded item. Raises :class:`~plugbay_conformance.case.CaseSkipped` where that can't be told."""
        try:
            value: object = cbor2.loads(self.data)
        except (cbor2.CBORDecodeError, ValueError) as error:
            raise CaseSkipped(f"an answer can't be decoded: {error}") from error
        return value

    def messages(self) -> list[dict[str, Any]]:
        """The maps in it: one, or those of an array; what is no map is another requirement's matter."""
        item = self.item()
        items = cast("list[object]", item) if isinstance(item, list) else [item]
        return [cast("dict[str, Any]", each) for each in items if isinstance(each, dict)]


def outputs_of(context: CaseContext) -> list[Output]:
    """What comes of all good messages.

    Raises :class:`~plugbay_conformance.case.CaseSkipped` for a gear that answers none of them: nothing can be told of
    its answers then.
    """
    outputs: list[Output] = []
    with open_gear(context) as gear:
        for title, data in good_inputs(context):
            answer = gear.send(data, title)
            results = (*answer.sent, answer.result) if answer.result else answer.sent
            outputs += [Output(title, data, result) for result in results if answer.rejection is None]
    if not outputs:
        raise CaseSkipped("the gear answered none of the suite's messages")
    return outputs

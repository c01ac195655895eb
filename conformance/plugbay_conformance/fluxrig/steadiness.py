"""FLX-025 to FLX-027: the ten-thousandth message, the same message again, and messages of every size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cbor2

from plugbay_conformance.case import fail
from plugbay_conformance.fluxrig.buffers import good_inputs
from plugbay_conformance.fluxrig.comparing import first_difference
from plugbay_conformance.fluxrig.gear import open_gear
from plugbay_conformance.fluxrig.guest import calls_of_the_contract
from plugbay_conformance.fluxrig.making import module
from plugbay_conformance.fluxrig.samples import base_message, good_messages, message_of_size
from plugbay_conformance.settling import grows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.fluxrig.answer import Answer
    from plugbay_conformance.fluxrig.gear import Gear

MESSAGES: Final = 10_000
_SETTLING: Final = 1_000
_REPEATED: Final = slice(0, 4, 3)
"""The samples that are sent by the thousand, beside a message of each outcome: a payment, and one with little in it."""
_LARGEST: Final = 65_536
_EDGES: Final = (512, 1024, 2048, 4096, 8192, 16_384, 32_768, _LARGEST)
_DIRT: Final = (1, 3, 30, 200, 1_000, 5_000)


def require_steady(gear: Gear, payloads: Sequence[bytes], count: int, what: str) -> None:
    """Raise ``CaseFailed`` when the memory grows by that many messages, each time again."""
    first, settled = gear.session.pages(), gear.repeat(payloads, _SETTLING, what).pages
    growth = grows(first, settled, lambda: gear.repeat(payloads, count, what).pages, most=gear.memory_pages)
    if growth is not None:
        fail(
            f"{count} messages grow the memory each time: is each input and result freed?",
            expected=f"{growth[0]} pages",
            found=f"{growth[1]} pages after {count} times {what}",
            input=payloads[0],
        )


def _no_growth(context: CaseContext) -> None:
    messages = (*good_messages(context)[_REPEATED], *calls_of_the_contract(context, only=("drop", "fail")))
    with open_gear(context) as gear:
        require_steady(gear, [message.to_cbor() for _, message in messages], MESSAGES, "good messages")


def _same_answers(context: CaseContext) -> None:
    inputs = good_inputs(context)
    with open_gear(context) as clean, open_gear(context) as other:
        _make_dirty(other, context)
        for title, data in inputs:
            first, second = clean.send(data, title), other.send(data, title)
            _require_same(first, second, title, data)
            _make_dirty(other, context)


def _make_dirty(gear: Gear, context: CaseContext) -> None:
    """Leave other bytes behind in the memory, and move the place of the next block."""
    blocks = [gear.allocate(size) for size in _DIRT]
    for block in blocks:
        if block.pointer:
            gear.session.write(block.pointer, context.random.randbytes(block.length))
    for block in blocks[1:]:
        if block.pointer:
            gear.free(block)


def _require_same(first: Answer, second: Answer, title: str, data: bytes) -> None:
    for mine, other in zip((first.result, *first.sent), (second.result, *second.sent), strict=False):
        difference = None if mine == other else first_difference(_value(mine), _value(other), "the answer")
        if difference is not None:
            fail(
                f"two instances answered {title} differently: {difference.place} differs",
                expected=difference.expected,
                found=difference.found,
                input=data,
                output=other,
            )
    if (len(first.sent), first.rejection) != (len(second.sent), second.rejection):
        fail(
            f"two instances answered {title} differently",
            expected=first.summary(),
            found=second.summary(),
            input=data,
        )


def _value(encoded: bytes) -> object:
    """What the bytes say, in which the order of keys does not count; the bytes themselves where they say nothing."""
    try:
        value: object = cbor2.loads(encoded)
    except cbor2.CBORDecodeError:
        return encoded
    return value


def _every_size(context: CaseContext) -> None:
    sizes = [edge + off for edge in _EDGES for off in (-1, 0, 1) if edge + off <= _LARGEST]
    inputs = [(f"a message of {size} bytes", message_of_size(context, size)) for size in sizes]
    for count in (255, 256, 1_000):
        keys = {str(number): None for number in range(count)}
        many = base_message(context, {"op": "echo", "values": list(range(count)), "keys": keys})
        inputs.append((f"a message of {2 * count} small values", many.to_cbor()))
    for length in (255, 256, 30_000):
        long = base_message(context, {"op": "echo", "text": "ä" * length})
        inputs.append((f"a message with a text of {length} letters", long.to_cbor()))
    with open_gear(context) as gear:
        for title, data in inputs:
            gear.send(data, title)


def _steady_on_each_host(context: CaseContext) -> None:
    payloads = [message_of_size(context, size) for size in (300, 2_000)]
    with open_gear(context) as gear:
        for _ in range(60):
            for payload in payloads:
                gear.send(payload, "a good message")


CASES: Final[tuple[Case, ...]] = (
    module(25, "ten_thousand", _no_growth),
    module(
        25,
        "a_hundred",
        _steady_on_each_host,
        on_hosts="a rack, which gives it 16 pages, loses this message and the next",
    ),
    module(26, "two_instances", _same_answers),
    module(27, "every_size", _every_size, on_hosts="a rack, which gives it 16 pages, loses messages of this size"),
)

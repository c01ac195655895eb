"""FLX-020 to FLX-024: one message, and whose its buffers are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from plugbay_conformance.block import Block
from plugbay_conformance.case import fail
from plugbay_conformance.fluxrig.gear import Gear, open_gear
from plugbay_conformance.fluxrig.guest import calls_of_the_contract
from plugbay_conformance.fluxrig.making import module
from plugbay_conformance.fluxrig.samples import good_messages, message_of_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_conformance.case import Case, CaseContext

_PROBES: Final = (1, 16, 64, 256, 1024)
"""Sizes of blocks that are asked for beside the input's and the result's own."""


@dataclass(frozen=True, slots=True)
class _Processed:
    """A message that the gear has processed; neither of its buffers is freed yet."""

    gear: Gear
    title: str
    data: bytes
    given: Block
    result: Block

    def free(self, *, result_first: bool = False) -> None:
        """Hand back the input and, where there is one, the result."""
        blocks = [self.given, self.result] if self.result.length else [self.given]
        for block in reversed(blocks) if result_first else blocks:
            self.gear.free(block)


def good_inputs(context: CaseContext) -> list[tuple[str, bytes]]:
    """Titled messages that any gear must take, and for a conformance guest those that it drops or fails on."""
    messages = (*good_messages(context), *calls_of_the_contract(context))
    return [(title, message.to_cbor()) for title, message in messages]


def _each(context: CaseContext, check: Callable[[_Processed], None]) -> None:
    """Look at each message once it is processed, then hand its buffers back."""

    def checked(processed: _Processed) -> None:
        check(processed)
        processed.free()

    with open_gear(context) as gear:
        _process_each(gear, good_inputs(context), checked)


def _process_each(gear: Gear, inputs: list[tuple[str, bytes]], then: Callable[[_Processed], None]) -> None:
    for title, data in inputs:
        with gear.must_take(data, title):
            given = gear.put(data)
            then(_Processed(gear, title, data, given, gear.process(given)))


def _in_memory(context: CaseContext) -> None:
    _each(context, _require_inside)


def _require_inside(processed: _Processed) -> None:
    result, memory = processed.result, processed.gear.session.pages() << 16
    if not result.length or result.end <= memory:
        return
    swapped = ": are pointer and length swapped?" if result.length > memory > result.pointer else ""
    fail(
        f"the result does not lie in the memory, on {processed.title}{swapped}",
        expected=f"pointer << 32 | length, within the {memory} bytes of memory",
        found=f"{result.pointer << 32 | result.length:#018x}: {result}",
        input=processed.data,
    )


def _apart_from_input(context: CaseContext) -> None:
    def check(processed: _Processed) -> None:
        if processed.result.length and processed.result.overlaps(processed.given):
            fail(
                f"the result overlaps the input, on {processed.title}: answer with a copy",
                expected=f"a result apart from the input's {processed.given}",
                found=processed.result,
                input=processed.data,
            )

    _each(context, check)


def _input_left_alone(context: CaseContext) -> None:
    _each(
        context, lambda processed: _require_kept(processed, processed.given, "the input, which is the host's to free")
    )


def _result_stays(context: CaseContext) -> None:
    def check(processed: _Processed) -> None:
        if not processed.result.length:
            return
        before = processed.gear.read(processed.result)
        _require_kept(processed, processed.result, "the result, before the host freed it")
        after = processed.gear.read(processed.result)
        if after != before:
            fail(
                f"the result changed before it was freed, on {processed.title}",
                expected=before[:64].hex(),
                found=after[:64].hex(),
                input=processed.data,
                output=after,
            )

    _each(context, check)


def _require_kept(processed: _Processed, kept: Block, what: str) -> None:
    """Raise ``CaseFailed`` when the allocator gives a block's bytes to somebody else."""
    gear = processed.gear
    blocks = [gear.allocate(size) for size in (kept.length, kept.length, *_PROBES)]
    for block in blocks:
        if block.pointer and block.overlaps(kept):  # 0 is no block, but an allocator without room
            fail(
                f"alloc gave away {what}, on {processed.title}",
                expected=f"blocks apart from its {kept}",
                found=block,
                input=processed.data,
            )
        if block.pointer:
            gear.session.write(block.pointer, b"\xa5" * block.length)
    for block in blocks:
        if block.pointer:
            gear.free(block)


def _either_order(context: CaseContext) -> None:
    inputs = good_inputs(context)
    with open_gear(context) as gear:
        for result_first in (False, True, False):
            order = "the result" if result_first else "the input"
            named = [(f"{title}, {order} freed first", data) for title, data in inputs]
            _process_each(gear, named, partial(_Processed.free, result_first=result_first))
        gear.send(message_of_size(context, 400), "a good message after the others were freed")


def _answers(context: CaseContext) -> None:
    with open_gear(context) as gear:
        for title, data in good_inputs(context):
            gear.send(data, title)


CASES: Final[tuple[Case, ...]] = (
    module(20, "in_memory", _in_memory),
    module(
        20, "read_by_each_host", _answers, on_hosts="a rack decodes the result after it freed it: it loses the message"
    ),
    module(21, "apart_from_input", _apart_from_input),
    module(22, "input_left_alone", _input_left_alone),
    module(23, "result_stays", _result_stays),
    module(24, "either_order", _either_order),
)

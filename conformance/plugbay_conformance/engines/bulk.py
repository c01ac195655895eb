"""What is asked of a guest by the thousand: plans for its allocator, and what there is to say of what went wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NoReturn

from plugbay.module.info import FuncType
from plugbay_conformance.engines.contract import FunctionShape, GuestStopped, OutOfBounds, StopKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay_conformance.engines.contract import Allocator, AllocatorStep

STEPS_PER_CROSSING: Final = 256
"""Steps, in whole rounds, that share the deadline of one call."""
MESSAGES_PER_CROSSING: Final = 100
"""Messages that do. Pages are looked at, and garbage is collected, after each hundred."""
OUTPUT_PER_CROSSING: Final = 1024 * 1024
"""Bytes of outputs after which the rest is left for the next crossing."""
MOST_DEADLINES: Final = 12
"""Deadlines that the whole may take."""
STACK_POINTER: Final = "__wbindgen_add_to_stack_pointer"
PIN: Final = "__pin"
COLLECT: Final = "__collect"
_TWO: Final = ("i32", "i32")
_TO_POINTER: Final = FuncType(("i32",), ("i32",))
_ALIGNED: Final = FuncType(("i32", "i32"), ("i32",))
_THREE: Final = FuncType(("i32", "i32", "i32"))


class FaultKind(IntEnum):
    """What was wrong, by the prober's numbers."""

    NULL = 1
    BUFFER_OUTSIDE = 2
    BYTES_LOST = 3
    OUTPUT_OUTSIDE = 4
    OUTPUT_TOO_LARGE = 5


@dataclass(frozen=True, slots=True)
class Fault:
    """What a guest did wrong, and where; ``position`` is the round or the message, from 0."""

    kind: FaultKind
    pointer: int
    size: int
    position: int
    memory_bytes: int

    def sentence(self) -> str:
        """For people; ``AllocatorRun.fault`` and the text of errors."""
        place = f"{self.size} bytes at {self.pointer:#x}"
        match self.kind:
            case FaultKind.NULL:
                return f"the allocator returned 0 for {self.size} bytes"
            case FaultKind.BUFFER_OUTSIDE:
                return f"the allocator returned {place}, which do not lie in a memory of {self.memory_bytes} bytes"
            case FaultKind.BYTES_LOST:
                return f"a block of {place} did not keep what was written into it"
            case FaultKind.OUTPUT_OUTSIDE:
                return f"the output of {place} does not lie in a memory of {self.memory_bytes} bytes"
            case FaultKind.OUTPUT_TOO_LARGE:
                return f"an output of {self.size} bytes is more than the suite takes"


def raise_fault(fault: Fault) -> NoReturn:
    """Say that a message could not be sent or taken. Raises :class:`OutOfBounds`, or :class:`GuestStopped`."""
    sentence = f"message {fault.position + 1}: {fault.sentence()}"
    if fault.kind is FaultKind.OUTPUT_TOO_LARGE:
        raise GuestStopped(StopKind.ENGINE, sentence)
    raise OutOfBounds(sentence)


def check_plan(plan: Sequence[AllocatorStep], rounds: int) -> int:
    """The slots that a plan needs.

    Raises :class:`ValueError` for a plan that can't be run over and over: one that allocates into a slot that is held,
    frees one that is not, or ends with one that is held.
    """
    if not plan or rounds < 1:
        raise ValueError("a plan has at least one step and one round")
    held: Counter[int] = Counter()
    for step in plan:
        held[step.slot] += 1 if step.size is not None else -1
        if step.slot < 0 or held[step.slot] not in (0, 1) or not 0 <= (step.size or 0) < 2**32 - 1:
            raise ValueError(f"the plan can't do {step}")
    if any(held.values()):
        raise ValueError("the plan does not free all that it allocates")
    return max(held) + 1


def exports_of(allocator: Allocator, function: str | None) -> dict[str, FuncType]:
    """The exports that a run calls, each with the type that its shape wants; ``function`` is None for a plan."""
    match allocator.shape:
        case FunctionShape.PACKED:
            free = FuncType(("i32", "i32")) if allocator.free_takes_length else FuncType(("i32",))
            found, of_function = {allocator.alloc: _TO_POINTER, allocator.free: free}, FuncType(_TWO, ("i64",))
        case FunctionShape.MULTI_VALUE:
            found, of_function = {allocator.alloc: _ALIGNED, allocator.free: _THREE}, FuncType(_TWO, _TWO)
        case FunctionShape.RETPTR:
            found, of_function = {allocator.alloc: _ALIGNED, allocator.free: _THREE, STACK_POINTER: _TO_POINTER}, _THREE
        case FunctionShape.BUFFER:
            own = {PIN: _TO_POINTER, COLLECT: FuncType()}
            found = {allocator.alloc: _ALIGNED, allocator.free: FuncType(("i32",)), **own}
            of_function = _TO_POINTER
    return found if function is None else {**found, function: of_function}


def shape_number(allocator: Allocator) -> int:
    """The prober's number for how a guest is called."""
    match allocator.shape:
        case FunctionShape.PACKED:
            return 0 if allocator.free_takes_length else 1
        case FunctionShape.MULTI_VALUE:
            return 2
        case FunctionShape.RETPTR:
            return 3
        case FunctionShape.BUFFER:
            return 4

"""PRI-020 to PRI-032: the memory that the guest gives to the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay_conformance.block import Block
from plugbay_conformance.case import CaseSkipped, fail
from plugbay_conformance.engines.contract import AllocatorStep, FunctionShape, GuestStopped, StopKind
from plugbay_conformance.priostack.byte_functions import ARRAY_BUFFER, PAGE
from plugbay_conformance.priostack.making import module
from plugbay_conformance.priostack.opening import open_functions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.engines.contract import AllocatorRun
    from plugbay_conformance.priostack.byte_functions import ByteFunctions

_MIB: Final = 1 << 20
_SIZES: Final = (*range(1, 65), 100, 1_000, 4_096, 5_000, 65_535, 65_536, 65_537, 100_000, _MIB)
_UNEVEN: Final = (3, *(2**power + by for power in range(3, 17) for by in (-1, 1)), _MIB, _MIB + 1)
_MIXED: Final = (16, 3_072, 48, 256, 1_024, 8_192, 112, 640)
_ROUNDS: Final = 100_000
_SETTLING: Final = 10_000
_ATTEMPTS: Final = 3
_ZEROS: Final = 40
_MANY: Final = 32
_IMPOSSIBLE: Final = (0x4000_0000, 0x7FFF_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_0000, 0xFFFF_FFF0, 0xFFFF_FFFF)


def lies_in_memory(functions: ByteFunctions, block: Block) -> bool:
    """Whether the whole block lies in the guest's memory."""
    return block.end <= functions.session.pages() * PAGE


def _allocate(functions: ByteFunctions, size: int) -> Block:
    """A block that the guest says it has. Raises ``CaseFailed`` when the allocator stops."""
    try:
        return Block(functions.allocate(size), size)
    except GuestStopped as stopped:
        fail(f"the allocator did not answer for {size} bytes", expected="a pointer", found=stopped.reason)


def _release(functions: ByteFunctions, block: Block) -> None:
    try:
        functions.release(block)
    except GuestStopped as stopped:
        fail(f"giving back {block} did not return", expected="nothing", found=stopped.reason)


def _in_memory(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for size in _SIZES:
            block = _allocate(functions, size)
            if not block.pointer:
                fail(f"the allocator gave no memory for {size} bytes", expected="a pointer", found=0)
            _require_inside(functions, block)
            _release(functions, block)


def _require_inside(functions: ByteFunctions, block: Block) -> None:
    if not lies_in_memory(functions, block):
        fail(
            f"the allocator gave a block that does not lie in the memory, for {block.length} bytes",
            expected=f"an end of at most {functions.session.pages() * PAGE:#x}",
            found=block,
        )


def _no_bytes(context: CaseContext) -> None:
    with open_functions(context) as functions:
        blocks = [_allocate(functions, 0) for _ in range(_ZEROS)]
        for block in blocks:
            _require_inside(functions, block)
            if functions.convention.shape is FunctionShape.BUFFER:
                _require_header(functions, block)
        for block in blocks:
            _release(functions, block)


def _plan(sizes: Iterable[int], order: Iterable[int]) -> list[AllocatorStep]:
    """Allocate all, then free them in that order of slots."""
    steps = [AllocatorStep(slot, size) for slot, size in enumerate(sizes)]
    return [*steps, *(AllocatorStep(slot, None) for slot in order)]


def _run(functions: ByteFunctions, plan: Sequence[AllocatorStep], rounds: int) -> AllocatorRun:
    try:
        return functions.session.run_allocator(functions.allocator, plan, rounds)
    except GuestStopped as stopped:
        fail("the allocator did not answer", expected=f"{rounds} rounds", found=stopped.reason)


def _require_whole(functions: ByteFunctions, plan: Sequence[AllocatorStep], rounds: int, reason: str) -> None:
    run = _run(functions, plan, rounds)
    if run.fault is not None:
        fail(reason, expected="blocks that keep their bytes", found=run.fault)


def _uneven(context: CaseContext) -> None:
    plan = [step for size in _UNEVEN for step in _plan((size, size), (1, 0))]
    with open_functions(context) as functions:
        _require_whole(functions, plan, 2, "a block of an odd or a large size is not whole")


def _apart(context: CaseContext) -> None:
    sizes = [16 * (1 + slot % 9) for slot in range(_MANY)]
    with open_functions(context) as functions:
        plan = _plan(sizes, reversed(range(_MANY)))
        _require_whole(functions, plan, 5, f"of {_MANY} blocks that live at the same time, two share bytes")


def _any_order(context: CaseContext) -> None:
    sizes = [16 * (1 + slot * 7 % 12) for slot in range(12)]
    orders = [list(range(12)), [*range(0, 12, 2), *range(11, 0, -2)], *(_shuffled(context) for _ in range(6))]
    with open_functions(context) as functions:
        for order in orders:
            reason = f"giving blocks back in the order {order} changes others"
            _require_whole(functions, _plan(sizes, order), 3, reason)


def _shuffled(context: CaseContext) -> list[int]:
    return context.random.sample(range(12), 12)


def _no_growth(context: CaseContext) -> None:
    plan = _plan(_MIXED, reversed(range(len(_MIXED))))
    with open_functions(context) as functions:
        _skip_at(_run(functions, plan, _SETTLING // len(_MIXED)).fault)
        before = pages = functions.session.pages()
        fault = None
        for _ in range(_ATTEMPTS):  # a collector may take a while to settle; a leak never does
            fault = _run(functions, plan, _ROUNDS // len(_MIXED)).fault
            before, pages = pages, functions.session.pages()
            if pages <= before:
                _skip_at(fault)
                return
            if fault is not None:
                break
    fail(
        f"{_ROUNDS} blocks that are allocated and given back grow the memory each time",
        expected=f"{before} pages",
        found=f"{pages} pages" + (f", then {fault}" if fault else ""),
    )


def _skip_at(fault: str | None) -> None:
    if fault is not None:
        raise CaseSkipped(f"its blocks are not whole: {fault}; see PRI-020 to PRI-024")


def _too_large(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for size in (context.host.memory_pages * PAGE, *_IMPOSSIBLE):
            try:
                pointer = functions.allocate(size, pinned=False)
            except GuestStopped as stopped:
                if stopped.kind in (StopKind.DEADLINE, StopKind.ENGINE):
                    raise
                functions.renew()
                continue
            if pointer:
                fail(
                    f"the allocator gave a pointer for {size} bytes, which the memory can't have",
                    expected="0, or an end of the call",
                    found=f"{pointer:#x}, in a memory of {functions.session.pages() * PAGE} bytes",
                )


def _answers_full(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for size in (context.host.memory_pages * PAGE, *_IMPOSSIBLE):
            pointer = _allocate(functions, size).pointer
            if pointer:
                raise CaseSkipped("the allocator hands out what it does not have: see PRI-026")
            block = _allocate(functions, 64)
            if not block.pointer:
                fail(f"after {size} bytes were refused there are none left", expected="a pointer", found=0)
            _release(functions, block)


def _require_header(functions: ByteFunctions, block: Block) -> None:
    """Raise ``CaseFailed`` unless AssemblyScript's object is an ArrayBuffer of the block's length."""
    found = functions.header(block.pointer)
    if found != (ARRAY_BUFFER, block.length):
        fail(
            f"an object that __new({block.length}, 1) made says something else",
            expected=f"id {ARRAY_BUFFER}, length {block.length}",
            found=f"id {found[0]}, length {found[1]}",
        )


def _headers(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for size in (1, 2, 16, 255, 256, 12_347, 65_536, _MIB):
            block = _allocate(functions, size)
            _require_inside(functions, block)
            _require_header(functions, block)
            _release(functions, block)


def _pin_answers(context: CaseContext) -> None:
    with open_functions(context) as functions:
        (made,) = functions.session.call("__new", 24, ARRAY_BUFFER)
        (pinned,) = functions.session.call("__pin", made)
        if pinned != made:
            fail("__pin does not return its object", expected=f"{made:#x}", found=f"{pinned:#x}")


def _pinned_stay(context: CaseContext) -> None:
    with open_functions(context) as functions:
        kept = [(_allocate(functions, size), context.random.randbytes(size)) for size in (1, 24, 300, 5_001, 70_000)]
        for block, data in kept:
            functions.session.write(block.pointer, data)
        for _ in range(3):
            functions.session.call("__collect")
            for block, _ in kept:
                other = _allocate(functions, block.length)
                functions.session.write(other.pointer, b"\xee" * block.length)
                _release(functions, other)
        for block, data in kept:
            if functions.header(block.pointer) != (ARRAY_BUFFER, block.length) or functions.read(block) != data:
                fail(
                    "an object that was pinned did not outlive __collect",
                    expected=f"id {ARRAY_BUFFER}, length {block.length}, its own bytes",
                    found=f"id {functions.header(block.pointer)[0]}, {functions.read(block)[:32].hex()}…",
                )


CASES: Final[tuple[Case, ...]] = (
    module(20, "blocks", _in_memory),
    module(21, "no_bytes", _no_bytes),
    module(22, "sizes", _uneven),
    module(23, "many", _apart),
    module(24, "orders", _any_order),
    module(25, "rounds", _no_growth),
    module(26, "too_large", _too_large),
    module(27, "full", _answers_full),
    module(30, "headers", _headers),
    module(31, "pin", _pin_answers),
    module(32, "pinned", _pinned_stay),
)

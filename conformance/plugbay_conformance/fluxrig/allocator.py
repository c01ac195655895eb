"""FLX-014 to FLX-019: the allocator, which the host relies on for every message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay_conformance.block import Block
from plugbay_conformance.case import fail
from plugbay_conformance.engines.contract import AllocatorStep, GuestStopped, OutOfBounds
from plugbay_conformance.fluxrig.gear import open_gear
from plugbay_conformance.fluxrig.making import module
from plugbay_conformance.fluxrig.samples import message_of_size
from plugbay_conformance.settling import grows

if TYPE_CHECKING:
    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.fluxrig.gear import Gear

_MIB: Final = 1 << 20
_LARGE_BLOCK: Final = 2 * _MIB
_IMPOSSIBLE: Final = (1 << 30, (1 << 31) - 1, 1 << 31, 0xFFFF_0000, 0xFFFF_FFF0, 0xFFFF_FFFF)
_MIXED: Final = (1, 8, 24, 100, 333, 1_010, 2_000, 1_023, 64, 5_000, 1_001, 17)
_REUSED: Final = (1, 40, 129, 256, 700, 1_500, 3_050, 4_096, 13, 9_000)
_ROUNDS: Final = 100_000
_SETTLING: Final = 10_000


def allocate(gear: Gear, size: int) -> Block:
    """A block that can be written. Raises ``CaseFailed`` where there is none, or not in the memory."""
    block = _try_to_allocate(gear, size)
    if size and not block.pointer:
        fail(f"alloc gave no memory for {size} bytes", expected="a pointer", found=0)
    return block


def fill(gear: Gear, block: Block, byte: int) -> None:
    """Write a byte all over a block. Raises ``CaseFailed`` when the block does not lie in the memory."""
    try:
        gear.session.write(block.pointer, bytes((byte,)) * block.length)
    except OutOfBounds as outside:
        fail("alloc gave a block that does not lie in the memory", expected="memory that it has", found=outside)


def require_filled(gear: Gear, block: Block, byte: int) -> None:
    """Raise ``CaseFailed`` when a block does not hold what it was filled with."""
    found = gear.read(block)
    if found != bytes((byte,)) * block.length:
        at = next(index for index, each in enumerate(found) if each != byte)
        fail(
            f"a block of {block} did not keep its bytes while others were allocated and freed",
            expected=f"{byte:#04x} at {at}",
            found=f"{found[at]:#04x}",
        )


def _try_to_allocate(gear: Gear, size: int) -> Block:
    try:
        return gear.allocate(size)
    except GuestStopped as stopped:
        fail(f"alloc({size}) did not return", expected="a pointer, or 0", found=stopped.reason)


def _free(gear: Gear, block: Block) -> None:
    try:
        gear.free(block)
    except GuestStopped as stopped:
        fail(f"free({block.pointer:#x}, {block.length}) did not return", expected="nothing", found=stopped.reason)


def _sizes() -> list[int]:
    """Around powers of two and the halves between them, where classes of sizes end."""
    middles = [middle << shift for shift in range(16) for middle in (1, 3) if middle << shift <= 65_536]
    return sorted({size + off for size in middles for off in (-1, 0, 1) if 1 <= size + off <= 65_536})


def _gives_memory(context: CaseContext) -> None:
    with open_gear(context) as gear:
        for size in (*_sizes(), *(context.random.randint(1, 65_536) for _ in range(20))):
            block = allocate(gear, size)
            fill(gear, block, size & 0xFF)
            require_filled(gear, block, size & 0xFF)
            _free(gear, block)


def _no_bytes(context: CaseContext) -> None:
    with open_gear(context) as gear:
        for _ in range(30):
            first, nothing = allocate(gear, 24), _try_to_allocate(gear, 0)
            fill(gear, first, 1)
            second, nothing_more = allocate(gear, 24), _try_to_allocate(gear, 0)
            fill(gear, second, 2)
            _free(gear, nothing)
            third = allocate(gear, 24)
            fill(gear, third, 3)
            _free(gear, nothing_more)
            for block, byte in ((first, 1), (second, 2), (third, 3)):
                require_filled(gear, block, byte)
                _free(gear, block)


def _apart(context: CaseContext) -> None:
    with open_gear(context) as gear:
        for order in ("oldest", "newest", "mixed"):
            _fill_and_drain(gear, context, order)
        _interleave(gear, context)


def _fill_and_drain(gear: Gear, context: CaseContext, order: str) -> None:
    live = _Live(gear)
    for size in _MIXED * 2:
        live.add(size)
    while live.blocks:
        index = {"oldest": 0, "newest": -1, "mixed": context.random.randrange(len(live.blocks))}[order]
        live.remove(index)


def _interleave(gear: Gear, context: CaseContext) -> None:
    live = _Live(gear)
    for _ in range(200):
        if live.blocks and (len(live.blocks) > 20 or context.random.random() < 0.45):
            live.remove(context.random.randrange(len(live.blocks)))
        else:
            live.add(context.random.choice(_MIXED))
    while live.blocks:
        live.remove(0)


class _Live:
    """Blocks that are not freed, each filled with a byte of its own."""

    def __init__(self, gear: Gear) -> None:
        self._gear = gear
        self._serial = 0
        self.blocks: list[tuple[Block, int]] = []

    def add(self, size: int) -> None:
        block = allocate(self._gear, size)
        other = next((other for other, _ in self.blocks if other.overlaps(block)), None)
        if other is not None:
            fail("two live blocks overlap", expected=f"a block apart from the {other}", found=block)
        self._serial += 1
        fill(self._gear, block, self._serial & 0xFF)
        self.blocks.append((block, self._serial & 0xFF))

    def remove(self, index: int) -> None:
        block, byte = self.blocks.pop(index)
        require_filled(self._gear, block, byte)
        _free(self._gear, block)


def _used_again(context: CaseContext) -> None:
    slots = range(len(_REUSED))
    plan = [AllocatorStep(slot, size) for slot, size in enumerate(_REUSED)]
    plan += [AllocatorStep(slot, None) for slot in (*slots[::2], *reversed(slots[1::2]))]
    with open_gear(context) as gear:
        first, settled = gear.session.pages(), _run_plan(gear, plan, _SETTLING)
        growth = grows(first, settled, lambda: _run_plan(gear, plan, _ROUNDS), most=gear.memory_pages)
        if growth is not None:
            fail(
                f"{_ROUNDS} rounds of alloc and free grow the memory each time",
                expected=f"{growth[0]} pages",
                found=f"{growth[1]} pages",
            )


def _run_plan(gear: Gear, plan: list[AllocatorStep], blocks: int) -> int:
    """Run a plan until that many blocks were allocated and freed; the pages afterwards."""
    try:
        run = gear.session.run_allocator(gear.allocator, plan, blocks // len(_REUSED))
    except GuestStopped as stopped:
        fail("alloc or free did not return", expected=f"{blocks} rounds", found=stopped.reason)
    if run.fault is not None:
        fail("the allocator gave a bad block", expected="good blocks", found=run.fault)
    return run.pages


def _too_large(context: CaseContext) -> None:
    message = message_of_size(context, 400)
    with open_gear(context) as gear:
        for size in _IMPOSSIBLE:
            block = _try_to_allocate(gear, size)
            if block.pointer:
                fail(
                    f"alloc({size}) gave a pointer, with a memory of at most {context.host.memory_pages} pages",
                    expected=0,
                    found=f"{block.pointer:#x}",
                )
            gear.send(message, f"a good message after alloc({size})")


def _large(context: CaseContext) -> None:
    with open_gear(context) as gear:
        pages = [_take_large(gear) for _ in range(20)]
    if pages[-1] > pages[9]:
        fail("blocks of 2 MiB are not used again", expected=f"{pages[9]} pages", found=f"{pages[-1]} pages")


def _take_large(gear: Gear) -> int:
    block = allocate(gear, _LARGE_BLOCK)
    for end in (Block(block.pointer, 64), Block(block.end - 64, 64)):
        fill(gear, end, 7)
        require_filled(gear, end, 7)
    _free(gear, block)
    return gear.session.pages()


CASES: Final[tuple[Case, ...]] = (
    module(14, "small_blocks", _gives_memory),
    module(15, "no_bytes", _no_bytes),
    module(16, "any_order", _apart),
    module(17, "rounds", _used_again),
    module(18, "too_large", _too_large),
    module(19, "two_mebibytes", _large),
)

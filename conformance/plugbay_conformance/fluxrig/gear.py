"""One gear under judgement: messages by the ABI's steps, and by the habits of the host that it is judged under."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from plugbay_conformance.block import Block
from plugbay_conformance.case import CaseSkipped, fail
from plugbay_conformance.engines.contract import Allocator, GuestStopped, OutOfBounds, Setting, StopKind
from plugbay_conformance.fluxrig.answer import Answer
from plugbay_conformance.fluxrig.exports import ENTRYPOINT, FREE, allocator_name, broken_export

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from plugbay_conformance.case import CaseContext
    from plugbay_conformance.engines.contract import PointerSession, Repeated
    from plugbay_conformance.host_profile import HostProfile

DEFAULT: Final = Setting()
_LOW: Final = 0xFFFF_FFFF
_HOW_STOPPED: Final = {
    StopKind.TRAP: "the gear trapped",
    StopKind.EXIT: "the gear called proc_exit",
    StopKind.DEADLINE: "the gear did not answer in time",
    StopKind.LINK: "the gear could not be started",
    StopKind.ENGINE: "the engine failed while it ran the gear",
}


class Gear:
    """One instance. ``attempt`` lets what stops the gear through, ``send`` makes it the case's failure."""

    def __init__(self, session: PointerSession, context: CaseContext, host: HostProfile) -> None:
        self.session = session
        self.allocator = Allocator(allocator_name(context.subject.info), FREE)
        self._host = host

    @property
    def memory_pages(self) -> int:
        """The most memory that the host gives it, in pages."""
        return self._host.memory_pages

    def attempt(self, data: bytes) -> Answer:
        """One message: allocated, processed, its result read, both buffers freed.

        Raises :class:`GuestStopped`, :class:`OutOfBounds`, :class:`~plugbay_conformance.case.CaseFailed` for memory
        that was not given, and for a result that a host which reads late can't read.
        """
        given = self.put(data)
        result = self.process(given)
        if not result.length:
            if self._host.frees_dropped_input:
                self.free(given)
            return self._answer(b"")
        output = self.read(result)
        self.free(given)
        self.free(result)
        if self._host.frees_before_reading and self.read(result) != output:
            fail(
                "free overwrites the result that it takes back",
                expected=f"a result that can still be read after free: {output[:64].hex()}",
                found=self.read(result)[:64].hex(),
                input=data,
                output=self.read(result),
            )
        return self._answer(output)

    def send(self, data: bytes, what: str = "a good message") -> Answer:
        """The same for a message that must be taken; ``what`` names it. Raises ``CaseFailed``."""
        with self.must_take(data, what):
            return self.attempt(data)

    @contextmanager
    def must_take(self, data: bytes, what: str) -> Generator[None]:
        """Make what stops the gear inside this block the case's failure."""
        try:
            yield
        except GuestStopped as stopped:
            fail(
                f"{_HOW_STOPPED[stopped.kind]} on {what}",
                expected="an answer, a drop or a rejection",
                found=stopped.reason,
                input=data,
                logs=self._answer(b"").log_lines,
            )
        except OutOfBounds as outside:
            fail(
                f"the gear handed out memory that it does not have, on {what}",
                expected="buffers and a result that lie in the memory",
                found=outside,
                input=data,
            )

    def put(self, data: bytes) -> Block:
        """Allocate the input and write it. Raises ``CaseFailed`` where there is no memory."""
        block = self.allocate(len(data))
        if data:
            if not block.pointer:
                fail(f"alloc gave no memory for a message of {len(data)} bytes", expected="a pointer", found=0)
            self.session.write(block.pointer, data)
        return block

    def allocate(self, size: int) -> Block:
        """A block, at 0 where there is no memory."""
        (pointer,) = self.session.call(self.allocator.alloc, size)
        return Block(pointer, size)

    def process(self, given: Block) -> Block:
        """Call the entrypoint; the packed result, unpacked."""
        (packed,) = self.session.call(ENTRYPOINT, given.pointer, given.length)
        return Block(packed >> 32, packed & _LOW)

    def read(self, block: Block) -> bytes:
        """The block's bytes."""
        return self.session.read(block.pointer, block.length)

    def free(self, block: Block) -> None:
        """Hand a block back."""
        self.session.call(FREE, block.pointer, block.length)

    def repeat(self, payloads: Sequence[bytes], count: int, what: str) -> Repeated:
        """Send messages by the thousand, the payloads in turn. Raises ``CaseFailed``."""
        with self.must_take(payloads[0], what):
            return self.session.repeat_packed(self.allocator, ENTRYPOINT, payloads, count)

    def unclaimed(self) -> Answer:
        """What the gear called since the last answer: while it started, or before it stopped."""
        return self._answer(b"")

    def _answer(self, result: bytes) -> Answer:
        return Answer(result, tuple(self.session.events()))


@contextmanager
def open_gear(context: CaseContext, setting: Setting = DEFAULT, host: HostProfile | None = None) -> Generator[Gear]:
    """A fresh instance, closed at the end.

    A module without sound exports, and one that does not start, break requirements of their own: the other cases are
    skipped (:class:`~plugbay_conformance.case.CaseSkipped`). One that does not start on a ``host`` of the case's own
    alone fails the case.
    """
    broken = broken_export(context.subject.info)
    if broken is not None:
        raise CaseSkipped(f"it can't be called: {broken}")
    session = _open_or_skip(context, setting)
    if host is not None:
        session.close()
        session = context.engine.open_pointers(context.subject, host, setting)
    try:
        yield Gear(session, context, host or context.host)
    finally:
        session.close()


def _open_or_skip(context: CaseContext, setting: Setting) -> PointerSession:
    try:
        return context.engine.open_pointers(context.subject, context.host, setting)
    except GuestStopped as stopped:
        if stopped.kind is not StopKind.LINK:
            raise
        raise CaseSkipped(f"it does not start: {stopped.reason}") from stopped

"""One module of byte functions under judgement: calls by its convention, step by step or whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay_conformance.block import Block
from plugbay_conformance.case import fail
from plugbay_conformance.engines.contract import FunctionShape, GuestStopped, OutOfBounds, StopKind
from plugbay_conformance.priostack.answer import HOW_STOPPED, Answer, Result, failure_text, log_lines
from plugbay_conformance.priostack.convention import STACK_POINTER

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_conformance.engines.contract import Event, PointerSession
    from plugbay_conformance.priostack.convention import Convention

PAGE: Final = 65_536
FAILED: Final = 1 << 63
ARRAY_BUFFER: Final = 1
"""AssemblyScript's runtime id of an ArrayBuffer."""
_LOW: Final = 2**32 - 1
_RESULT_BYTES: Final = 16
_GARBAGE: Final = 4 * 1024 * 1024
"""Bytes of objects after which AssemblyScript's garbage is collected."""


class NoMemory(OutOfBounds):
    """The guest's allocator answered that it has no memory: an input could not be given."""


class ByteFunctions:
    """An instance, and a fresh one in its place once it has stopped."""

    def __init__(self, convention: Convention, open_session: Callable[[], PointerSession]) -> None:
        self.convention = convention
        self.allocator = convention.allocator
        self._open = open_session
        self._garbage = 0
        self._stopped = False
        self.events: tuple[Event, ...] = ()
        """What the latest whole call called in the host."""
        self.session = open_session()

    @property
    def stopped(self) -> bool:
        """Whether the latest call ended the instance, so that the next one meets a fresh one."""
        return self._stopped

    def renew(self) -> None:
        """A fresh instance in place of this one."""
        self.session.close()
        self._garbage, self._stopped = 0, False
        self.session = self._open()

    def close(self) -> None:
        """Free the instance."""
        self.session.close()

    def allocate(self, size: int, *, pinned: bool = True) -> int:
        """A pointer to that many bytes; in assemblyscript an ArrayBuffer, and pinned. Raises :class:`GuestStopped`."""
        if self.convention.shape is FunctionShape.PACKED:
            return self.session.call(self.allocator.alloc, size)[0]
        (pointer,) = self.session.call(self.allocator.alloc, size, 1)  # the alignment, or the id of an ArrayBuffer
        if self.convention.shape is FunctionShape.BUFFER and pointer and pinned:
            self.session.call("__pin", pointer)
        return pointer

    def put(self, data: bytes) -> Block:
        """The input in the guest's memory.

        Raises :class:`GuestStopped`, :class:`NoMemory`, :class:`OutOfBounds` for a block that is not there.
        """
        if self._stopped:
            self.renew()
        block = Block(self.allocate(len(data)), len(data))
        if data:
            if not block.pointer:
                raise NoMemory(f"{self.allocator.alloc} returned 0 for {len(data)} bytes")
            self.session.write(block.pointer, data)
        return block

    def invoke(self, function: str, given: Block) -> Result:
        """Call a function; its result is not read. Raises :class:`GuestStopped`, :class:`OutOfBounds`."""
        match self.convention.shape:
            case FunctionShape.PACKED:
                (word,) = self.session.call(function, given.pointer, given.length)
                return Result(Block((word & ~FAILED) >> 32, word & _LOW), bool(word & FAILED), word)
            case FunctionShape.MULTI_VALUE:
                pointer, length = self.session.call(function, given.pointer, given.length)
                return Result(Block(pointer, length))
            case FunctionShape.RETPTR:
                return Result(self._through_the_stack(function, given))
            case FunctionShape.BUFFER:
                (pointer,) = self.session.call(function, given.pointer)
                return Result(Block(pointer, self.header(pointer)[1] if pointer else 0))

    def header(self, pointer: int) -> tuple[int, int]:
        """Runtime id and length of AssemblyScript's object. Raises :class:`OutOfBounds`."""
        data = self.session.read(pointer - 8, 8) if pointer >= 8 else self.session.read(_LOW, 8)
        return int.from_bytes(data[:4], "little"), int.from_bytes(data[4:], "little")

    def read(self, block: Block) -> bytes:
        """The block's bytes; none of an empty one, wherever it lies. Raises :class:`OutOfBounds`."""
        return self.session.read(block.pointer, block.length) if block.length else b""

    def release(self, block: Block) -> None:
        """Give a block back that :meth:`allocate` or a function gave. Raises :class:`GuestStopped`."""
        match self.convention.shape:
            case FunctionShape.PACKED:
                arguments = (block.length,) if self.allocator.free_takes_length else ()
                self.session.call(self.allocator.free, block.pointer, *arguments)
            case FunctionShape.MULTI_VALUE | FunctionShape.RETPTR:
                self.session.call(self.allocator.free, block.pointer, block.length, 1)
            case FunctionShape.BUFFER:
                self.session.call(self.allocator.free, block.pointer)

    def collect(self) -> None:
        """Have garbage collected, where the convention has any. Raises :class:`GuestStopped`."""
        if self.convention.shape is FunctionShape.BUFFER:
            self.session.call("__collect")
        self._garbage = 0

    def settle(self, given: Block, result: Result) -> None:
        """Give back, after a call, what the host owns then. Raises :class:`GuestStopped`."""
        if self.convention.shape is FunctionShape.BUFFER:
            self.release(given)
            self._garbage += given.length + result.block.length
            if self._garbage > _GARBAGE:
                self.collect()
            return
        if result.block.length:
            self.release(result.block)
        if self.convention.shape is FunctionShape.PACKED:
            self.release(given)

    def call(self, function: str, data: bytes = b"") -> Answer:
        """One whole call. A text that was thrown, or aborted with, is the message of a failure.

        After such a failure the next call meets a fresh instance. Raises :class:`GuestStopped` for any other stop,
        :class:`OutOfBounds`.
        """
        self.session.events()
        try:
            given = self.put(data)
            result = self.invoke(function, given)
            output = self.read(result.block)
            self.settle(given, result)
        except GuestStopped as stopped:
            return self._failure(stopped)
        self.events = tuple(self.session.events())
        return Answer(output, result.failed, self.events)

    def attempt(self, function: str, data: bytes) -> Result | None:
        """A call of which only matters that it is answered: its result, or None for a failure that ended the instance.

        Nothing is read or given back, so a result that is wrong in other ways is one too. Raises :class:`GuestStopped`
        for a stop without a word; the next call then meets a fresh instance.
        """
        self.session.events()
        try:
            return self.invoke(function, self.put(data))
        except GuestStopped as stopped:
            self._failure(stopped)
            return None
        except OutOfBounds:
            return Result(Block(_LOW, _LOW))

    def expect_output(self, function: str, data: bytes = b"") -> Answer:
        """A call that must not fail. Raises ``CaseFailed`` when it does or stops."""
        answer = self._expect(function, data, "an output")
        if answer.failed:
            fail(
                f"{function} failed",
                expected="an output",
                found=answer.data.decode("utf-8", "replace"),
                input=data,
                output=answer.data,
                logs=answer.log_lines,
            )
        return answer

    def expect_failure(self, function: str, data: bytes = b"") -> Answer:
        """A call that must fail, in its convention's way. Raises ``CaseFailed`` when it does not."""
        answer = self._expect(function, data, "a failure with a message")
        if not answer.failed:
            fail(
                f"{function} did not fail",
                expected="a failure with a message",
                found=f"an output of {len(answer.data)} bytes",
                input=data,
                output=answer.data,
            )
        return answer

    def _expect(self, function: str, data: bytes, expected: str) -> Answer:
        if function not in self.convention.functions:
            fail(
                f"the guest has no function {function}",
                expected=f"an export {function}",
                found=", ".join(self.convention.functions),
            )
        try:
            return self.call(function, data)
        except GuestStopped as stopped:
            fail(
                f"{function} {HOW_STOPPED[stopped.kind]}",
                expected=expected,
                found=stopped.reason,
                input=data,
                logs=log_lines(self.events),
            )
        except OutOfBounds as outside:
            fail(
                f"{function} handed out memory that the guest does not have",
                expected="memory that it has",
                found=outside,
                input=data,
            )

    def _through_the_stack(self, function: str, given: Block) -> Block:
        (at,) = self.session.call(STACK_POINTER, 2**32 - _RESULT_BYTES)
        self.session.call(function, at, given.pointer, given.length)
        data = self.session.read(at, 8)
        self.session.call(STACK_POINTER, _RESULT_BYTES)
        return Block(int.from_bytes(data[:4], "little"), int.from_bytes(data[4:], "little"))

    def _failure(self, stopped: GuestStopped) -> Answer:
        """The failure that a stop stands for. Raises the stop itself when the guest gave no text."""
        self._stopped = True
        self.events = tuple(self.session.events())
        text = failure_text(self.events)
        if stopped.kind is not StopKind.TRAP or text is None:
            raise stopped
        return Answer(text, True, self.events)

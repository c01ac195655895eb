"""PRI-040 to PRI-045: where results lie, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import fail
from plugbay_conformance.engines.contract import FunctionShape, GuestStopped, OutOfBounds
from plugbay_conformance.priostack.allocator import lies_in_memory
from plugbay_conformance.priostack.byte_functions import ARRAY_BUFFER, PAGE
from plugbay_conformance.priostack.convention import STACK_POINTER
from plugbay_conformance.priostack.making import module
from plugbay_conformance.priostack.opening import open_functions, pass_over
from plugbay_conformance.priostack.samples import ORDINARY, contract_inputs, probed_functions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugbay_conformance.block import Block
    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.priostack.answer import Result
    from plugbay_conformance.priostack.byte_functions import ByteFunctions

    Look = Callable[[ByteFunctions, "Call"], None]


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was answered: nothing was given back yet."""

    function: str
    data: bytes
    given: Block
    result: Result


_OUTSIDE: Final = "returned what does not lie in its memory"


def _inputs(context: CaseContext, function: str) -> Iterator[bytes]:
    wanted = contract_inputs().get(function) if context.subject.contract is not None else None
    yield from ORDINARY
    if wanted:
        yield wanted


def _look(context: CaseContext, look: Look, *, unreadable: bool = False) -> None:
    """Look at each call that is answered, before anything is given back.

    Calls that end otherwise are not these requirements' matter. Results that can't even be located are with
    ``unreadable``: then ``CaseFailed`` is raised.
    """
    with open_functions(context) as functions:
        for function in probed_functions(context, functions):
            functions.renew()
            for data in _inputs(context, function):
                given = _put(functions, data)
                call = given and _invoke(functions, function, data, given, unreadable=unreadable)
                if call:
                    look(functions, call)


def _put(functions: ByteFunctions, data: bytes) -> Block | None:
    try:
        return functions.put(data)
    except GuestStopped as stopped:
        pass_over(stopped)
    except OutOfBounds:
        pass  # PRI-020 judges that
    functions.renew()
    return None


def _invoke(functions: ByteFunctions, function: str, data: bytes, given: Block, *, unreadable: bool) -> Call | None:
    try:
        return Call(function, data, given, functions.invoke(function, given))
    except GuestStopped as stopped:
        pass_over(stopped)
        functions.renew()
    except OutOfBounds as outside:
        if unreadable:
            fail(f"{function} {_OUTSIDE}", expected="a result in the memory", found=outside, input=data)
        functions.renew()
    return None


def _in_memory(context: CaseContext) -> None:
    _look(context, _require_inside, unreadable=True)


def _require_inside(functions: ByteFunctions, call: Call) -> None:
    if call.result.block.length and not lies_in_memory(functions, call.result.block):
        fail(
            f"{call.function} {_OUTSIDE}",
            expected=f"an end of at most {functions.session.pages() * PAGE:#x}",
            found=call.result.block,
            input=call.data,
        )


def _apart(context: CaseContext) -> None:
    _look(context, _require_apart)


def _require_apart(_functions: ByteFunctions, call: Call) -> None:
    if call.result.block.length and call.result.block.overlaps(call.given):
        fail(
            f"{call.function} returned bytes of its input, which the host frees: it must copy them",
            expected=f"bytes apart from the {call.given}",
            found=call.result.block,
            input=call.data,
        )


def _given_back(context: CaseContext) -> None:
    _look(context, _require_free)


def _require_free(functions: ByteFunctions, call: Call) -> None:
    packed, block = functions.convention.shape is FunctionShape.PACKED, call.result.block
    if not lies_in_memory(functions, block) or (packed and block.overlaps(call.given)):
        return
    try:
        if block.length or not packed:  # wasm-bindgen's own JavaScript frees what is empty too
            functions.release(block)
        if packed:
            functions.release(call.given)
    except GuestStopped as stopped:
        fail(
            f"what {call.function} returned could not be given back",
            expected=f"{functions.allocator.free} to return",
            found=f"{stopped.reason}, for {block}",
            input=call.data,
        )


def _pins(context: CaseContext) -> None:
    _look(context, _require_pinned)


def _require_pinned(functions: ByteFunctions, call: Call) -> None:
    try:
        functions.release(call.given)
    except GuestStopped as stopped:
        fail(
            f"{call.function} unpinned its input, which is the host's to do",
            expected="__unpin to return",
            found=stopped.reason,
            input=call.data,
        )


def _buffers(context: CaseContext) -> None:
    _look(context, _require_buffer)


def _require_buffer(functions: ByteFunctions, call: Call) -> None:
    if not call.result.block.pointer:
        return
    found, _ = functions.header(call.result.block.pointer)
    if found != ARRAY_BUFFER:
        fail(
            f"{call.function} returned an object that is no ArrayBuffer",
            expected=f"runtime id {ARRAY_BUFFER}",
            found=f"runtime id {found}" + (", which is a String" if found == 2 else ""),
            input=call.data,
        )


def _stack(context: CaseContext) -> None:
    with open_functions(context) as functions:
        if functions.convention.shape is not FunctionShape.RETPTR:
            return  # results are returned, and no stack is lent
        (top,) = functions.session.call(STACK_POINTER, 0)
    _look(context, partial(_require_stack, top))


def _require_stack(top: int, functions: ByteFunctions, call: Call) -> None:
    (found,) = functions.session.call(STACK_POINTER, 0)
    if found != top:
        fail(
            f"{call.function} does not leave the stack as it found it",
            expected=f"{top:#x}",
            found=f"{found:#x}",
            input=call.data,
        )


CASES: Final[tuple[Case, ...]] = (
    module(40, "in_memory", _in_memory),
    module(41, "apart", _apart),
    module(42, "given_back", _given_back),
    module(43, "pins", _pins),
    module(44, "buffers", _buffers),
    module(45, "stack", _stack),
)

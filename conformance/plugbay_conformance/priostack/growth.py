"""PRI-051: the ten-thousandth call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import fail
from plugbay_conformance.engines.contract import GuestStopped
from plugbay_conformance.priostack.making import module
from plugbay_conformance.priostack.opening import open_functions
from plugbay_conformance.priostack.samples import CONTRACT_FUNCTIONS, contract_inputs, kilobyte, probed_functions
from plugbay_conformance.priostack.steadiness import outcome
from plugbay_conformance.settling import grows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.priostack.byte_functions import ByteFunctions

_CALLS: Final = 10_000
_SETTLING: Final = 2_000
_MOST_REPEATED: Final = 6
_WORKING: Final = ("echo", "transform", "repeat", "fail", "write_log", "count")


def _no_growth(half: int) -> Callable[[CaseContext], None]:
    """The case for every other one of some functions: two workers then share what takes longest."""

    def run(context: CaseContext) -> None:
        with open_functions(context) as functions:
            for function in _repeated(context, functions)[half::2]:
                payload = _answered_twice(context, functions, function)
                if payload is not None:
                    _require_steady(functions, function, payload, context.host.memory_pages)

    return run


def _repeated(context: CaseContext, functions: ByteFunctions) -> Sequence[str]:
    """The functions that are called by the thousand: first what the contract does not know, then what does most."""
    names = probed_functions(context, functions)
    if context.subject.contract is not None:
        own = [name for name in names if name not in CONTRACT_FUNCTIONS]
        names = (*own, *(name for name in _WORKING if name in names))
    return names[:_MOST_REPEATED]


def _answered_twice(context: CaseContext, functions: ByteFunctions, function: str) -> bytes | None:
    """An input that the function answers, and can be given again; None where there is none."""
    payloads = [kilobyte(context), b"{}"]
    if context.subject.contract is not None and function in contract_inputs():
        payloads.insert(0, contract_inputs()[function])
    for payload in payloads:
        functions.renew()
        outcomes = {outcome(functions, function, payload).what for _ in range(2)}
        if not functions.stopped and outcomes <= {"output", "failure"}:
            return payload
    return None


def _require_steady(functions: ByteFunctions, function: str, payload: bytes, most: int) -> None:
    first, settled = functions.session.pages(), _repeat(functions, function, payload, _SETTLING)
    growth = grows(first, settled, lambda: _repeat(functions, function, payload, _CALLS), most=most)
    if growth is not None:
        fail(
            f"{_CALLS} calls of {function} grow the memory each time: is each input and output given back?",
            expected=f"{growth[0]} pages",
            found=f"{growth[1]} pages",
            input=payload,
        )


def _repeat(functions: ByteFunctions, function: str, payload: bytes, count: int) -> int:
    try:
        return functions.session.repeat_packed(functions.allocator, function, [payload], count).pages
    except GuestStopped as stopped:
        fail(
            f"{function} stopped while it was called {count} times",
            expected="answers",
            found=stopped.reason,
            input=payload,
        )


CASES: Final[tuple[Case, ...]] = (
    module(51, "ten_thousand", _no_growth(0)),
    module(51, "ten_thousand_of_others", _no_growth(1)),
)

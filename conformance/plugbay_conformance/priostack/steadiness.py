"""PRI-050 to PRI-053: what earlier calls must not change, however many there were."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import fail
from plugbay_conformance.engines.contract import GuestStopped, OutOfBounds, StopKind
from plugbay_conformance.priostack.byte_functions import NoMemory
from plugbay_conformance.priostack.making import guest, module
from plugbay_conformance.priostack.opening import open_functions, pass_over
from plugbay_conformance.priostack.samples import (
    MALFORMED,
    ORDINARY,
    TRANSFORM,
    contract_inputs,
    encoded,
    kilobyte,
    probed_functions,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.priostack.byte_functions import ByteFunctions

_CALLS: Final = 10_000
_SETTLING: Final = 2_000
_ATTEMPTS: Final = 3
_DIRT: Final = (1, 3, 30, 200, 1_000, 5_000)
_GROWING: Final = tuple(int(20_000 * 1.4**step) for step in range(16))
"""Bytes of an input: of some there is room for the input and none for the output."""
_ROOM: Final = 20
"""Pages of 64 KiB that a guest gets beside those that it starts with, where memory is short."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a call ended: ``what`` is output, failure, outside or stopped."""

    what: str
    data: bytes = b""


def _outcome(functions: ByteFunctions, function: str, data: bytes) -> _Outcome:
    try:
        answer = functions.call(function, data)
    except GuestStopped as stopped:
        pass_over(stopped)
        return _Outcome("stopped")
    except OutOfBounds:
        functions.renew()
        return _Outcome("outside")
    return _Outcome("failure" if answer.failed else "output", answer.data)


def _alike(context: CaseContext) -> None:
    with open_functions(context) as clean, open_functions(context) as other:
        for function in probed_functions(context, clean):
            for data in ORDINARY:
                _make_dirty(other, context)
                first, second = _outcome(clean, function, data), _outcome(other, function, data)
                if first != second:
                    fail(
                        f"{function} answers otherwise in an instance whose free memory holds other bytes",
                        expected=f"{first.what} of {len(first.data)} bytes: {first.data[:64]!r}",
                        found=f"{second.what} of {len(second.data)} bytes: {second.data[:64]!r}",
                        input=data,
                        output=second.data,
                    )


def _make_dirty(functions: ByteFunctions, context: CaseContext) -> None:
    """Leave other bytes behind in the memory that is free."""
    try:
        blocks = [functions.put(context.random.randbytes(size)) for size in _DIRT]
        for block in blocks:
            functions.release(block)
        functions.collect()
    except GuestStopped as stopped:
        pass_over(stopped)
        functions.renew()
    except OutOfBounds:
        functions.renew()


def _whatever_came_before(context: CaseContext) -> None:
    calls = [
        *(("echo", context.random.randbytes(size)) for size in (0, 3, 900)),
        *(("reverse", context.random.randbytes(size)) for size in (1, 40, 2_000)),
        *(("length", bytes(size)) for size in (0, 7, 5_000)),
        *(("repeat", encoded({"text": text, "times": 5})) for text in ("", "ab", "é" * 300)),
        *(("transform", encoded({**TRANSFORM, "name": name})) for name in ("", "Ada", "x" * 700)),
    ]
    alone = {call: _alone(context, *call) for call in calls}
    with open_functions(context) as functions:
        for _ in range(4):
            for function, data in context.random.sample(calls, len(calls)):
                found = functions.expect_output(function, data).data
                expected = alone[function, data]
                if found != expected:
                    fail(
                        f"{function} answers otherwise after other calls",
                        expected=f"{expected[:200]!r}",
                        found=f"{found[:200]!r}",
                        input=data,
                        output=found,
                    )


def _alone(context: CaseContext, function: str, data: bytes) -> bytes:
    with open_functions(context) as functions:
        return functions.expect_output(function, data).data


def _no_growth(half: int) -> Callable[[CaseContext], None]:
    """The case for every other function: two workers then share what takes longest."""

    def run(context: CaseContext) -> None:
        with open_functions(context) as functions:
            for function in probed_functions(context, functions)[half::2]:
                payload = _answered_twice(context, functions, function)
                if payload is not None:
                    _require_steady(functions, function, payload)

    return run


def _answered_twice(context: CaseContext, functions: ByteFunctions, function: str) -> bytes | None:
    """An input that the function answers, and can be given again; None where there is none."""
    payloads = [kilobyte(context), b"{}"]
    if context.subject.contract is not None and function in contract_inputs():
        payloads.insert(0, contract_inputs()[function])
    for payload in payloads:
        functions.renew()
        outcomes = {_outcome(functions, function, payload).what for _ in range(2)}
        if not functions.stopped and outcomes <= {"output", "failure"}:
            return payload
    return None


def _require_steady(functions: ByteFunctions, function: str, payload: bytes) -> None:
    before = pages = _repeat(functions, function, payload, _SETTLING)
    for _ in range(_ATTEMPTS):  # a collector may take a while to settle; a leak never does
        before, pages = pages, _repeat(functions, function, payload, _CALLS)
        if pages <= before:
            return
    fail(
        f"{_CALLS} calls of {function} grow the memory each time: is each input and output given back?",
        expected=f"{before} pages",
        found=f"{pages} pages",
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


def _never_wrong(context: CaseContext) -> None:
    with open_functions(context) as functions:
        pages = functions.session.pages()
    host = replace(context.host, memory_pages=min(pages + _ROOM, context.host.memory_pages))
    with open_functions(context, host=host) as functions:
        for size in _GROWING:
            functions.renew()
            _require_whole_or_none(functions, b"memory! " * (size // 8))


def _require_whole_or_none(functions: ByteFunctions, data: bytes) -> None:
    pages = functions.session.pages()
    try:
        answer = functions.call("echo", data)
    except NoMemory:
        return
    except GuestStopped as stopped:
        if stopped.kind in (StopKind.DEADLINE, StopKind.ENGINE):
            raise
        return
    except OutOfBounds as outside:
        fail("with its memory full the guest hands out what it does not have", expected="none", found=outside)
    if not answer.failed and answer.data != data:
        fail(
            f"with {pages} pages of memory, and no more to be had, echo answered wrongly",
            expected=f"the {len(data)} bytes of the input, or a failure",
            found=f"{len(answer.data)} bytes: {answer.data[:40]!r}",
        )


def _goes_on(context: CaseContext) -> None:
    with open_functions(context) as functions:
        functions.expect_failure("fail", b"this call fails")
        for function, data, expected in (
            ("echo", b"after a failure", b"after a failure"),
            ("length", b"seven b", b"7"),
        ):
            answer = functions.expect_output(function, data)
            if answer.data != expected:
                fail(
                    f"after a call that failed, {function} answers otherwise",
                    expected=repr(expected),
                    found=repr(answer.data[:200]),
                    input=data,
                    output=answer.data,
                )


def _still_answers(context: CaseContext) -> None:
    with open_functions(context) as functions:
        calls = [
            (function, data, _outcome(functions, function, data).what)
            for function in probed_functions(context, functions)
            for data in (*ORDINARY, *MALFORMED[:6])
        ]
    failing = [(function, data) for function, data, what in calls if what == "failure"]
    answering = [(function, data) for function, data, what in calls if what in ("output", "failure")]
    if not failing:
        return
    stopped = _first_stop(context, [*failing[:20], *answering])
    if stopped is not None and _first_stop(context, answering) is None:
        fail(
            f"{stopped[0]} stops in an instance of which a call failed before",
            expected="an answer, as without the failure",
            found="a trap",
            input=stopped[1],
        )


def _first_stop(context: CaseContext, calls: Sequence[tuple[str, bytes]]) -> tuple[str, bytes] | None:
    """The first of these calls, made of one instance, that stops it."""
    with open_functions(context) as functions:
        for function, data in calls:
            if _outcome(functions, function, data).what == "stopped":
                return function, data
    return None


CASES: Final[tuple[Case, ...]] = (
    module(50, "dirty_memory", _alike),
    guest(50, "after_others", _whatever_came_before),
    module(51, "ten_thousand", _no_growth(0)),
    module(51, "ten_thousand_of_others", _no_growth(1)),
    guest(52, "full_memory", _never_wrong),
    module(53, "still_answers", _still_answers),
    guest(53, "goes_on", _goes_on),
)

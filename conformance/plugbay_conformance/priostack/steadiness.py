"""PRI-050, PRI-052 and PRI-053: what earlier calls, a full memory and a failure must not change."""

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
    encoded,
    probed_functions,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.priostack.byte_functions import ByteFunctions

_DIRT: Final = (1, 3, 30, 200, 1_000, 5_000)
_GROWING: Final = tuple(int(20_000 * 1.4**step) for step in range(16))
"""Bytes of an input: of some there is room for the input and none for the output."""
_ROOM: Final = 20
"""Pages of 64 KiB that a guest gets beside those that it starts with, where memory is short."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended: ``what`` is output, failure, outside or stopped."""

    what: str
    data: bytes = b""


def outcome(functions: ByteFunctions, function: str, data: bytes) -> Outcome:
    """How a whole call ends; after one that stopped or lied the next one meets a fresh instance."""
    try:
        answer = functions.call(function, data)
    except GuestStopped as stopped:
        pass_over(stopped)
        return Outcome("stopped")
    except OutOfBounds:
        functions.renew()
        return Outcome("outside")
    return Outcome("failure" if answer.failed else "output", answer.data)


def _alike(context: CaseContext) -> None:
    with open_functions(context) as clean, open_functions(context) as other:
        for function in probed_functions(context, clean):
            for data in ORDINARY:
                _make_dirty(other, context)
                first, second = outcome(clean, function, data), outcome(other, function, data)
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
            (function, data, outcome(functions, function, data).what)
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
            if outcome(functions, function, data).what == "stopped":
                return function, data
    return None


CASES: Final[tuple[Case, ...]] = (
    module(50, "dirty_memory", _alike),
    guest(50, "after_others", _whatever_came_before),
    guest(52, "full_memory", _never_wrong),
    module(53, "still_answers", _still_answers),
    guest(53, "goes_on", _goes_on),
)

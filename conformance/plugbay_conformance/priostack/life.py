"""PRI-015 and PRI-016: an instance's beginning and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import CaseSkipped, fail
from plugbay_conformance.core_2 import outside_core_2
from plugbay_conformance.engines.contract import GuestStopped, StopKind
from plugbay_conformance.priostack.binary import forbidden_imports, mistyped_imports, wrong_starts
from plugbay_conformance.priostack.making import guest, module
from plugbay_conformance.priostack.opening import DEFAULT, open_functions

if TYPE_CHECKING:
    from plugbay_conformance.case import Case, CaseContext


def _becomes_ready(context: CaseContext) -> None:
    obstacle = _known_obstacle(context)
    if obstacle is not None:
        raise CaseSkipped(f"it can't start: {obstacle}")
    try:
        context.engine.open_pointers(context.subject, context.host, DEFAULT).close()
    except GuestStopped as stopped:
        fail("the module does not start", expected="an instance that is ready", found=stopped.reason)


def _known_obstacle(context: CaseContext) -> str | None:
    """What another requirement already says of the file, and what keeps the module from starting."""
    subject = context.subject
    if forbidden := forbidden_imports(subject):
        return f"it imports {forbidden[0].module}.{forbidden[0].name}, see PRI-009"
    if mistyped := mistyped_imports(subject):
        return f"it imports {mistyped[0].module}.{mistyped[0].name} under another type, see PRI-010"
    if sum(memory.minimum for memory in subject.info.memories) > context.host.memory_pages:
        return "its memory starts too large, see PRI-011 and PRI-012"
    beyond = outside_core_2(subject)
    if beyond is not None:
        return f"{beyond}, see PRI-013"
    wrong = list(wrong_starts(subject.info))
    return f"{wrong[0]} has another type, see PRI-014" if wrong else None


def _trap_stays(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for _ in range(2):
            functions.expect_output("count")
        _trap(context)
        functions.renew()
        for expected in (b"1", b"2"):
            answer = functions.expect_output("count")
            if answer.data != expected:
                fail(
                    "a fresh instance knows of the calls of another one",
                    expected=expected.decode(),
                    found=answer.data.decode("utf-8", "replace"),
                    output=answer.data,
                )


def _trap(context: CaseContext) -> None:
    with open_functions(context) as functions:
        if "trap" not in functions.convention.functions:
            fail("the guest has no function trap", expected="an export trap", found="none")
        try:
            answer = functions.call("trap")
        except GuestStopped as stopped:
            if stopped.kind in (StopKind.TRAP, StopKind.EXIT):
                return
            fail("trap did not end its call with a trap", expected="a trap", found=stopped.reason)
        if not (answer.failed and functions.stopped):
            fail("trap answered", expected="a trap", found=f"{len(answer.data)} bytes", output=answer.data)


CASES: Final[tuple[Case, ...]] = (
    module(15, "ready", _becomes_ready),
    guest(16, "trap", _trap_stays),
)

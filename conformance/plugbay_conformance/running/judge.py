"""Judging one case, in this process."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING

from plugbay_conformance.case import CaseContext, CaseFailed, CaseKind, CaseSkipped, Evidence
from plugbay_conformance.engines.contract import GuestStopped, OutOfBounds, StopKind
from plugbay_conformance.results import CaseResult, Status

if TYPE_CHECKING:
    from plugbay_conformance.case import Case, Subject
    from plugbay_conformance.engines.contract import ConformanceEngine
    from plugbay_conformance.host_profile import HostProfile
    from plugbay_conformance.specification import Requirement


def judge(
    case: Case,
    requirement: Requirement,
    subject: Subject,
    engine: ConformanceEngine,
    host: HostProfile,
    seed: int,
) -> CaseResult:
    """Run a case and say what became of it.

    What a case lets through of a guest that stopped or lied about its memory is a failure of the requirement too. Any
    other exception is a mistake of the suite and is raised.
    """
    context = CaseContext(subject, requirement, engine, host, Random(f"{seed}/{case.id}"))  # noqa: S311 # repeatable
    engine_name = "-" if case.kind is CaseKind.BINARY else engine.name
    result = CaseResult(case.requirement, case.name, case.kind, engine_name, host.name, Status.PASSED, 0.0)
    if case.kind is CaseKind.GUEST and subject.contract is None:
        return replace(result, status=Status.SKIPPED, reason="the module is no conformance guest")
    if case.engines is not None and engine.name not in case.engines:
        return replace(result, status=Status.SKIPPED, reason=f"{engine.name} does not show what is judged here")
    started = perf_counter()
    status, reason, evidence = _outcome(case, context)
    return replace(result, status=status, reason=reason, evidence=evidence, seconds=perf_counter() - started)


def _outcome(case: Case, context: CaseContext) -> tuple[Status, str, Evidence | None]:
    try:
        case.run(context)
    except CaseFailed as failure:
        return Status.FAILED, failure.reason, failure.evidence
    except CaseSkipped as skipped:
        return Status.SKIPPED, skipped.reason, None
    except GuestStopped as stopped:
        return Status.FAILED, _STOPPED[stopped.kind], Evidence("an answer", stopped.reason)
    except OutOfBounds as outside:
        return (
            Status.FAILED,
            "the guest handed out memory that it does not have",
            Evidence("a valid pointer", str(outside)),
        )
    return Status.PASSED, "", None


_STOPPED = {
    StopKind.TRAP: "the guest trapped",
    StopKind.EXIT: "the guest called proc_exit",
    StopKind.DEADLINE: "the guest did not answer in time",
    StopKind.LINK: "the module could not be instantiated",
    StopKind.ENGINE: "the engine failed while it ran the guest",
}

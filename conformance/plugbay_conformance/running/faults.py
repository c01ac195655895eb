"""What the fault of a worker means for the case that it was at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from plugbay_conformance.case import Evidence
from plugbay_conformance.results import CaseResult, Difference, Status

if TYPE_CHECKING:
    from plugbay_conformance.case import Case
    from plugbay_conformance.running.plan import Job


class FaultKind(StrEnum):
    """How a worker failed at what it was given."""

    OVERRUN = "overrun"
    DIED = "died"
    """Of a signal, such as a crash of the engine."""
    MEMORY = "memory"
    BROKE = "broke"
    """It ended by itself, or said what makes no sense: a bug of the suite."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is no answer. ``text`` says for people what the worker did, ``last_words`` is its standard error's end;
    ``seconds`` is how long it was at it."""

    kind: FaultKind
    text: str
    last_words: str = ""
    seconds: float = 0.0


_REASONS = {
    FaultKind.OVERRUN: "the guest kept the suite busy until its process was ended",
    FaultKind.DIED: "the process that ran the guest died",
    FaultKind.MEMORY: "judging the guest took more memory than a worker may have",
}


def failed_result(case: Case, job: Job, fault: Fault) -> CaseResult:
    """The result of a case whose worker failed.

    What a guest can bring about is a failure of the case; a bug of the suite is no verdict on the guest.
    """
    if fault.kind is FaultKind.BROKE:
        return broken_result(case, job, f"{fault.text}: {_last_line(fault.last_words)}")
    found = f"{fault.text}; last words: {fault.last_words}" if fault.last_words else fault.text
    return CaseResult(
        case.requirement,
        case.name,
        case.kind,
        job.engine,
        job.host,
        Status.FAILED,
        fault.seconds,
        _REASONS[fault.kind],
        Evidence("an answer, or an error, in time", found),
    )


def broken_result(case: Case, job: Job, what: str) -> CaseResult:
    """The result of a case that the suite itself could not judge: skipped, so that nobody is blamed or praised."""
    reason = f"the suite failed to judge it, which is a bug of the suite: {what}"
    return CaseResult(case.requirement, case.name, case.kind, job.engine, job.host, Status.SKIPPED, 0.0, reason)


def not_compared(requirement: str, case: str, engines: tuple[str, str], why: str) -> Difference:
    """A comparison that came to nothing: it must not look like one that found nothing."""
    text = f"not compared: {why}"
    return Difference(requirement, case, "trap", engines, (text, text))


def _last_line(text: str) -> str:
    return (text.splitlines() or ["it said nothing"])[-1]

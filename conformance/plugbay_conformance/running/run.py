"""One run over one module: from a subject to a report."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plugbay_conformance.expected import apply_expectations
from plugbay_conformance.results import ModuleFacts, Report
from plugbay_conformance.running.faults import Fault, failed_result, not_compared
from plugbay_conformance.running.plan import plan_comparisons, plan_jobs
from plugbay_conformance.running.verdicts import host_results, profile_result
from plugbay_conformance.selection import EVERYTHING
from plugbay_conformance.subject import with_contract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from plugbay_conformance.case import Subject
    from plugbay_conformance.expected import Expectation
    from plugbay_conformance.results import CaseResult, Difference, EngineFacts
    from plugbay_conformance.running.judges import Judges
    from plugbay_conformance.running.plan import Comparison, Job
    from plugbay_conformance.selection import Selection
    from plugbay_conformance.suite import AbiSuite


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: so many of so many cases of a module are judged, and what became of the last one."""

    module: str
    done: int
    total: int
    result: CaseResult


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What is asked of a run. ``profile`` is the one that was named, None to go by the module."""

    engines: tuple[EngineFacts, ...]
    profile: str | None = None
    selection: Selection = EVERYTHING
    expectations: tuple[Expectation, ...] = ()
    seed: int = 1
    hosts: bool = True
    differential: bool = False
    progress: Callable[[Progress], None] | None = None


@dataclass(slots=True)
class _Found:
    """What is known so far."""

    subject: Subject
    jobs: tuple[Job, ...] = ()
    results: dict[Job, CaseResult] = field(default_factory=dict["Job", "CaseResult"])
    differences: dict[Comparison, tuple[Difference, ...]] = field(
        default_factory=dict["Comparison", "tuple[Difference, ...]"]
    )


def run(judges: Judges, suite: AbiSuite, subject: Subject, path: str, options: RunOptions) -> Report:
    """Judge a subject, which was read from ``path``.

    Ctrl-C ends it, with a report of what was found until then; ``judges`` has to be closed after that. Raises
    :class:`~plugbay_conformance.errors.SelectionEmpty`.
    """
    started, clock = time.time_ns(), time.perf_counter()
    found = _Found(subject)
    complete = True
    try:
        _judge(judges, suite, found, options)
    except KeyboardInterrupt:
        complete = False
    return _report(suite, found, path, options, started=started, clock=clock, complete=complete)


def known_subject(judges: Judges, suite: AbiSuite, subject: Subject, engine: str, profile: str | None) -> Subject:
    """The subject with what it says about itself, loaded to be judged; ``profile`` is the one that was asked for.

    It is asked twice before it counts as a black box: the process that asked may have been killed, by nobody's fault,
    and most of what must be judged would be left out.
    """
    judges.load(subject)
    contract = judges.read_contract(subject, engine) or judges.read_contract(subject, engine)
    return with_contract(subject, contract, profile, suite.specification.profiles)


def judge_jobs(
    judges: Judges, suite: AbiSuite, subject: Subject, jobs: Sequence[Job], seed: int
) -> Iterator[tuple[Job, CaseResult]]:
    """What becomes of each job, in the order in which they end; the failures of workers are results too."""
    for job, outcome in judges.judge(subject, jobs, seed):
        yield job, failed_result(suite.case(job.case), job, outcome) if isinstance(outcome, Fault) else outcome


def cut_short(suite: AbiSuite, subject: Subject, path: str, options: RunOptions) -> Report:
    """The report of a run that Ctrl-C ended before anything was judged."""
    now = time.time_ns(), time.perf_counter()
    return _report(suite, _Found(subject), path, options, started=now[0], clock=now[1], complete=False)


def _judge(judges: Judges, suite: AbiSuite, found: _Found, options: RunOptions) -> None:
    engines = [engine.name for engine in options.engines]
    subject = found.subject = known_subject(judges, suite, found.subject, engines[0], options.profile)
    found.jobs = plan_jobs(suite, subject.profile, engines, options.selection, hosts=options.hosts)
    order = sorted(found.jobs, key=lambda job: not suite.case(job.case).slow)
    for job, result in judge_jobs(judges, suite, subject, order, options.seed):
        found.results[job] = result
        if options.progress is not None:
            options.progress(Progress(subject.name, len(found.results), len(found.jobs), result))
    if options.differential:
        comparisons = plan_comparisons(suite, subject.profile, engines, options.selection)
        for comparison, compared in judges.compare(subject, comparisons, options.seed):
            found.differences[comparison] = (
                (_not_compared(comparison, compared),) if isinstance(compared, Fault) else compared
            )


def _not_compared(comparison: Comparison, fault: Fault) -> Difference:
    requirement, _, case = comparison.case.partition("/")
    return not_compared(requirement, case, comparison.engines, fault.text)


def _report(
    suite: AbiSuite, found: _Found, path: str, options: RunOptions, *, started: int, clock: float, complete: bool
) -> Report:
    subject = found.subject
    ordered = [found.results[job] for job in found.jobs if job in found.results]
    results = apply_expectations(options.expectations, ordered, subject.profile, complete=complete)
    requirements = suite.specification.of_profile(subject.profile)
    return Report(
        specification=suite.specification,
        module=ModuleFacts(subject.name, path, subject.info.digest, len(subject.module), subject.contract),
        abi=subject.abi,
        profile=subject.profile,
        engines=options.engines,
        results=results,
        profiles=tuple(
            profile_result(requirements, subject.profile, engine.name, results, complete=complete)
            for engine in options.engines
        ),
        hosts=host_results(suite.hosts, results),
        differences=tuple(
            difference for comparison in sorted(found.differences) for difference in found.differences[comparison]
        ),
        seed=options.seed,
        seconds=time.perf_counter() - clock,
        started=started,
        complete=complete,
    )

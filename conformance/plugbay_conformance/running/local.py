"""Judging in this process: one subject at a time, each engine opened when it is first needed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from plugbay_conformance.results import EngineFacts
from plugbay_conformance.running.bounds import bounded_contract, bounded_result
from plugbay_conformance.running.faults import Fault, FaultKind, broken_result, failed_result, not_compared
from plugbay_conformance.running.judge import judge
from plugbay_conformance.running.no_engine import NO_ENGINE, NoEngine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugbay_conformance.case import GuestContract, Subject
    from plugbay_conformance.engines.contract import ConformanceEngine
    from plugbay_conformance.results import CaseResult, Difference
    from plugbay_conformance.running.parts import Parts
    from plugbay_conformance.running.plan import Comparison, Job
    from plugbay_conformance.suite import AbiSuite


class LocalJudge:
    """Does what a run asks for, one thing after the other."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._suites: dict[str, AbiSuite] = {}
        self._engines: dict[str, ConformanceEngine] = {NO_ENGINE: NoEngine()}

    def engine_facts(self, name: str) -> EngineFacts:
        """Name and version of an engine, opened if need be. Raises what opening raises."""
        engine = self._engine(name)
        return EngineFacts(engine.name, engine.version)

    def load(self, subject: Subject) -> None:
        """Nothing is to be done: every call brings its subject."""

    def read_contract(self, subject: Subject, engine: str) -> GuestContract | None:
        """What the guest says about itself; None when it is no conformance guest of the subject's ABI."""
        contract = self._suite(subject.abi).read_contract(self._engine(engine), subject)
        if contract is None or contract.abi != subject.abi:
            return None
        return bounded_contract(contract)

    def judge(self, subject: Subject, jobs: Iterable[Job], seed: int) -> Iterator[tuple[Job, CaseResult]]:
        """What becomes of each job, in their order."""
        for job in jobs:
            yield job, self.judge_one(subject, job, seed)

    def compare(
        self, subject: Subject, comparisons: Iterable[Comparison], seed: int
    ) -> Iterator[tuple[Comparison, tuple[Difference, ...]]]:
        """Where the engines of each comparison disagree, in their order."""
        for comparison in comparisons:
            yield comparison, self.compare_one(subject, comparison, seed)

    def judge_one(self, subject: Subject, job: Job, seed: int) -> CaseResult:
        """What became of a case.

        A mistake of the suite is no verdict on the guest: the case is skipped, and says so.
        """
        suite = self._suite(subject.abi)
        case, host = suite.case(job.case), suite.host(job.host)
        try:
            result = judge(case, suite.requirement(case), subject, self._engine(job.engine), host, seed)
        except MemoryError:
            result = failed_result(case, job, Fault(FaultKind.MEMORY, "memory that it was refused"))
        except Exception as error:  # noqa: BLE001 # a mistake of the suite must not end the run
            result = broken_result(case, job, f"{type(error).__name__}: {error}")
        return bounded_result(replace(result, engine=job.engine))

    def compare_one(self, subject: Subject, comparison: Comparison, seed: int) -> tuple[Difference, ...]:
        """Where two engines disagree on a case; that they could not be compared is told as a difference."""
        suite = self._suite(subject.abi)
        case, host = suite.case(comparison.case), suite.hosts[0]
        find = self._parts.load_differences()
        try:
            first, second = (self._engine(name) for name in comparison.engines)
            return tuple(find(case, suite.requirement(case), subject, (first, second), host, seed))
        except Exception as error:  # noqa: BLE001 # a mistake of the suite must not end the run
            return (not_compared(case.requirement, case.name, comparison.engines, f"{type(error).__name__}: {error}"),)

    def close(self) -> None:
        """Close the engines."""
        for engine in self._engines.values():
            engine.close()
        self._engines.clear()

    def _suite(self, abi: str) -> AbiSuite:
        if abi not in self._suites:
            self._suites[abi] = self._parts.load_suite(abi)
        return self._suites[abi]

    def _engine(self, name: str) -> ConformanceEngine:
        if name not in self._engines:
            self._engines[name] = self._parts.open_engine(name)
        return self._engines[name]

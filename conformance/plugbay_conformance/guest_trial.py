"""One module judged requirement by requirement, for those who make a test of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay_conformance.case import CaseKind
from plugbay_conformance.examiner import Examiner
from plugbay_conformance.expected import apply_expectations
from plugbay_conformance.host_profile import SPECIFICATION
from plugbay_conformance.running.no_engine import NO_ENGINE
from plugbay_conformance.running.parts import Parts
from plugbay_conformance.running.plan import Job, selected_cases
from plugbay_conformance.running.run import judge_jobs, known_subject

if TYPE_CHECKING:
    from plugbay.module.source import ModuleSource
    from plugbay_conformance.options import ConformOptions
    from plugbay_conformance.results import CaseResult
    from plugbay_conformance.specification import Requirement


class GuestTrial:
    """A module that was read, and asked what it is.

    Raises a :class:`~plugbay.errors.PlugbayError` for what can't be judged.
    """

    def __init__(self, source: ModuleSource, options: ConformOptions, parts: Parts | None = None) -> None:
        self._options = options
        self._examiner = Examiner(options, parts=parts or Parts())
        try:
            subject = self._examiner.read(source)
            self._suite = self._examiner.suite(subject.abi)
            self.engines = tuple(engine.name for engine in self._examiner.engines(subject.abi))
            self._subject = known_subject(self._examiner.judges, self._suite, subject, self.engines[0], options.profile)
            self._cases = selected_cases(self._suite, self._subject.profile, options.select)
        except BaseException:
            self.close()
            raise

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """What is judged, in the order of the specification."""
        return tuple(dict.fromkeys(self._suite.requirement(case) for case in self._cases))

    def judge(self, requirement: Requirement, engine: str) -> tuple[CaseResult, ...]:
        """What became of a requirement's cases on an engine; those that run nothing are judged for each engine."""
        jobs = [
            Job(case.id, NO_ENGINE if case.kind is CaseKind.BINARY else engine, SPECIFICATION)
            for case in self._cases
            if case.requirement == requirement.id
        ]
        found = dict(judge_jobs(self._examiner.judges, self._suite, self._subject, jobs, self._options.seed))
        results = [found[job] for job in jobs]
        return apply_expectations(self._examiner.expectations, results, self._subject.profile, complete=True)

    def close(self) -> None:
        """End the processes that judge."""
        self._examiner.close()

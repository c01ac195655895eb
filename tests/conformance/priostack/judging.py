"""Judging one module in this process, case by case."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from plugbay.module.binary import read_module
from plugbay_conformance.case import Subject
from plugbay_conformance.results import CaseResult, Status
from plugbay_conformance.running.judge import judge
from plugbay_conformance.suite import load_suite

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_conformance.case import Case
    from plugbay_conformance.engines.contract import ConformanceEngine


def subject_of(module: bytes, profile: str, engine: ConformanceEngine | None = None) -> Subject:
    """The subject; with an engine, its contract is asked for."""
    info = read_module(module, hashlib.sha256(module).hexdigest())
    subject = Subject("module", module, info, "priostack", profile)
    if engine is None:
        return subject
    return replace(subject, contract=load_suite("priostack").read_contract(engine, subject))


def judge_all(
    subject: Subject, engine: ConformanceEngine, *, only: Callable[[Case], bool] = lambda _: True
) -> list[CaseResult]:
    """The results of the profile's cases, in the order of the requirements."""
    suite = load_suite("priostack")
    return [
        judge(case, suite.requirement(case), subject, engine, suite.hosts[0], seed=1)
        for case in suite.of_profile(subject.profile)
        if only(case)
    ]


def failed(results: list[CaseResult]) -> dict[str, str]:
    """The requirements that failed, each with a reason."""
    return {result.requirement: result.reason for result in results if result.status is Status.FAILED}

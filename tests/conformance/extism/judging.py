"""Judging one plugin in this process, case by case."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from plugbay.module.binary import read_module
from plugbay_conformance.case import CaseKind, Subject
from plugbay_conformance.extism import HOSTS, read_contract
from plugbay_conformance.results import Status
from plugbay_conformance.running.judge import judge
from plugbay_conformance.suite import load_suite

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_conformance.case import Case
    from plugbay_conformance.engines.contract import ConformanceEngine
    from plugbay_conformance.host_profile import HostProfile
    from plugbay_conformance.results import CaseResult

SPECIFICATION, REFLOW = HOSTS


def subject_of(module: bytes, profile: str, engine: ConformanceEngine | None = None, name: str = "plugin") -> Subject:
    """The subject; with an engine, its contract is asked for."""
    info = read_module(module, hashlib.sha256(module).hexdigest())
    subject = Subject(name, module, info, "extism", profile)
    return subject if engine is None else replace(subject, contract=read_contract(engine, subject))


def judge_all(
    subject: Subject,
    engine: ConformanceEngine,
    host: HostProfile = SPECIFICATION,
    *,
    only: Callable[[Case], bool] = lambda _: True,
) -> list[CaseResult]:
    """The results of the profile's cases, by the order of the requirements."""
    suite = load_suite("extism")
    return [
        judge(case, suite.requirement(case), subject, engine, host, seed=1)
        for case in suite.of_profile(subject.profile)
        if (host.is_specification or case.on_hosts) and only(case)
    ]


def failed(results: list[CaseResult]) -> dict[str, str]:
    """The requirements that failed, each with a reason."""
    return {result.requirement: result.reason for result in results if result.status is Status.FAILED}


def skipped(results: list[CaseResult]) -> dict[str, str]:
    """The requirements of which a case was skipped, each with the reason."""
    return {result.requirement: result.reason for result in results if result.status is Status.SKIPPED}


def is_for_any_plugin(case: Case) -> bool:
    """Whether the case asks nothing of a conformance guest."""
    return case.kind is not CaseKind.GUEST

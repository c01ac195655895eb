"""Each requirement counts once, as the worst of its cases; conformant is what was seen to hold in every MUST."""

from __future__ import annotations

from itertools import pairwise

import pytest

from plugbay_conformance.case import CaseKind
from plugbay_conformance.host_profile import SPECIFICATION, HostProfile
from plugbay_conformance.results import CaseResult, ProfileResult, Status, Verdict
from plugbay_conformance.running.verdicts import host_results, profile_result
from plugbay_conformance.specification import Level, Requirement

REQUIREMENTS = tuple(
    Requirement(f"FLX-00{number}", "fluxrig", level, ("core",), "title", "text", "source", "reason")
    for number, level in ((1, Level.MUST), (2, Level.MUST), (3, Level.SHOULD))
)
GOOD = {"FLX-001": "passed", "FLX-002": "passed", "FLX-003": "passed"}


def result(requirement: str, status: str, engine: str = "wasmtime", host: str = SPECIFICATION) -> CaseResult:
    return CaseResult(requirement, "case", CaseKind.MODULE, engine, host, Status(status), 0.0)


def judged(*results: CaseResult, complete: bool = True) -> ProfileResult:
    return profile_result(REQUIREMENTS, "core", "wasmtime", results, complete=complete)


def of(**changes: str) -> list[CaseResult]:
    statuses = {**GOOD, **{key.replace("_", "-"): value for key, value in changes.items()}}
    return [result(requirement, status) for requirement, status in statuses.items()]


def test_what_holds_throughout_is_conformant() -> None:
    found = judged(*of())
    assert (found.verdict, found.passed, found.failed, found.skipped, found.expected) == (
        Verdict.CONFORMANT, 3, 0, 0, 0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"FLX_001": "failed"}, Verdict.FAILED),
        ({"FLX_001": "unexpected"}, Verdict.FAILED),
        ({"FLX_003": "unexpected"}, Verdict.FAILED),
        ({"FLX_001": "skipped"}, Verdict.PARTIAL),
        ({"FLX_001": "expected"}, Verdict.PARTIAL),
        ({"FLX_003": "failed"}, Verdict.CONFORMANT),
        ({"FLX_003": "skipped"}, Verdict.CONFORMANT),
        ({"FLX_003": "expected"}, Verdict.CONFORMANT),
        ({"FLX_001": "failed", "FLX_002": "skipped"}, Verdict.FAILED),
    ],
)
def test_a_must_decides_and_a_should_does_not(changes: dict[str, str], verdict: Verdict) -> None:
    assert judged(*of(**changes)).verdict is verdict


def test_the_requirements_that_decide_are_named() -> None:
    found = judged(*of(FLX_001="failed", FLX_002="skipped", FLX_003="failed"))
    assert (found.must_failed, found.must_skipped, found.should_failed) == (("FLX-001",), ("FLX-002",), ("FLX-003",))


def test_a_must_that_was_not_judged_makes_the_profile_partial() -> None:
    assert judged(*of()[1:]).verdict is Verdict.PARTIAL
    assert judged().verdict is Verdict.PARTIAL


def test_a_run_that_was_cut_short_is_never_conformant() -> None:
    assert judged(*of(), complete=False).verdict is Verdict.PARTIAL
    assert judged(*of(FLX_001="failed"), complete=False).verdict is Verdict.FAILED


@pytest.mark.parametrize(("worse", "better"), list(pairwise(["unexpected", "failed", "expected", "skipped", "passed"])))
def test_a_requirement_counts_once_with_the_worst_of_its_cases(worse: str, better: str) -> None:
    one, other = result("FLX-001", worse), result("FLX-001", better)
    assert judged(*of()[1:], one, other) == judged(*of()[1:], other, one) == judged(*of()[1:], one)


def test_only_the_own_engine_and_what_runs_on_none_counts() -> None:
    elsewhere = [result("FLX-001", "failed", "wazero")]
    assert judged(*of(), *elsewhere).verdict is Verdict.CONFORMANT
    assert judged(*of(), result("FLX-001", "failed", "-")).verdict is Verdict.FAILED


def test_only_the_specifications_host_decides() -> None:
    broken = result("FLX-001", "failed", host="fluxrig-v0.6")
    assert judged(*of(), broken).verdict is Verdict.CONFORMANT
    assert judged(*of(), result("FLX-001", "unexpected", host="fluxrig-v0.6")).verdict is Verdict.FAILED


def test_hosts_tell_what_broke_under_them() -> None:
    hosts = [HostProfile(name, f"title of {name}", "fluxrig", ("core",)) for name in (SPECIFICATION, "v0.6", "unasked")]
    broken = [result("FLX-001", "failed", host="v0.6"), result("FLX-002", "expected", host="v0.6")]
    others = [result("FLX-003", "passed", host="v0.6"), result("FLX-003", "skipped", host="v0.6")]
    (found,) = host_results(hosts, [*of(FLX_001="failed"), *broken, *others])
    assert (found.host, found.title, found.passed, found.broken) == ("v0.6", "title of v0.6", 1, tuple(broken))

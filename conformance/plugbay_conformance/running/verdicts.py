"""What results mean: for each profile and engine, and for each host that a plugin may meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay_conformance.host_profile import SPECIFICATION
from plugbay_conformance.results import HostResult, ProfileResult, Status, Verdict
from plugbay_conformance.running.no_engine import NO_ENGINE
from plugbay_conformance.specification import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plugbay_conformance.host_profile import HostProfile
    from plugbay_conformance.results import CaseResult
    from plugbay_conformance.specification import Requirement

_WORST = (Status.UNEXPECTED, Status.FAILED, Status.EXPECTED, Status.SKIPPED, Status.PASSED)
"""The status of a requirement is the first of these that one of its cases has."""
_RED = (Status.FAILED, Status.UNEXPECTED)


def profile_result(
    requirements: Sequence[Requirement],
    profile: str,
    engine: str,
    results: Iterable[CaseResult],
    *,
    complete: bool,
) -> ProfileResult:
    """The counts of one profile on one engine, and the verdict; ``requirements`` are all that the profile has.

    It is conformant only when every MUST of it was judged, and holds: one that was left out, skipped or is expected to
    fail makes it partial.
    """
    counted = [result for result in results if result.engine in (engine, NO_ENGINE)]
    own = [result for result in counted if result.host == SPECIFICATION]
    status = {
        requirement: status_of(result for result in own if result.requirement == requirement.id)
        for requirement in requirements
    }
    return ProfileResult(
        profile=profile,
        engine=engine,
        verdict=_verdict(status, counted, complete=complete),
        passed=_count(status, Status.PASSED),
        failed=_count(status, *_RED),
        skipped=_count(status, Status.SKIPPED),
        expected=_count(status, Status.EXPECTED),
        must_failed=_ids(status, Level.MUST, *_RED),
        must_skipped=_ids(status, Level.MUST, Status.SKIPPED),
        should_failed=_ids(status, Level.SHOULD, *_RED),
    )


def status_of(results: Iterable[CaseResult]) -> Status | None:
    """What the results of a requirement's cases mean together: the worst of them; None when there are none."""
    found = {result.status for result in results}
    return next((status for status in _WORST if status in found), None)


def host_results(hosts: Iterable[HostProfile], results: Sequence[CaseResult]) -> tuple[HostResult, ...]:
    """How the plugin fares on each host but the specification's own; hosts that no case was asked of are left out."""
    found: list[HostResult] = []
    for host in hosts:
        own = [result for result in results if result.host == host.name]
        if host.is_specification or not own:
            continue
        passed = sum(result.status in (Status.PASSED, Status.UNEXPECTED) for result in own)
        broken = tuple(result for result in own if result.status in (Status.FAILED, Status.EXPECTED))
        found.append(HostResult(host.name, host.title, passed, broken))
    return tuple(found)


def _verdict(status: Mapping[Requirement, Status | None], results: Sequence[CaseResult], *, complete: bool) -> Verdict:
    if any(result.status is Status.UNEXPECTED for result in results) or _ids(status, Level.MUST, *_RED):
        return Verdict.FAILED
    holds = len(_ids(status, Level.MUST, Status.PASSED))
    musts = sum(requirement.level is Level.MUST for requirement in status)
    return Verdict.CONFORMANT if complete and holds == musts else Verdict.PARTIAL


def _ids(status: Mapping[Requirement, Status | None], level: Level, *wanted: Status) -> tuple[str, ...]:
    return tuple(
        requirement.id for requirement, found in status.items() if requirement.level is level and found in wanted
    )


def _count(status: Mapping[Requirement, Status | None], *wanted: Status) -> int:
    return sum(found in wanted for found in status.values())

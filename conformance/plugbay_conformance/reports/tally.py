"""The results of one requirement taken together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay_conformance.host_profile import SPECIFICATION
from plugbay_conformance.results import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugbay_conformance.results import CaseResult, Report

_WORST_FIRST = (Status.FAILED, Status.UNEXPECTED, Status.EXPECTED, Status.SKIPPED, Status.PASSED)
NO_ENGINE = "-"
"""The engine of a result whose case runs nothing: it counts on every engine."""


def status_of(results: Iterable[CaseResult]) -> Status | None:
    """What a requirement's results mean together: the worst of them; None when there are none."""
    found = {result.status for result in results}
    return next((status for status in _WORST_FIRST if status in found), None)


def results_on(report: Report, engine: str) -> dict[str, list[CaseResult]]:
    """The results on one engine under the specification's host, by requirement, in the order of the specification."""
    grouped: dict[str, list[CaseResult]] = {}
    order = {requirement.id: place for place, requirement in enumerate(report.specification.requirements)}
    for result in sorted(report.results, key=lambda each: order.get(each.requirement, len(order))):
        if result.host == SPECIFICATION and result.engine in (engine, NO_ENGINE):
            grouped.setdefault(result.requirement, []).append(result)
    return grouped

"""The results of a report by requirement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay_conformance.host_profile import SPECIFICATION
from plugbay_conformance.running.no_engine import NO_ENGINE

if TYPE_CHECKING:
    from plugbay_conformance.results import CaseResult, Report


def results_on(report: Report, engine: str) -> dict[str, list[CaseResult]]:
    """The results on one engine under the specification's host, by requirement, in the order of the specification."""
    grouped: dict[str, list[CaseResult]] = {}
    order = {requirement.id: place for place, requirement in enumerate(report.specification.requirements)}
    for result in sorted(report.results, key=lambda each: order.get(each.requirement, len(order))):
        if result.host == SPECIFICATION and result.engine in (engine, NO_ENGINE):
            grouped.setdefault(result.requirement, []).append(result)
    return grouped

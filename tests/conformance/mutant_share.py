"""How many mutants the suite caught, told at the end of the tests that let it loose on them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from plugbay_conformance.specification import Level, load_specification

if TYPE_CHECKING:
    import pytest

_TEST = re.compile(r"tests/conformance/(\w+)/test_mutants\.py::test_\w+\[(?:[\w-]+-)?([A-Z]{3}-\d{3})-?.*\]")


def share_lines(outcomes: Iterable[tuple[str, bool]]) -> list[str]:
    """A line for each ABI: of the requirements that had a mutant, how many were found broken; by node id and success.

    A requirement counts as caught when all of its mutants were.
    """
    caught: dict[str, dict[str, bool]] = {}
    for node, passed in outcomes:
        match = _TEST.match(node)
        if match is not None:
            abi, requirement = match.groups()
            found = caught.setdefault(abi, {})
            found[requirement] = found.get(requirement, True) and passed
    return [f"{abi}: {_shares(abi, found)}" for abi, found in sorted(caught.items())]


def _shares(abi: str, caught: dict[str, bool]) -> str:
    levels = {requirement.id: requirement.level for requirement in load_specification(abi).requirements}
    of = Counter(levels.values())
    good = Counter(levels[requirement] for requirement, passed in caught.items() if passed)
    return ", ".join(
        f"{good[level]} of {of[level]} {level} ({good[level] / of[level]:.0%})" for level in Level if of[level]
    )


def tell(reporter: pytest.TerminalReporter) -> None:
    """Print the shares below the tests, where mutants were judged."""
    reports = (report for outcome in ("passed", "failed") for report in reporter.stats.get(outcome, ()))
    lines = share_lines((report.nodeid, report.passed) for report in reports if report.when == "call")
    if lines:
        reporter.section("mutants that the conformance suite caught")
        for line in lines:
            reporter.line(line)

"""The badge: an SVG that shows the verdict."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest
from tests.conformance.reports.sample import failing_report, good_report

from plugbay_conformance.reports.badge import badge
from plugbay_conformance.results import Report


@pytest.mark.parametrize(
    ("reports", "words", "colour"),
    [
        ([good_report()], "core conformant", "#17693a"),
        ([failing_report()], "core failed", "#b3261e"),
        ([good_report(), good_report("go")], "2 of 2 conformant", "#17693a"),
        ([good_report(), failing_report()], "1 of 2 conformant", "#b3261e"),
    ],
)
def test_it_says_and_colours_the_verdict(reports: list[Report], words: str, colour: str) -> None:
    svg = badge(reports)
    root = fromstring(svg)
    assert root.get("aria-label") == f"fluxrig v1: {words}"
    assert colour in svg.decode()

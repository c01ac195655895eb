"""Reports as JUnit XML, the form that CI systems read: one suite per profile and engine, one test per requirement."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from plugbay_conformance.reports.tally import results_on
from plugbay_conformance.results import Status
from plugbay_conformance.running.verdicts import status_of
from plugbay_conformance.specification import Level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay_conformance.results import CaseResult, ProfileResult, Report
    from plugbay_conformance.specification import Requirement

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 can't hold, however it is escaped."""


def junit(reports: Sequence[Report]) -> bytes:
    """An XML document. A failed SHOULD is a passed test that says so, as it does not turn a run red."""
    root = Element("testsuites", name="plugbay conform")
    for report in reports:
        for profile in report.profiles:
            _add_suite(root, report, profile)
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _add_suite(root: Element, report: Report, profile: ProfileResult) -> None:
    name = f"{report.module.name} {report.abi} {profile.profile} on {profile.engine}"
    suite = SubElement(root, "testsuite", name=_clean(name))
    grouped = results_on(report, profile.engine)
    for requirement in report.specification.of_profile(profile.profile):
        if requirement.id in grouped:
            _add_test(suite, name, requirement, grouped[requirement.id])
    for kind in ("failure", "skipped"):
        suite.set({"failure": "failures", "skipped": "skipped"}[kind], str(len(suite.findall(f"testcase/{kind}"))))
    suite.set("tests", str(len(suite)))
    suite.set("errors", "0")
    seconds = sum(result.seconds for results in grouped.values() for result in results)
    suite.set("time", f"{seconds:.3f}")


def _add_test(suite: Element, suite_name: str, requirement: Requirement, results: list[CaseResult]) -> None:
    seconds = sum(result.seconds for result in results)
    name = f"{requirement.id} {requirement.title}"
    test = SubElement(suite, "testcase", classname=_clean(suite_name), name=name, time=f"{seconds:.3f}")
    status = status_of(results)
    told = "\n\n".join(_told(result) for result in results if result.status is not Status.PASSED)
    if status is Status.UNEXPECTED or (status is Status.FAILED and requirement.level is Level.MUST):
        first = next(result for result in results if result.status is status)
        SubElement(test, "failure", message=_clean(first.reason), type=requirement.level).text = _clean(told)
    elif status in (Status.SKIPPED, Status.EXPECTED):
        first = next(result for result in results if result.status is status)
        SubElement(test, "skipped", message=_clean(first.reason))
    elif told:
        SubElement(test, "system-out").text = _clean(f"a SHOULD that does not hold\n{told}")


def _told(result: CaseResult) -> str:
    lines = [f"{result.requirement}/{result.case}: {result.reason}"]
    evidence = result.evidence
    if evidence is not None:
        lines += [f"expected: {evidence.expected}", f"found: {evidence.found}"]
        if evidence.input is not None:
            lines.append(f"input ({len(evidence.input):,} bytes): {evidence.input[:256].hex()}")
        lines += [f"log: {line}" for line in evidence.logs]
    return "\n".join(lines)


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)

"""Reports as JUnit XML: a test for each requirement, red only where the run is red."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import Element, fromstring

from tests.conformance.reports.sample import failing_report, good_report, result

from plugbay_conformance.reports.junit import junit
from plugbay_conformance.results import Status


def suites(*reports: object) -> list[Element]:
    return fromstring(junit(reports)).findall("testsuite")  # type: ignore[arg-type] # reports of the sample


def test_each_profile_and_engine_is_a_suite_with_a_test_for_each_requirement() -> None:
    found = suites(failing_report())
    assert [suite.get("name", "").rpartition(" ")[2] for suite in found] == ["wasmtime", "wazero"]
    assert [test.get("name", "").partition(" ")[0] for test in found[0]] == [f"FLX-{n:03}" for n in range(1, 7)]
    assert {name: found[0].get(name) for name in ("tests", "failures", "skipped", "errors")} == {
        "tests": "6",
        "failures": "1",
        "skipped": "2",
        "errors": "0",
    }


def test_a_failed_must_is_a_failure_with_what_was_expected_and_found() -> None:
    failure = suites(failing_report())[0].find("testcase/failure")
    assert failure is not None
    assert failure.text is not None
    assert "expected: text" in failure.text
    assert "input (5,120 bytes): 000102" in failure.text


def test_a_failed_should_is_told_but_not_red() -> None:
    test = suites(failing_report())[0][2]
    assert test.get("name") == "FLX-003 Says why it traps"
    assert test.find("failure") is None
    assert "why 3 is failed" in (test.findtext("system-out") or "")


def test_an_unexpected_pass_is_red() -> None:
    report = replace(good_report(), results=(result(3, Status.UNEXPECTED, reason="it passes now"),))
    failure = suites(report)[0].find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "it passes now"


def test_what_xml_cannot_hold_is_replaced() -> None:
    assert "\x00" not in junit([failing_report()]).decode()
    assert "\ufffd" in junit([failing_report()]).decode()

"""A file of expected failures is read with its lines, and what is stale or unknown in it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conformance import fakes

from plugbay_conformance.case import CaseKind, Evidence
from plugbay_conformance.errors import ExpectationsInvalid
from plugbay_conformance.expected import Expectation, apply_expectations, check_expectations, read_expectations
from plugbay_conformance.host_profile import SPECIFICATION
from plugbay_conformance.results import CaseResult, Status

GOOD = """\
# what we know
[[expected]]
requirement = "FLX-002"
reason = "issue 12"

[[expected]]
case = "FLX-004/traps"
engine = "wasmtime"
host = "fluxrig-v0.6"
profile = "core"
reason = "the allocator of Zig 0.17"
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "expected.toml"


def refusal(path: Path, text: str | bytes) -> str:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ExpectationsInvalid) as caught:
        check_expectations(read_expectations(path), fakes.load_suite, fakes.ENGINES_OF)
    return str(caught.value).removeprefix(str(path))


def test_entries_are_read_with_their_lines(written: Path) -> None:
    written.write_text(GOOD)
    entries = read_expectations(written)
    assert entries == (
        Expectation("issue 12", requirement="FLX-002", path=str(written), line=2),
        Expectation(
            "the allocator of Zig 0.17",
            case="FLX-004/traps",
            engine="wasmtime",
            host="fluxrig-v0.6",
            profile="core",
            path=str(written),
            line=6,
        ),
    )
    check_expectations(entries, fakes.load_suite, fakes.ENGINES_OF)
    assert str(entries[1]) == f"FLX-004/traps ({written}:6)"


def test_an_empty_file_expects_nothing(written: Path) -> None:
    written.write_text("")
    assert read_expectations(written) == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('reason = "issue 12"', "", ":2: give the reason"),
        ('"issue 12"', '"  "', ":2: reason must be a text that is not empty"),
        ('"issue 12"', "12", ":2: reason must be a text that is not empty"),
        ('requirement = "FLX-002"', "", ":2: name a requirement or a case"),
        ('requirement = "FLX-002"', 'requirement = "FLX-002"\ncase = "FLX-002/fails"', ":2: name a requirement"),
        ('requirement = "FLX-002"', 'requirment = "FLX-002"', ":2: there is no key 'requirment'"),
        ('"FLX-002"', '"FLX-999"', ":2: there is no requirement 'FLX-999'"),
        ('"FLX-002"', '"ABC-001"', ":2: there is no requirement 'ABC-001'"),
        ("FLX-004/traps", "FLX-004/crashes", ":6: there is no case 'FLX-004/crashes'"),
        ('"wasmtime"', '"v8"', ":6: fluxrig has no engine 'v8'"),
        ('"fluxrig-v0.6"', '"fluxrig-v9"', ":6: fluxrig has no host 'fluxrig-v9'"),
        ('"core"', '"gear"', ":6: fluxrig has no profile 'gear'"),
        ("# what we know", "version = 1", ":1: only [[expected]]"),
        ("[[expected]]\nrequirement", "[expected]\nrequirement", ":6: it is no TOML"),
        ('"issue 12"', '"issue 12', ":4: it is no TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_line(written: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    assert refusal(written, GOOD.replace(old, new, 1)).startswith(told)


def test_a_file_that_is_none_is_told(written: Path, tmp_path: Path) -> None:
    assert "it is no UTF-8" in refusal(written, b"\xff")
    assert "it has over 1,048,576 bytes" in refusal(written, b"#" * (1024**2 + 1))
    assert "only [[expected]]" in refusal(written, "expected = 1")
    assert "an expected failure is a table" in refusal(written, "expected = [1]")
    for path, words in ((tmp_path / "missing", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(ExpectationsInvalid, match=words):
            read_expectations(path)


def test_a_text_that_looks_like_a_head_does_not_move_the_lines(written: Path) -> None:
    written.write_text('[[expected]]\nrequirement = "FLX-002"\nreason = """\n[[expected]]\n"""\n')
    assert [entry.line for entry in read_expectations(written)] == [1]


@given(text=st.text(alphabet='[]expctd"=\nFLX-0 reason.#\\', max_size=80))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_read_or_refused_with_a_line_of_it(written: Path, text: str) -> None:
    written.write_text(text)
    line = 1
    try:
        read_expectations(written)
    except ExpectationsInvalid as error:
        line = error.line
    assert 1 <= line <= text.count("\n") + 1


def result(status: str, name: str = "FLX-002/fails", engine: str = "wasmtime", host: str = SPECIFICATION) -> CaseResult:
    requirement, _, case = name.partition("/")
    evidence = Evidence("1", "2") if status == "failed" else None
    return CaseResult(requirement, case, CaseKind.MODULE, engine, host, Status(status), 0.1, "no", evidence)


def applied(entry: Expectation, *results: CaseResult, complete: bool = True) -> list[str]:
    return [found.status.value for found in apply_expectations([entry], results, "core", complete=complete)]


ENTRY = Expectation("issue 12", requirement="FLX-002", path="e.toml", line=2)


def test_a_known_failure_is_told_as_such_and_keeps_what_was_found() -> None:
    (found,) = apply_expectations([ENTRY], [result("failed")], "core", complete=True)
    assert (found.status, found.reason) == (Status.EXPECTED, "no; expected: issue 12")
    assert found.evidence == Evidence("1", "2")


def test_a_pass_makes_an_entry_stale() -> None:
    (found,) = apply_expectations([ENTRY], [result("passed")], "core", complete=True)
    assert found.status is Status.UNEXPECTED
    assert found.reason == "it passes, and e.toml:2 expects it to fail (issue 12): remove the entry"


def test_an_entry_is_in_use_as_long_as_something_that_it_speaks_of_fails() -> None:
    assert applied(ENTRY, result("failed"), result("passed", "FLX-002/other")) == ["expected", "passed"]
    assert applied(ENTRY, result("failed"), result("passed", engine="wazero")) == ["expected", "passed"]


def test_what_was_skipped_or_cut_short_makes_nothing_stale() -> None:
    assert applied(ENTRY, result("skipped")) == ["skipped"]
    assert applied(ENTRY, result("passed"), complete=False) == ["passed"]
    assert applied(ENTRY, result("failed"), complete=False) == ["expected"]


@pytest.mark.parametrize(
    ("entry", "other"),
    [
        (Expectation("why", requirement="FLX-003"), result("failed")),
        (Expectation("why", case="FLX-002/another"), result("failed")),
        (Expectation("why", requirement="FLX-002", engine="wazero"), result("failed")),
        (Expectation("why", requirement="FLX-002", profile="extended"), result("failed")),
        (Expectation("why", requirement="FLX-002", host="fluxrig-v0.6"), result("failed")),
        (Expectation("why", requirement="FLX-002"), result("failed", host="fluxrig-v0.6")),
    ],
)
def test_an_entry_speaks_of_nothing_else(entry: Expectation, other: CaseResult) -> None:
    assert applied(entry, other) == ["failed"]


def test_an_entry_may_speak_of_one_case_one_engine_one_host_one_profile() -> None:
    entry = Expectation("why", case="FLX-002/fails", engine="wazero", host="later", profile="core")
    assert applied(entry, result("failed", engine="wazero", host="later")) == ["expected"]

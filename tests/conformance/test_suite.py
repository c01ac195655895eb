"""Cases and specification belong together, both ways, for each ABI."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.conformance import fakes

from plugbay_conformance.case import Case, CaseKind
from plugbay_conformance.errors import SuiteInvalid
from plugbay_conformance.host_profile import HostProfile
from plugbay_conformance.suite import ABIS, AbiSuite, load_suite, suite_problems


@pytest.fixture
def suite() -> AbiSuite:
    return fakes.load_suite("fluxrig")


@pytest.mark.parametrize("abi", ABIS)
def test_no_requirement_is_without_a_case_and_no_case_without_a_requirement(abi: str) -> None:
    suite = load_suite(abi)
    assert list(suite_problems(suite)) == []
    assert suite.abi == abi
    assert {case.kind for case in suite.cases} == set(CaseKind)


@pytest.mark.parametrize("abi", ABIS)
def test_each_profile_has_cases_and_every_host_is_asked_something(abi: str) -> None:
    suite = load_suite(abi)
    assert all(suite.of_profile(profile) for profile in suite.specification.profiles)
    assert any(case.on_hosts for case in suite.cases) or len(suite.hosts) == 1


def test_a_sound_suite_has_no_problem(suite: AbiSuite) -> None:
    assert list(suite_problems(suite)) == []


def test_a_case_of_no_requirement_is_a_problem(suite: AbiSuite) -> None:
    stray = Case("FLX-999", "stray", CaseKind.MODULE, lambda _: None)
    broken = replace(suite, cases=(*suite.cases, stray))
    assert list(suite_problems(broken)) == ["the case FLX-999/stray judges a requirement that there is not"]
    with pytest.raises(SuiteInvalid, match="FLX-999"):
        broken.requirement(stray)


def test_a_requirement_without_a_case_is_a_problem(suite: AbiSuite) -> None:
    assert list(suite_problems(replace(suite, cases=suite.cases[1:]))) == ["no case judges FLX-001"]


def test_two_cases_of_one_id_are_a_problem(suite: AbiSuite) -> None:
    doubled = replace(suite, cases=(*suite.cases, suite.cases[0]))
    assert list(suite_problems(doubled)) == ["two cases are called FLX-001/passes"]


def test_the_first_host_is_the_specifications_and_each_has_its_own_name(suite: AbiSuite) -> None:
    first, second, *_ = suite.hosts
    strange = HostProfile("strange", "title", "fluxrig", ("gear",))
    assert "the first host is not specification" in suite_problems(replace(suite, hosts=(second,)))
    assert "two hosts are called specification" in suite_problems(replace(suite, hosts=(first, first)))
    assert "the host strange is for gear, which is no profile" in suite_problems(replace(suite, hosts=(first, strange)))


def test_a_profiles_cases_are_in_the_order_of_the_specification(suite: AbiSuite) -> None:
    shuffled = replace(suite, cases=tuple(reversed(suite.cases)))
    ids = [case.requirement for case in shuffled.of_profile("core")]
    assert ids == sorted(ids)
    assert fakes.NUMBERS["knows_its_guest"] not in ids
    assert fakes.NUMBERS["knows_its_guest"] in [case.requirement for case in suite.of_profile("extended")]


def test_what_there_is_not_is_told_by_its_name(suite: AbiSuite) -> None:
    with pytest.raises(KeyError, match="FLX-001/nothing"):
        suite.case("FLX-001/nothing")
    with pytest.raises(KeyError, match="nowhere"):
        suite.host("nowhere")

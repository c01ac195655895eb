"""The plan of a run is complete, in an order that is always the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.conformance.fakes import QUIRKY, case_id, load_suite

from plugbay_conformance.errors import SelectionEmpty
from plugbay_conformance.host_profile import SPECIFICATION
from plugbay_conformance.running.plan import Comparison, Job, plan_comparisons, plan_jobs
from plugbay_conformance.selection import EVERYTHING, Selection

SUITE = load_suite("fluxrig")
TWO = ("wasmtime", "wazero")
FEW = Selection((case_id("passes"), case_id("traps"), case_id("breaks_on_quirky_host")))


def test_the_files_cases_are_judged_once_and_the_others_on_each_engine() -> None:
    passes, traps, breaks = (case_id(name) for name in ("passes", "traps", "breaks_on_quirky_host"))
    assert plan_jobs(SUITE, "core", TWO, FEW, hosts=True) == (
        Job(passes, "-", SPECIFICATION),
        Job(traps, "wasmtime", SPECIFICATION),
        Job(breaks, "wasmtime", SPECIFICATION),
        Job(traps, "wazero", SPECIFICATION),
        Job(breaks, "wazero", SPECIFICATION),
        Job(breaks, "wasmtime", QUIRKY),
    )


def test_hosts_are_asked_only_of_their_profiles_and_only_when_wanted() -> None:
    hosts = {job.host for job in plan_jobs(SUITE, "extended", TWO, FEW, hosts=True)}
    assert hosts == {SPECIFICATION, QUIRKY, "later"}
    assert {job.host for job in plan_jobs(SUITE, "core", TWO, FEW, hosts=False)} == {SPECIFICATION}


def test_hosts_are_asked_on_the_first_engine_that_can_tell() -> None:
    cases = tuple(replace(case, engines=frozenset({"wazero"})) if case.on_hosts else case for case in SUITE.cases)
    jobs = plan_jobs(replace(SUITE, cases=cases), "core", TWO, FEW, hosts=True)
    assert jobs[-1] == Job(case_id("breaks_on_quirky_host"), "wazero", QUIRKY)
    alone = plan_jobs(replace(SUITE, cases=cases), "core", ("wasmtime",), FEW, hosts=True)
    assert {job.host for job in alone} == {SPECIFICATION}


def test_each_other_engine_is_compared_with_the_first() -> None:
    traps, breaks = case_id("traps"), case_id("breaks_on_quirky_host")
    assert plan_comparisons(SUITE, "core", (*TWO, "third"), FEW) == (
        Comparison(traps, TWO),
        Comparison(breaks, TWO),
        Comparison(traps, ("wasmtime", "third")),
        Comparison(breaks, ("wasmtime", "third")),
    )
    assert plan_comparisons(SUITE, "core", ("wasmtime",), FEW) == ()


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (Selection(("FLX-999",)), "selected by FLX-999"),
        (Selection(("FLX-001", "FLX-999")), "selected by FLX-999"),
        (Selection(keyword="banana"), "selected by the word 'banana'"),
        (Selection((case_id("knows_its_guest"),)), "fluxrig's profile core"),
    ],
)
def test_a_selection_that_matches_nothing_is_refused(selection: Selection, words: str) -> None:
    with pytest.raises(SelectionEmpty, match=words):
        plan_jobs(SUITE, "core", TWO, selection, hosts=True)


def test_everything_is_every_case_of_the_profile() -> None:
    jobs = plan_jobs(SUITE, "core", ("wasmtime",), EVERYTHING, hosts=False)
    assert {job.case for job in jobs} == {case.id for case in SUITE.of_profile("core")}

"""The suite judged by what it catches: each mutant breaks one requirement, and that one is found, and no other."""

from __future__ import annotations

import pytest
from tests.conformance.mutant import Mutant
from tests.conformance.priostack.judging import failed, judge_all, subject_of
from tests.conformance.priostack.mutants import MUTANTS, PROFILES, right_module, set_mutation

from plugbay_conformance.case import Case
from plugbay_conformance.engines.contract import ConformanceEngine
from plugbay_conformance.specification import load_specification

COSTLY = {"PRI-025", "PRI-047", "PRI-049", "PRI-050", "PRI-051", "PRI-054"}
"""Requirements whose cases take two thirds of the time: only mutants of theirs are judged by all of them."""


def is_wanted(case: Case, mutant: Mutant) -> bool:
    """Whether a mutant is judged by the case."""
    return case.requirement not in COSTLY or mutant.requirement in COSTLY


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.profile}-{mutant.requirement}-{mutant.name}")
def test_the_requirement_that_a_mutant_breaks_is_found_and_no_other(
    mutant: Mutant, wasmtime_engine: ConformanceEngine
) -> None:
    subject = subject_of(mutant.build(), mutant.profile, wasmtime_engine)
    found = failed(judge_all(subject, wasmtime_engine, only=lambda case: is_wanted(case, mutant)))
    assert set(found) == {mutant.requirement} | mutant.also, found


@pytest.mark.parametrize("profile", PROFILES)
def test_every_requirement_has_a_mutant_in_each_of_its_conventions(profile: str) -> None:
    wanted = {requirement.id for requirement in load_specification("priostack").of_profile(profile)}
    assert wanted == {mutant.requirement for mutant in MUTANTS if mutant.profile == profile}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_module_without_a_mutation_breaks_nothing(profile: str, engine: ConformanceEngine) -> None:
    results = judge_all(subject_of(right_module(profile), profile, engine), engine)
    assert {result.status.value for result in results} == {"passed"}, failed(results)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_mutation_changes_its_number_alone(profile: str) -> None:
    right = right_module(profile)
    changed = set_mutation(right, 0x01020304)
    assert len(changed) == len(right)
    assert sum(a != b for a, b in zip(right, changed, strict=True)) == 4


def test_a_mutant_that_breaks_more_than_one_requirement_says_why() -> None:
    assert all(bool(mutant.also) == bool(mutant.why) for mutant in MUTANTS)

"""The suite judged by what it catches: each mutant breaks one requirement, and that one is found, and no other."""

from __future__ import annotations

import pytest
from tests.conformance.fluxrig.judging import failed, judge_all, subject_of
from tests.conformance.fluxrig.mutants import MUTANTS, NAMES, ON_A_RACK
from tests.conformance.mutant import Mutant

from plugbay_conformance.case import Case
from plugbay_conformance.engines.contract import ConformanceEngine
from plugbay_conformance.specification import Level, load_specification

COSTLY = {"FLX-013", "FLX-017", "FLX-019", "FLX-025", "FLX-027", "FLX-029", "FLX-032", "FLX-070"}
"""Requirements whose cases take most of the time: only mutants of theirs are judged by all of them."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.requirement}-{mutant.name}")
def test_the_requirement_that_a_mutant_breaks_is_found_and_no_other(
    mutant: Mutant, wasmtime_engine: ConformanceEngine
) -> None:
    subject = subject_of(mutant.build(), mutant.profile, wasmtime_engine)
    found = failed(judge_all(subject, wasmtime_engine, only=lambda case: _is_wanted(case, mutant)))
    assert set(found) == {mutant.requirement} | mutant.also, found


def _is_wanted(case: Case, mutant: Mutant) -> bool:
    return case.requirement not in COSTLY or mutant.requirement in COSTLY


def test_every_requirement_has_a_mutant() -> None:
    specification = load_specification("fluxrig")
    broken = {mutant.requirement for mutant in MUTANTS}
    for level in Level:
        wanted = {requirement.id for requirement in specification.requirements if requirement.level is level}
        assert wanted - broken == set()


def test_every_mutation_of_the_gear_is_used_by_a_mutant() -> None:
    used = {mutant.name for mutant in (*MUTANTS, *ON_A_RACK)}
    assert set(NAMES) - used == set()


def test_a_mutant_that_breaks_more_than_one_requirement_says_why() -> None:
    assert all(bool(mutant.also) == bool(mutant.why) for mutant in MUTANTS)

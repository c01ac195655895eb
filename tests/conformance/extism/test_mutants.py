"""The suite judged by what it catches: each mutant breaks one requirement, and that one is found, and no other."""

from __future__ import annotations

import hashlib
import re

import pytest
from tests.conformance.extism.judging import failed, judge_all, subject_of
from tests.conformance.extism.mutants import GUEST, MUTANTS, SWITCHED
from tests.conformance.mutant import Mutant

from plugbay_conformance.engines import open_engine
from plugbay_conformance.engines.contract import ConformanceEngine
from plugbay_conformance.engines.errors import EngineMissing
from plugbay_conformance.specification import load_specification

GROWTH = frozenset({"EXT-024", "EXT-055", "EXT-131", "EXT-185"})
"""Thousands of calls each: asked only of the mutants that they are to catch."""
ON_WAZERO = frozenset({"EXT-051"})
"""Requirements that wasmtime's side can't tell."""


@pytest.mark.parametrize(
    "mutant",
    [mutant for mutant in MUTANTS if mutant.requirement not in ON_WAZERO],
    ids=lambda mutant: f"{mutant.requirement}-{mutant.name}",
)
def test_the_requirement_that_a_mutant_breaks_is_found_and_no_other(
    mutant: Mutant, wasmtime_engine: ConformanceEngine
) -> None:
    subject = subject_of(mutant.build(), mutant.profile, wasmtime_engine)
    left_out = GROWTH - {mutant.requirement}
    found = failed(judge_all(subject, wasmtime_engine, only=lambda case: case.requirement not in left_out))
    assert set(found) == {mutant.requirement} | mutant.also, found


@pytest.mark.parametrize(
    "mutant",
    [mutant for mutant in MUTANTS if mutant.requirement in ON_WAZERO],
    ids=lambda mutant: f"{mutant.requirement}-{mutant.name}",
)
def test_a_requirement_that_only_wazero_can_tell_is_found_there(mutant: Mutant) -> None:
    try:
        engine = open_engine("wazero")
    except EngineMissing as missing:
        pytest.skip(str(missing))
    try:
        found = failed(judge_all(subject_of(mutant.build(), mutant.profile, engine), engine))
    finally:
        engine.close()
    assert set(found) == {mutant.requirement} | mutant.also, found


def test_every_requirement_has_a_mutant() -> None:
    wanted = {requirement.id for requirement in load_specification("extism").requirements}
    assert wanted - {mutant.requirement for mutant in MUTANTS} == set()


def test_every_mutation_of_the_guest_is_asked_for() -> None:
    text = "".join(path.read_text() for path in GUEST.parent.glob("*.zig"))
    known = {int(number) for number in re.findall(r"mutation\.is\((\d+)\)", text)}
    assert known - {0} == set(SWITCHED)


def test_the_guest_is_the_one_whose_digest_is_kept() -> None:
    digest, name = (GUEST.parent / "DIGESTS").read_text().split()
    assert (hashlib.sha256(GUEST.read_bytes()).hexdigest(), "guest.wasm") == (digest, name)


def test_no_mutant_breaks_more_than_one_requirement() -> None:
    assert [mutant.name for mutant in MUTANTS if mutant.also or mutant.why] == []

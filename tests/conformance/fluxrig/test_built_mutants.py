"""The modules of the mutants are what their sources make."""

from __future__ import annotations

import hashlib

import pytest
from tests.conformance.fluxrig.mutants import FOLDER, NAMES, right_gear
from tests.conformance.fluxrig.rewriting import set_mutation


def test_the_modules_have_the_digests_that_were_written_down() -> None:
    lines = (FOLDER / "DIGESTS").read_text("utf-8").splitlines()
    written = {name: digest for digest, name in (line.split() for line in lines)}
    found = {name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() for name in written}
    assert found == written
    assert set(written) == {"core.wasm", "extended.wasm"}


def test_the_names_of_the_mutations_are_those_that_the_sources_use() -> None:
    sources = "".join(path.read_text("utf-8") for path in FOLDER.glob("*.zig"))
    assert [name for name in NAMES if f'("{name}"' not in sources] == []
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("profile", ["core", "extended"])
def test_a_mutant_differs_from_the_right_gear_in_its_number_alone(profile: str) -> None:
    right = right_gear(profile)
    mutants = [set_mutation(right, number) for number in (1, 63, 64, 127, 128, 300)]
    assert {len(mutant) - len(right) for mutant in mutants} == {1}
    assert len(set(mutants)) == len(mutants)

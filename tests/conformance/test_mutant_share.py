"""The share of mutants that were caught is counted by requirement, and a miss is not hidden by a hit."""

from __future__ import annotations

from tests.conformance.mutant_share import share_lines

from plugbay_conformance.specification import Level, load_specification

NODE = "tests/conformance/{}/test_mutants.py::test_the_requirement_that_a_mutant_breaks_is_found_and_no_other[{}]"


def musts() -> list[str]:
    return [each.id for each in load_specification("fluxrig").requirements if each.level is Level.MUST]


def test_all_caught_is_a_hundred_percent() -> None:
    (line,) = share_lines((NODE.format("fluxrig", f"{id_}-some mutant"), True) for id_ in musts())
    assert line.startswith(f"fluxrig: {len(musts())} of {len(musts())} MUST (100%), 0 of ")


def test_one_mutant_that_got_away_counts_for_its_requirement() -> None:
    outcomes = [(NODE.format("fluxrig", f"{id_}-a"), True) for id_ in musts()]
    (line,) = share_lines([*outcomes, (NODE.format("fluxrig", f"{musts()[0]}-b"), False)])
    assert line.startswith(f"fluxrig: {len(musts()) - 1} of {len(musts())} MUST")


def test_ids_that_begin_with_a_profile_and_other_tests_are_told_apart() -> None:
    (line,) = share_lines([(NODE.format("priostack", "wasm-bindgen-PRI-001-no memory"), True), ("tests/x.py::y", True)])
    assert line.startswith("priostack: 1 of ")

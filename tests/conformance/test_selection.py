"""A selection picks by requirement, keyword, kind and level."""

from __future__ import annotations

import pytest
from tests.conformance.fakes import NUMBERS, load_suite

from plugbay_conformance.case import CaseKind
from plugbay_conformance.selection import EVERYTHING, Selection
from plugbay_conformance.specification import Level

SUITE = load_suite("fluxrig")


def picked(selection: Selection) -> list[str]:
    return [case.name for case in SUITE.cases if selection.picks(case, SUITE.requirement(case))]


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        (EVERYTHING, list(NUMBERS)),
        (Selection(("FLX-002",)), ["fails"]),
        (Selection(("flx-002",)), ["fails"]),
        (Selection(("FLX-01?",)), list(NUMBERS)[9:]),
        (Selection(("FLX-001", "FLX-002/fails")), ["passes", "fails"]),
        (Selection(("*/floods_*",)), ["floods_memory", "floods_streams", "floods_the_report"]),
        (Selection(keyword="FLOODS S"), ["floods_streams"]),
        (Selection(keyword="flx-003"), ["skips"]),
        (Selection(kinds=frozenset({CaseKind.BINARY, CaseKind.GUEST})), ["passes", "knows_its_guest"]),
        (Selection(levels=frozenset({Level.SHOULD})), ["skips"]),
        (Selection(("FLX-00*",), "floods", frozenset({CaseKind.MODULE})), ["floods_memory", "floods_streams"]),
        (Selection(("FLX-9*",)), []),
    ],
)
def test_a_selection_picks_what_fits_all_of_it(selection: Selection, names: list[str]) -> None:
    assert picked(selection) == names


def test_patterns_that_fit_nothing_are_known() -> None:
    assert Selection(("FLX-001", "FLX-999", "EXT-*")).unmatched(SUITE.cases) == ("FLX-999", "EXT-*")
    assert EVERYTHING.unmatched(SUITE.cases) == ()


def test_a_selection_reads_as_a_sentence() -> None:
    selection = Selection(("FLX-1", "FLX-2"), "drop", frozenset({CaseKind.GUEST}), frozenset({Level.MUST}))
    assert str(selection) == "FLX-1 or FLX-2 and the word 'drop' and kind guest and level MUST"
    assert str(EVERYTHING) == "everything"

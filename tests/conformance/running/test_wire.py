"""What goes over the line between a run and its workers arrives as it was, within bounds."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from plugbay_conformance.case import CaseKind, Evidence, GuestContract
from plugbay_conformance.results import CaseResult, Difference, Status
from plugbay_conformance.running.bounds import DATA, LOGS, NAME, TEXT, bounded_contract, bounded_result
from plugbay_conformance.running.wire import (
    contract_from_wire,
    contract_to_wire,
    difference_from_wire,
    difference_to_wire,
    result_from_wire,
    result_to_wire,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
evidence = st.builds(
    Evidence,
    texts,
    texts,
    st.none() | st.binary(max_size=20),
    st.none() | st.binary(max_size=20),
    st.lists(texts, max_size=3).map(tuple),
)
results = st.builds(
    CaseResult,
    texts,
    texts,
    st.sampled_from(CaseKind),
    texts,
    texts,
    st.sampled_from(Status),
    st.floats(0, 1000),
    texts,
    st.none() | evidence,
)
contracts = st.builds(GuestContract, texts, texts, texts, texts, texts, texts)


@given(results)
def test_a_result_arrives_as_it_was(result: CaseResult) -> None:
    assert result_from_wire(json.loads(json.dumps(result_to_wire(result)))) == result


@given(st.none() | contracts)
def test_a_contract_arrives_as_it_was(contract: GuestContract | None) -> None:
    assert contract_from_wire(json.loads(json.dumps(contract_to_wire(contract)))) == contract


@given(st.builds(Difference, texts, texts, texts, st.tuples(texts, texts), st.tuples(texts, texts)))
def test_a_difference_arrives_as_it_was(difference: Difference) -> None:
    assert difference_from_wire(json.loads(json.dumps(difference_to_wire(difference)))) == difference


@given(results)
def test_what_is_small_is_not_cut(result: CaseResult) -> None:
    assert bounded_result(result) == result


def test_what_a_guest_can_make_large_is_cut_and_counted() -> None:
    large = Evidence("e" * (TEXT + 7), "f", bytes(DATA + 1), bytes(DATA), ("l" * (TEXT + 1),) * (LOGS + 3))
    result = CaseResult(
        "FLX-001", "case", CaseKind.MODULE, "wasmtime", "specification", Status.FAILED, 0.1, "r" * (TEXT + 1), large
    )
    found = bounded_result(result)
    assert found.reason == "r" * TEXT + " … (1 more characters)"
    assert found.evidence is not None
    assert found.evidence.expected == "e" * TEXT + " … (7 more characters)"
    assert (len(found.evidence.input or b""), len(found.evidence.output or b"")) == (DATA, DATA)
    assert len(found.evidence.logs) == LOGS + 1
    assert found.evidence.logs[-1] == "… and 3 more lines"


def test_text_that_no_file_can_hold_is_written_out() -> None:
    result = CaseResult("FLX-001", "case", CaseKind.MODULE, "wasmtime", "specification", Status.FAILED, 0.1, "é\ud800")
    assert bounded_result(result).reason == "é\\ud800"


def test_names_in_a_contract_are_cut() -> None:
    contract = GuestContract("c", "fluxrig", "core", "l" * 1000, "s" * 1000, "v" * 1000)
    found = bounded_contract(contract)
    assert {len(found.language), len(found.sdk), len(found.sdk_version)} == {NAME}

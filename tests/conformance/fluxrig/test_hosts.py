"""The hosts that a gear will meet: what a rack does otherwise, and that the report says what follows."""

from __future__ import annotations

import pytest
from tests.conformance.fluxrig.judging import RACK as RACK_HOST
from tests.conformance.fluxrig.judging import SPECIFICATION, failed, judge_all, skipped, subject_of
from tests.conformance.fluxrig.mutants import MUTANTS, ON_A_RACK, right_gear
from tests.conformance.mutant import Mutant

from plugbay_conformance.engines.contract import ConformanceEngine, GuestStopped, Setting, StopKind
from plugbay_conformance.fluxrig import HOSTS, RACK
from plugbay_conformance.host_profile import SPECIFICATION as SPECIFICATION_NAME
from plugbay_conformance.results import Status


def test_the_specifications_own_host_is_the_first() -> None:
    assert [host.name for host in HOSTS] == [SPECIFICATION_NAME, RACK]
    assert [host.is_specification for host in HOSTS] == [True, False]


@pytest.mark.parametrize("mutant", ON_A_RACK, ids=lambda mutant: mutant.name)
def test_what_only_a_rack_breaks_is_found_under_the_rack_alone(
    mutant: Mutant, wasmtime_engine: ConformanceEngine
) -> None:
    subject = subject_of(mutant.build(), mutant.profile, wasmtime_engine)
    results = judge_all(subject, wasmtime_engine, only=lambda case: case.requirement == mutant.requirement)
    assert failed(results) == {}
    found = failed(judge_all(subject, wasmtime_engine, RACK_HOST))
    assert mutant.requirement in found
    assert "a rack" in found[mutant.requirement]


def test_a_gear_that_is_right_breaks_nowhere_on_a_rack(engine: ConformanceEngine) -> None:
    subject = subject_of(right_gear("core"), "core", engine)
    results = judge_all(subject, engine, RACK_HOST)
    assert failed(results) == {}
    assert skipped(results) == {}
    assert len(results) > 4


def test_a_gear_of_the_extended_profile_is_told_what_a_rack_refuses(wasmtime_engine: ConformanceEngine) -> None:
    subject = subject_of(right_gear("extended"), "extended", wasmtime_engine)
    results = judge_all(subject, wasmtime_engine, RACK_HOST)
    assert set(failed(results)) == {"FLX-010"}
    refused = next(result for result in results if result.status is Status.FAILED)
    assert refused.reason.endswith("a rack refuses it at import or at activation")
    assert refused.evidence is not None
    assert "which this host does not have" in refused.evidence.found


def test_a_gear_that_needs_more_than_16_pages_breaks_on_a_rack(wasmtime_engine: ConformanceEngine) -> None:
    greedy = next(mutant for mutant in MUTANTS if mutant.name == "twenty_pages_needed")
    subject = subject_of(greedy.build(), "core", wasmtime_engine)
    found = failed(judge_all(subject, wasmtime_engine, RACK_HOST))
    assert "which gives it 16 pages" in found["FLX-025"]


def test_a_rack_gives_exactly_16_pages(wasmtime_engine: ConformanceEngine) -> None:
    seventeen = next(mutant for mutant in MUTANTS if mutant.name == "seventeen_pages")
    subject = subject_of(seventeen.build(), "core")
    wasmtime_engine.open_pointers(subject, SPECIFICATION, Setting()).close()
    with pytest.raises(GuestStopped) as stopped:
        wasmtime_engine.open_pointers(subject, RACK_HOST, Setting())
    assert stopped.value.kind is StopKind.LINK

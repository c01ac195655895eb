"""Gears that are right are told so: the suite's own, those of the SDKs, the examples, the tutorial's."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conformance.fluxrig.judging import failed, is_for_any_gear, judge_all, skipped, subject_of
from tests.conformance.fluxrig.mutants import right_gear

from plugbay_conformance.engines.contract import ConformanceEngine

ROOT = Path(__file__).parents[3]
SDK_GUESTS = sorted((ROOT / "sdk_guest" / "dist").glob("conformance-fluxrig-*.wasm"))


@pytest.mark.parametrize("profile", ["core", "extended"])
def test_the_gear_that_breaks_nothing_passes_every_case(profile: str, engine: ConformanceEngine) -> None:
    subject = subject_of(right_gear(profile), profile, engine)
    results = judge_all(subject, engine)
    assert subject.contract is not None
    assert subject.contract.profile == profile
    assert failed(results) == {}
    assert skipped(results) == {}


@pytest.mark.parametrize("guest", SDK_GUESTS, ids=lambda path: path.stem)
def test_the_guests_of_the_sdks_pass_every_case(guest: Path, wasmtime_engine: ConformanceEngine) -> None:
    profile = guest.stem.split("-")[2]
    results = judge_all(subject_of(guest.read_bytes(), profile, wasmtime_engine), wasmtime_engine)
    assert failed(results) == {}
    assert skipped(results) == {}


@pytest.mark.parametrize(
    ("path", "profile"),
    [
        ("examples/passthrough/passthrough.wasm", "core"),
        ("examples/passthrough/passthrough.wasm", "extended"),
        ("examples/fraud/fraud.wasm", "extended"),
        ("conformance/tutorial/tutorial-small-stack.wasm", "core"),
    ],
)
def test_gears_that_are_no_conformance_guests_pass_what_any_gear_must(
    path: str, profile: str, engine: ConformanceEngine
) -> None:
    subject = subject_of((ROOT / path).read_bytes(), profile, engine)
    results = judge_all(subject, engine, only=is_for_any_gear)
    assert subject.contract is None
    assert failed(results) == {}
    assert skipped(results) == {}


def test_the_tutorials_gear_as_it_is_breaks_the_first_pages_alone(wasmtime_engine: ConformanceEngine) -> None:
    module = (ROOT / "conformance" / "tutorial" / "tutorial.wasm").read_bytes()
    results = judge_all(subject_of(module, "core", wasmtime_engine), wasmtime_engine)
    assert set(failed(results)) == {"FLX-009"}


def test_what_asks_for_operations_is_skipped_on_a_gear_without_the_contract(wasmtime_engine: ConformanceEngine) -> None:
    module = (ROOT / "examples" / "passthrough" / "passthrough.wasm").read_bytes()
    subject = subject_of(module, "core", wasmtime_engine)
    results = judge_all(subject, wasmtime_engine, only=lambda case: not is_for_any_gear(case))
    assert set(skipped(results).values()) == {"the module is no conformance guest"}
    assert len(skipped(results)) == len(results)

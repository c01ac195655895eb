"""Plugins that are right pass everything, on every engine, and others are told what they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conformance.extism.judging import REFLOW, failed, is_for_any_plugin, judge_all, skipped, subject_of
from tests.conformance.extism.mutants import build_guest
from tests.conformance.extism.small_guests import actor, plugin

from plugbay_conformance.case import GuestContract
from plugbay_conformance.engines.contract import ConformanceEngine
from plugbay_conformance.extism import read_contract
from plugbay_conformance.suite import load_suite, suite_problems

EXAMPLES = Path(__file__).parents[3] / "examples"
UNTOLD = {
    "wasmtime": {"EXT-051"},
    "libextism": {f"EXT-{number:03}" for number in (23, 51, 70, 71, 75, 76, 77, 78, 130, 183)},
    "wazero": set[str](),
}
"""What can't be told on an engine."""
_SAYS = "(call $say (i32.const 0) (i32.const {size})) (i32.const 0)"


def test_cases_and_specification_belong_together() -> None:
    assert list(suite_problems(load_suite("extism"))) == []


@pytest.mark.parametrize("profile", ["plugin", "actor"])
def test_the_right_guest_passes_everything_on_every_engine(engine: ConformanceEngine, profile: str) -> None:
    results = judge_all(subject_of(build_guest(0), profile, engine), engine)
    assert failed(results) == {}
    specification = load_suite("extism").specification
    assert set(skipped(results)) == {
        requirement.id for requirement in specification.of_profile(profile) if requirement.id in UNTOLD[engine.name]
    }


def test_the_right_guest_would_not_break_in_reflow(wasmtime_engine: ConformanceEngine) -> None:
    results = judge_all(subject_of(build_guest(0), "actor", wasmtime_engine), wasmtime_engine, REFLOW)
    assert len(results) >= 5
    assert failed(results) == skipped(results) == {}


@pytest.mark.parametrize("mutation", [121, 123])
def test_what_breaks_in_reflow_is_told_with_what_reflow_does(mutation: int, wasmtime_engine: ConformanceEngine) -> None:
    results = {121: b'{"outputs":{"out":{"type":"Number"}}}', 123: b'{"outputs":{"other":{"type":"Flow"}}}'}
    found = failed(judge_all(subject_of(actor(result=results[mutation]), "actor"), wasmtime_engine, REFLOW))
    assert list(found) == [f"EXT-{mutation}"]
    assert "Reflow" in found[f"EXT-{mutation}"]


def test_memory_between_messages_is_told_as_a_breakage_in_reflow(wasmtime_engine: ConformanceEngine) -> None:
    subject = subject_of(build_guest(130), "actor", wasmtime_engine)
    assert list(failed(judge_all(subject, wasmtime_engine, REFLOW))) == ["EXT-130"]


@pytest.mark.parametrize(
    ("path", "profile"),
    [("actors/counter-rust.wasm", "actor"), ("actors/async-output-rust.wasm", "actor"), ("extism/shop.wasm", "plugin")],
)
def test_plugins_that_are_no_conformance_guests_are_judged_as_what_they_are(
    path: str, profile: str, wasmtime_engine: ConformanceEngine
) -> None:
    subject = subject_of((EXAMPLES / path).read_bytes(), profile, wasmtime_engine)
    assert subject.contract is None
    results = judge_all(subject, wasmtime_engine)
    assert failed(results) == {}
    reasons = set(skipped(results).values())
    foreign = {"it imports host functions that only its own host has"} if "shop" in path else set[str]()
    assert {reason.partition(": ")[0] for reason in reasons} - foreign == {"the module is no conformance guest"}


def test_small_plugins_and_actors_pass_all_that_is_asked_of_any(wasmtime_engine: ConformanceEngine) -> None:
    for module, profile in ((plugin(), "plugin"), (actor(version=b'"1"', verdict=b"true"), "actor")):
        results = judge_all(subject_of(module, profile), wasmtime_engine, only=is_for_any_plugin)
        assert failed(results) == skipped(results) == {}


def test_a_plugin_that_hangs_fails_the_case_that_it_hangs_in(wasmtime_engine: ConformanceEngine) -> None:
    hangs = plugin("(if (i64.eqz (call $input_length)) (then (loop $on (br $on)))) (i32.const 0)")
    subject = subject_of(hangs, "plugin")
    results = judge_all(subject, wasmtime_engine, only=lambda case: case.requirement in ("EXT-020", "EXT-021"))
    assert failed(results) == {"EXT-020": "f did not answer in time"}


def test_a_guest_says_what_it_is(wasmtime_engine: ConformanceEngine) -> None:
    contract = subject_of(build_guest(0), "actor", wasmtime_engine).contract
    assert contract == GuestContract("plugbay-conformance/1", "extism", "actor", "zig", "raw", "1")


@pytest.mark.parametrize(
    "answer",
    [
        "{}",
        "[]",
        "no JSON",
        '{"contract": "plugbay-conformance/2", "abi": "extism"}',
        '{"contract": "plugbay-conformance/1", "abi": "fluxrig"}',
        '{"contract": ["plugbay-conformance/1"], "abi": "extism"}',
    ],
)
def test_other_answers_to_contract_make_no_conformance_guest(answer: str, wasmtime_engine: ConformanceEngine) -> None:
    text = answer.replace('"', '\\"')
    module = plugin(extra=f'(data (i32.const 0) "{text}") {_contract(_SAYS.format(size=len(answer)))}')
    assert read_contract(wasmtime_engine, subject_of(module, "plugin")) is None


@pytest.mark.parametrize("body", ["(unreachable)", "(i32.const 3)", "(loop $on (br $on)) (i32.const 0)"])
def test_asking_for_the_contract_survives_whatever_the_module_does(
    body: str, wasmtime_engine: ConformanceEngine
) -> None:
    assert read_contract(wasmtime_engine, subject_of(plugin(extra=_contract(body)), "plugin")) is None


def test_a_contract_with_keys_missing_is_read_and_judged(wasmtime_engine: ConformanceEngine) -> None:
    subject = subject_of(build_guest(30), "plugin", wasmtime_engine)
    assert subject.contract is not None
    assert subject.contract.sdk_version == ""


def _contract(body: str) -> str:
    return f'(func (export "contract") (result i32) {body})'

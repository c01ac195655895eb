"""Modules that are right pass: the conformance guests of all toolchains, and functions that know nothing of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from tests.conformance.priostack.judging import failed, judge_all, subject_of

from plugbay.module.binary import read_module
from plugbay_conformance.case import CaseKind
from plugbay_conformance.engines.contract import ConformanceEngine
from plugbay_conformance.results import Status

ROOT = Path(__file__).parents[3]
GUESTS = ROOT / "conformance" / "guests"
MUTANTS = ROOT / "conformance" / "mutants" / "priostack"
EXAMPLES = ROOT / "examples"
CONFORMANCE_GUESTS = sorted(
    path for folder in (GUESTS, ROOT / "sdk_guest" / "dist") for path in folder.glob("conformance-priostack-*.wasm")
)
FUNCTIONS = sorted(
    path for folder in (EXAMPLES / "users", EXAMPLES / "shop" / "wasm") for path in folder.glob("*.wasm")
)
NO_ZERO = {"users-go.wasm": {"PRI-027": "Go's allocator panics when its memory is full"}}
"""What a module may break by its language: SHOULDs alone."""


def profile_of(module: bytes) -> str:
    """The convention that a module speaks, by the marks of its toolchain."""
    names = {export.name for export in read_module(module, "").exports}
    if "__new" in names:
        return "assemblyscript"
    return "wasm-bindgen" if any(name.startswith("__wbindgen_") for name in names) else "packed"


@pytest.mark.parametrize("path", CONFORMANCE_GUESTS, ids=lambda path: path.name)
def test_a_conformance_guest_passes_everything(path: Path, engine: ConformanceEngine) -> None:
    module = path.read_bytes()
    subject = subject_of(module, profile_of(module), engine)
    assert subject.contract is not None
    assert subject.contract.profile == subject.profile
    results = judge_all(subject, engine)
    allowed = {"PRI-027"} if subject.contract.language == "go" else set[str]()
    assert set(failed(results)) <= allowed, failed(results)
    assert [result.case for result in results if result.status is Status.SKIPPED] == []


@pytest.mark.parametrize("path", FUNCTIONS, ids=lambda path: path.name)
def test_functions_that_know_nothing_of_the_suite_pass_its_module_cases(
    path: Path, wasmtime_engine: ConformanceEngine
) -> None:
    module = path.read_bytes()
    subject = subject_of(module, profile_of(module), wasmtime_engine)
    assert subject.contract is None
    results = judge_all(subject, wasmtime_engine)
    assert set(failed(results)) == set(NO_ZERO.get(path.name, {})), failed(results)
    skipped = {result.kind for result in results if result.status is Status.SKIPPED}
    assert skipped == {CaseKind.GUEST}


@pytest.mark.parametrize("folder", [GUESTS, MUTANTS], ids=lambda folder: folder.name)
def test_the_modules_have_the_digests_that_were_written_down(folder: Path) -> None:
    lines = (folder / "DIGESTS").read_text("utf-8").splitlines()
    written = {name: digest for digest, name in map(str.split, lines)}
    assert written == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.wasm")}
    assert written

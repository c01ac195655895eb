"""Reports side by side can be told apart."""

from __future__ import annotations

from dataclasses import replace

from tests.conformance.reports.sample import good_report

from plugbay_conformance.reports.sheet import sheets_of
from plugbay_conformance.results import Report


def named(language: str, name: str) -> Report:
    report = good_report(language)
    return replace(report, module=replace(report.module, name=name))


def labels(*reports: Report) -> list[str]:
    (sheet,) = sheets_of(reports)
    return [column.label for column in sheet.columns]


def test_one_module_is_labelled_by_its_engine() -> None:
    assert labels(named("zig", "a.wasm")) == ["wasmtime"]


def test_modules_of_several_languages_are_labelled_by_these() -> None:
    assert labels(named("zig", "a.wasm"), named("go", "b.wasm")) == ["zig", "go"]


def test_modules_of_the_same_language_are_labelled_by_their_names() -> None:
    assert labels(named("rust", "a.wasm"), named("go", "b.wasm"), named("rust", "c.wasm")) == ["a.wasm", "go", "c.wasm"]

"""The library's calls judge modules and folders, and refuse what makes no sense before anything runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest
from tests.conformance.fakes import FAKES, case_id

import plugbay_conformance
from plugbay.errors import ConfigInvalid, PlugbayError
from plugbay_conformance import ConformOptions, Report, Selection, Verdict, conform, conform_folder
from plugbay_conformance.engines.errors import EngineMissing
from plugbay_conformance.errors import ExpectationsInvalid, SelectionEmpty, SubjectInvalid
from plugbay_conformance.examiner import Examiner
from plugbay_conformance.library import examine_folder, modules_of
from plugbay_conformance.reports import write_report

if TYPE_CHECKING:
    from plugbay_conformance.running.run import Progress

FEW = Selection(("FLX-001", "FLX-002"))


def fakes(*names: str) -> Selection:
    return Selection(tuple(case_id(name) for name in names))


def test_the_public_names_are_those_listed() -> None:
    assert sorted(plugbay_conformance.__all__) == plugbay_conformance.__all__
    assert all(getattr(plugbay_conformance, name) is not None for name in plugbay_conformance.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = plugbay_conformance.nothing


def test_a_call_judges_a_module_at_a_path_or_in_bytes(gear: Callable[..., bytes], tmp_path: Path) -> None:
    path = tmp_path / "gear.wasm"
    path.write_bytes(gear())
    told: list[Progress] = []
    report = conform(path, select=FEW, processes=0, progress=told.append)
    assert isinstance(report, Report)
    assert (report.abi, report.profile, report.verdict) == ("fluxrig", "core", Verdict.PARTIAL)
    assert (report.module.name, report.module.path) == ("gear.wasm", str(path))
    assert [result.status.value for result in report.results] == ["passed", "passed"]
    assert len(told) == 2
    in_bytes = conform(gear(), select=FEW, processes=0)
    assert (in_bytes.module.digest, in_bytes.module.path) == (report.module.digest, "")


def test_a_folder_gives_a_report_for_each_module(gear: Callable[..., bytes], tmp_path: Path) -> None:
    for name in ("b.wasm", "a.wasm"):
        (tmp_path / name).write_bytes(gear())
    (tmp_path / "c.wasm").write_bytes(b"hello")
    (tmp_path / "d.txt").write_bytes(b"hello")
    refused: list[tuple[str, str]] = []
    reports = conform_folder(
        tmp_path,
        ConformOptions(select=FEW, processes=0),
        on_refused=lambda path, error: refused.append((path.name, error.code)),
    )
    assert [report.module.name for report in reports] == ["a.wasm", "b.wasm"]
    assert refused == [("c.wasm", "invalid-binary")]


def test_a_folder_without_modules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SubjectInvalid, match="has no module"):
        conform_folder(tmp_path, ConformOptions(processes=0))
    (tmp_path / "folder.wasm").mkdir()
    with pytest.raises(SubjectInvalid, match="has no module"):
        modules_of(tmp_path)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"engines": ()}, "name each engine once"),
        ({"engines": ("wasmtime", "wasmtime")}, "name each engine once"),
        ({"differential": True}, "engines are compared two by two"),
        ({"processes": -1}, "from 0 to 64"),
        ({"processes": 65}, "from 0 to 64"),
    ],
)
def test_options_that_make_no_sense_are_refused_at_once(changes: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigInvalid, match=told):
        ConformOptions(**changes)  # type: ignore[arg-type] # options by name


@pytest.fixture
def gear_path(gear: Callable[..., bytes], tmp_path: Path) -> Path:
    path = tmp_path / "gear.wasm"
    path.write_bytes(gear())
    return path


def test_modules_share_the_workers_of_an_examiner(gear_path: Path, fakes_importable: None) -> None:
    with Examiner(ConformOptions(select=fakes("fails", "dies"), processes=2), parts=FAKES) as examiner:
        for _ in range(2):
            report = examiner.examine(examiner.read(gear_path), "somewhere")
            assert [result.status.value for result in report.results] == ["failed", "failed"]


def test_an_engine_that_the_abi_does_not_have_or_that_is_missing_is_told(gear_path: Path) -> None:
    for engine, error in (("libextism", ConfigInvalid), ("wazero", EngineMissing)):
        options = ConformOptions(engines=(engine,), processes=0)
        with Examiner(options, parts=FAKES) as examiner, pytest.raises(error):
            examiner.examine(examiner.read(gear_path), "")


def test_a_folder_is_judged_on_those_engines_that_each_abi_has(gear_path: Path) -> None:
    options = ConformOptions(engines=("wasmtime", "libextism"), select=fakes("fails"), processes=0)
    with Examiner(options, parts=FAKES) as examiner:
        (report,) = examine_folder(examiner, gear_path.parent, lambda _path, error: pytest.fail(str(error)))
    assert [engine.name for engine in report.engines] == ["wasmtime"]


def test_an_interrupted_folder_ends_with_the_report_that_was_cut_short(gear_path: Path) -> None:
    (gear_path.parent / "later.wasm").write_bytes(gear_path.read_bytes())

    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt

    options = ConformOptions(select=fakes("fails"), processes=0, progress=interrupt)
    with Examiner(options, parts=FAKES) as examiner:
        (report,) = examine_folder(examiner, gear_path.parent, lambda _path, error: pytest.fail(str(error)))
    assert (report.module.name, report.complete) == ("gear.wasm", False)


def test_ctrl_c_before_anything_was_judged_leaves_a_report_that_says_so(gear_path: Path, tmp_path: Path) -> None:
    parts = replace(FAKES, engine="tests.conformance.fakes:interrupted_engine")
    with Examiner(ConformOptions(processes=0), parts=parts) as examiner:
        report = examiner.examine(examiner.read(gear_path), str(gear_path))
    assert (report.complete, report.verdict, report.results, report.module.name) == (False, "partial", (), "gear.wasm")
    for ending in ("json", "xml", "html", "svg"):
        write_report(tmp_path / f"report.{ending}", [report])
    schema = json.loads((files("plugbay_conformance.reports") / "report.schema.json").read_text("utf-8"))
    jsonschema_rs.validator_for(schema).validate(json.loads((tmp_path / "report.json").read_bytes()))
    assert "cut short" in (tmp_path / "report.html").read_text("utf-8")


def test_nothing_is_left_running_when_something_is_refused(
    gear_path: Path, fakes_importable: None, tmp_path: Path
) -> None:
    expected = tmp_path / "expected.toml"
    expected.write_text('[[expected]]\nrequirement = "FLX-999"\nreason = "none"\n')
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    before = children.read_text() if children.exists() else ""
    refused: list[tuple[ConformOptions, type[PlugbayError]]] = [
        (ConformOptions(expected=expected), ExpectationsInvalid),
        (ConformOptions(select=Selection(keyword="banana"), processes=1), SelectionEmpty),
        (ConformOptions(abi="extism", processes=1), SubjectInvalid),
    ]
    for options, error in refused:
        with pytest.raises(error), Examiner(options, parts=FAKES) as examiner:
            examiner.examine(examiner.read(gear_path), "")
    assert (children.read_text() if children.exists() else "") == before


def test_the_plan_is_told_without_running_anything(gear_path: Path) -> None:
    with Examiner(ConformOptions(select=fakes("fails", "hangs"), processes=0), parts=FAKES) as examiner:
        subject, cases = examiner.plan(gear_path)
    assert subject.profile == "core"
    assert [(requirement.id, case.id) for requirement, case in cases] == [
        ("FLX-002", "FLX-002/fails"),
        ("FLX-005", "FLX-005/hangs"),
    ]

"""Reports are written whole, in the form that a name's ending asks for, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.conformance.reports.sample import failing_report, good_report

from plugbay_conformance.reports import ReportUnwritable, check_report_path, write_report


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("r.json", b"{"),
        ("r.xml", b"<?xml"),
        ("r.html", b"<!doctype html>"),
        ("r.svg", b"<svg"),
        ("R.HTML", b"<!doctype"),
    ],
)
def test_the_ending_names_the_form(name: str, start: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    check_report_path(path)
    write_report(path, [failing_report()])
    assert path.read_bytes().startswith(start)
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["report", "report.pdf", "report.json.gz"])
def test_another_ending_is_refused_with_those_that_there_are(name: str, tmp_path: Path) -> None:
    with pytest.raises(ReportUnwritable, match="which form") as failed:
        check_report_path(tmp_path / name)
    assert failed.value.hint is not None
    assert ".html" in failed.value.hint


def test_a_missing_folder_is_told_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(ReportUnwritable, match="there is no folder"):
        check_report_path(tmp_path / "no" / "report.json")


def test_a_folder_is_no_report(tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(ReportUnwritable, match="is a folder"):
        check_report_path(tmp_path / "report.json")


def test_a_full_disk_leaves_the_old_report_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_report(path, [good_report()])
    before = path.read_bytes()
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    child = os.fork()
    if child == 0:
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
        try:
            write_report(path, [failing_report()])
        except ReportUnwritable:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == soft
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]

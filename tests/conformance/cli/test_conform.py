"""``plugbay conform`` judges, tells and ends with the right exit code."""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.cli.conftest import PROGRAM, Result
from tests.conformance.cli.conftest import SPIN

from plugbay.cli.output import Output
from plugbay_conformance import ConformOptions, Selection
from plugbay_conformance.cli.conform import judge_folder
from plugbay_conformance.examiner import Examiner

if TYPE_CHECKING:
    from plugbay.module.source import ModuleSource
    from plugbay_conformance.case import Subject

ROOT = Path(__file__).parents[3]
ACTOR = ROOT / "examples/actors/counter-rust.wasm"
HERE = ("--processes", "0", "--no-hosts")
"""In this process, which is quicker for a few cases."""
Cli = Callable[..., Result]
GearAt = Callable[..., Path]


def test_a_black_box_that_breaks_nothing_is_partial_and_good(cli: Cli, gear_at: GearAt) -> None:
    result = cli("conform", gear_at(), "-r", "FLX-001", "-r", "FLX-034", *HERE)
    assert result.code == 0
    assert result.text.startswith("gear.wasm  fluxrig core  as a black box")
    assert "Skipped\n  1 case on wasmtime: the module is no conformance guest" in result.text
    assert "partial  fluxrig core on wasmtime" in result.text
    assert "1 passed, 0 failed, 1 skipped" in result.text
    assert "Partial: 1 MUST could not be judged: FLX-034" in result.text
    assert "Only a conformance guest can be conformant; any other plugin is partial at best" in result.text


def test_what_would_break_on_another_host_says_what_was_found_there(cli: Cli, gear_at: GearAt) -> None:
    result = cli("conform", gear_at(pages="20"), "-r", "FLX-010", "--processes", "0")
    assert "On fluxrig-v0.6 (A rack of fluxrig v0.6): 0 cases pass, 1 would break\n  FLX-010/starts" in result.text
    assert "found: the module's memory starts with 20 pages, over the limit of 16" in " ".join(result.text.split())


def test_a_failure_says_what_was_expected_and_where_to_read(cli: Cli, gear_at: GearAt) -> None:
    result = cli("conform", gear_at(pages="20"), "-k", "at most 16", *HERE)
    assert result.code == 1
    for words in (
        "FLX-009 MUST A core gear starts with at most 16 pages",
        "  failed    ",
        "  expected  ",
        "  found     ",
        "  case      first_pages\n",
        "  read      spec/v1/fluxrig.md, FLX-009",
        "failed  fluxrig core on wasmtime",
        "0 passed, 1 failed, 0 skipped",
    ):
        assert words in result.text, words


def test_json_is_the_report(cli: Cli, gear_at: GearAt) -> None:
    result = cli("conform", gear_at(), "-r", "FLX-001", "--seed", "7", "--json", *HERE)
    assert result.code == 0
    assert result.json["abi"] == "fluxrig"
    assert result.json["seed"] == 7
    assert [(found["requirement"], found["status"]) for found in result.json["results"]] == [("FLX-001", "passed")]


def test_workers_judge_where_no_number_of_processes_is_given(cli: Cli, gear_at: GearAt) -> None:
    assert cli("conform", gear_at(), "-r", "FLX-001", "-r", "FLX-010").code == 0
    assert cli("conform", gear_at(), "-r", "FLX-001", "--processes", "1").code == 0


def test_require_complete_makes_a_partial_verdict_bad(cli: Cli, gear_at: GearAt) -> None:
    assert cli("conform", gear_at(), "-r", "FLX-001", *HERE).code == 0
    assert cli("conform", gear_at(), "-r", "FLX-001", "--require-complete", *HERE).code == 1


def test_reports_are_written_in_each_form(cli: Cli, gear_at: GearAt, tmp_path: Path) -> None:
    paths = [tmp_path / f"report.{ending}" for ending in ("json", "xml", "svg", "html")]
    options = [option for path in paths for option in ("--report", path)]
    result = cli("conform", gear_at(pages="20"), "-r", "FLX-009", *options, *HERE)
    assert result.code == 1
    assert all(path.stat().st_size > 0 for path in paths)
    assert f"wrote {paths[0]}" in result.err
    assert json.loads(paths[0].read_text())["results"][0]["status"] == "failed"


@pytest.mark.parametrize("name", ["report.pdf", "report", "nowhere/report.json"])
def test_a_report_that_can_not_be_written_is_told_before_anything_runs(
    cli: Cli, gear_at: GearAt, tmp_path: Path, name: str
) -> None:
    result = cli("conform", gear_at(), "--report", tmp_path / name, *HERE)
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith("error[report-unwritable]: ")


def test_a_report_that_has_no_room_keeps_no_other_from_being_written(
    cli: Cli, gear_at: GearAt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    write = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if "first" in path.name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, data)

    gear = gear_at()
    monkeypatch.setattr(Path, "write_bytes", full)
    result = cli("conform", gear, "-r", "FLX-001", "--report", first, "--report", second, *HERE)
    assert result.code != 0
    assert f"the report '{first}' can't be written: No space left on device" in " ".join(result.err.split())
    assert [path.name for path in tmp_path.glob("*.json")] == ["second.json"]


def test_known_failures_are_expected_and_a_stale_entry_is_red(cli: Cli, gear_at: GearAt, tmp_path: Path) -> None:
    expected = tmp_path / "expected.toml"
    expected.write_text('[[expected]]\nrequirement = "FLX-009"\nreason = "issue 12"\n')
    gear = gear_at(pages="20")
    known = cli("conform", gear, "-r", "FLX-009", "--expected", expected, *HERE)
    assert known.code == 0
    assert "Expected to fail\n  FLX-009/first_pages" in known.text
    assert "issue 12" in known.text
    stale = cli("conform", gear_at(), "-r", "FLX-009", "--expected", expected, *HERE)
    assert stale.code == 1
    assert "it passes, and" in stale.text
    told = "".join(stale.text.split())  # a long path is broken where the line ends
    assert "expected.toml:1expectsittofail(issue12):removetheentry" in told


def test_a_folder_is_judged_as_a_matrix_and_what_is_no_plugin_is_told(
    cli: Cli, gear_at: GearAt, tmp_path: Path
) -> None:
    gear_at("a.wasm")
    gear_at("b.wasm", pages="20")
    (tmp_path / "c.wasm").write_bytes(ACTOR.read_bytes())
    (tmp_path / "d.wasm").write_text("hello")
    (tmp_path / "notes.txt").write_text("hello")
    result = cli("conform", tmp_path, "-r", "*-001", *HERE)
    assert result.code == 1, "a file that can't be judged does not slip through a gate"
    rows = [line.split()[:5] for line in result.text.splitlines()[1:4]]
    assert [row[:4] for row in rows] == [
        ["a", "fluxrig", "core", "wasmtime"],
        ["b", "fluxrig", "core", "wasmtime"],
        ["c", "extism", "actor", "wasmtime"],
    ]
    assert result.err == (
        "d.wasm: not judged: not a core WebAssembly module: it is none of the formats that plugbay knows\n"
    )
    document = cli("conform", tmp_path, "-r", "*-001", "--json", *HERE).json
    assert [report["module"]["name"] for report in document["reports"]] == ["a.wasm", "b.wasm", "c.wasm"]
    (tmp_path / "d.wasm").unlink()
    assert cli("conform", tmp_path, "-r", "FLX-001", *HERE).code == 0, "what is not selected is no failure"
    failing = cli("conform", tmp_path, "-r", "FLX-009", *HERE)
    assert failing.code == 1
    assert "b.wasm: failed FLX-009" in failing.text
    assert "c.wasm: not judged: nothing of extism's profile actor is selected by FLX-009" in failing.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("missing.wasm",), "there is no file 'missing.wasm'"),
        (("empty",), "empty has no module"),
        (("strangers",), "no module in strangers can be judged"),
        (("gear.wasm", "--abi", "extism"), "gear.wasm is no plugin of extism"),
        (("gear.wasm", "--abi", "wascap"), "there is no specification of the ABI 'wascap'"),
        (("gear.wasm", "--profile", "gear"), "no ABI has a profile 'gear'"),
        (("gear.wasm", "--engine", "libextism"), "fluxrig modules can't be judged on the engine 'libextism'"),
        (("gear.wasm", "--engine", "v8"), "fluxrig modules can't be judged on the engine 'v8'"),
        (("gear.wasm", "--engine", "wasmtime", "--engine", "wasmtime"), "name each engine once"),
        (("gear.wasm", "--differential"), "engines are compared two by two"),
        (("gear.wasm", "--processes", "65"), "processes=65 (from 0 to 64)"),
        (("gear.wasm", "-r", "FLX-999"), "nothing of fluxrig's profile core is selected by FLX-999"),
        (("gear.wasm", "-k", "banana"), "selected by the word 'banana'"),
        (("gear.wasm", "--expected", "missing.toml"), "missing.toml:1: it can't be read"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_sentence(
    cli: Cli,
    gear_at: GearAt,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    told: str,
) -> None:
    gear_at()
    (tmp_path / "empty").mkdir()
    (tmp_path / "strangers").mkdir()
    (tmp_path / "strangers/one.wasm").write_text("hello")
    monkeypatch.chdir(tmp_path)
    processes = () if "--processes" in arguments else ("--processes", "0")
    result = cli("conform", *arguments, *processes)
    assert result.code == 2
    assert told in result.err
    as_json = cli("conform", *arguments, *processes, "--json")
    assert (as_json.code, "error" in as_json.json) == (2, True)


def test_list_shows_what_would_be_judged(cli: Cli, gear_at: GearAt) -> None:
    result = cli("conform", gear_at(), "--list", "-k", "exported")
    assert result.code == 0
    assert result.text.splitlines()[0] == "gear.wasm  fluxrig core"
    assert "FLX-002  MUST  The memory is exported" in result.text
    assert result.text.splitlines()[-1].endswith("cases")
    listed = cli("conform", gear_at(), "--list", "-r", "FLX-002", "--json").json
    assert [(case["case"], case["level"], case["kind"]) for case in listed["cases"]] == [
        ("FLX-002/memory", "MUST", "binary")
    ]


def test_a_guest_that_hangs_costs_its_cases_and_the_rest_is_judged(cli: Cli, gear_at: GearAt) -> None:
    few = [option for id_ in ("FLX-005", "FLX-014", "FLX-020") for option in ("-r", id_)]
    document = cli("conform", gear_at(body=SPIN), *few, "--no-hosts", "--processes", "2", "--json").json
    status = {found["requirement"]: found["status"] for found in document["results"]}
    assert status == {"FLX-005": "passed", "FLX-014": "passed", "FLX-020": "failed"}


def test_ctrl_c_ends_the_run_with_a_report_of_what_was_judged(gear_at: GearAt, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    terminal, end = os.openpty()
    arguments = ["conform", str(gear_at(body=SPIN)), "--report", str(report), "--json", "--processes", "2"]
    running = subprocess.Popen([*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=end)
    os.close(end)
    said = b""
    while b" cases" not in said:  # it says how many are judged, as soon as one is
        assert select.select([terminal], [], [], 60)[0], "no progress"
        said += os.read(terminal, 65_536)
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=60)
    os.close(terminal)
    assert running.returncode == 130
    for document in (json.loads(report.read_text()), json.loads(out)):
        assert document["complete"] is False
        assert document["results"]
        assert {profile["verdict"] for profile in document["profiles"]} <= {"partial", "failed"}


def test_ctrl_c_between_two_modules_keeps_what_was_judged(gear_at: GearAt, tmp_path: Path) -> None:
    class Interrupted(Examiner):
        def read(self, source: ModuleSource) -> Subject:
            if str(source).endswith("b.wasm"):
                raise KeyboardInterrupt
            return super().read(source)

    gear_at("a.wasm")
    gear_at("b.wasm")
    options = ConformOptions(select=Selection(("FLX-001",)), processes=0)
    with Interrupted(options) as examiner:
        reports, strangers, interrupted = judge_folder(Output(json=False), examiner, tmp_path)
    assert ([report.module.name for report in reports], strangers, interrupted) == (["a.wasm"], 0, True)


def test_nothing_of_the_suite_is_loaded_before_it_is_asked_for() -> None:
    code = "import sys, plugbay_conformance.plugin, plugbay_conformance.pytest_plugin; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded: set[str] = {name for name in done.stdout.split() if name.startswith("plugbay_conformance")}
    assert loaded == {"plugbay_conformance", "plugbay_conformance.plugin", "plugbay_conformance.pytest_plugin"}


def test_the_program_tells_its_verbs(cli: Cli) -> Any:
    assert "conform" in cli("--help").text
    assert "--require-complete" in cli("conform", "--help").text

"""A short run of the fuzzer in each test run; the long one is `python tests/fuzz/module_fuzz.py`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "module_fuzz.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False)


def test_two_thousand_mutants_are_refused_or_read_as_wasmtime_reads_them() -> None:
    done = run("--count", "2000", "--seed", "20261121")
    assert (done.returncode, done.stdout.splitlines()[2]) == (0, "0 findings")


def test_two_thousand_damaged_guests_run_or_fail_with_an_error_of_the_tree() -> None:
    done = run("--through-host", "--count", "2000", "--seed", "20261121")
    lines = done.stdout.splitlines()
    assert (done.returncode, lines[2]) == (0, "0 findings"), done.stderr
    assert "none, it ran" in lines[1]
    assert "ran into guest-trap" in lines[1]


def test_what_a_host_lets_through_is_a_finding(tmp_path: Path) -> None:
    start = f"""
import runpy
from plugbay import Host

Host.load = lambda *_, **__: 1 // 0
runpy.run_path({str(SCRIPT)!r}, run_name="__main__")
"""
    arguments = ["--through-host", "--count", "5", "--keep", str(tmp_path)]
    done = subprocess.run([sys.executable, "-c", start, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "ZeroDivisionError came out" in done.stdout
    assert len(list(tmp_path.glob("finding-*.wasm"))) == 5


def test_the_same_seed_makes_the_same_mutants() -> None:
    summaries = {run("--count", "200", "--seed", "7").stdout.splitlines()[1] for _ in range(2)}
    others = run("--count", "200", "--seed", "8").stdout.splitlines()[1]
    assert len(summaries) == 1
    assert others not in summaries


def test_a_finding_is_kept_and_fails_the_run(tmp_path: Path) -> None:
    start = f"""
import runpy
import plugbay.module.binary

plugbay.module.binary.read_module = lambda *_: 1 // 0
runpy.run_path({str(SCRIPT)!r}, run_name="__main__")
"""
    arguments = ["--count", "20", "--keep", str(tmp_path / "kept")]
    done = subprocess.run([sys.executable, "-c", start, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "ZeroDivisionError came out" in done.stdout
    assert len(list((tmp_path / "kept").glob("finding-*.wasm"))) == 20


@pytest.mark.parametrize("count", ["five", "-"])
def test_wrong_arguments_are_a_usage_error(count: str) -> None:
    assert run("--count", count).returncode == 2

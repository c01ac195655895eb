"""``pytest --plugbay-guest``: each requirement is a test of pytest's own kind."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, gear: Callable[..., bytes]) -> Run:
    """Runs pytest in a folder with gear.wasm, fat.wasm (which has too many pages) and a test of its own."""
    (pytester.path / "gear.wasm").write_bytes(gear())
    (pytester.path / "fat.wasm").write_bytes(gear(pages="20"))
    pytester.makepyfile(test_own="def test_own(): pass")
    # At its end pytest's faulthandler puts back what handled faults before it: a trap would then end this process.
    options = ("-p", "no:cacheprovider", "-p", "no:faulthandler")
    return lambda *arguments: pytester.runpytest_inprocess(*options, *map(str, arguments))


def test_nothing_happens_without_the_option(run: Run) -> None:
    result = run("-v")
    assert result.parseoutcomes()["passed"] == 1
    result.stdout.no_fnmatch_line("*FLX*")


@pytest.mark.parametrize(("paths", "own"), [((), False), (("test_own.py",), True)])
def test_other_tests_are_run_only_where_their_paths_are_given(run: Run, paths: tuple[str, ...], own: bool) -> None:
    lines = run("--plugbay-guest", "gear.wasm", "--collect-only", "-q", *paths).outlines
    names = [line for line in lines if "::" in line]
    assert ("test_own.py::test_own" in names) is own
    assert sum(name.startswith("gear.wasm::FLX-") for name in names) == len(names) - own
    assert len(names) > 50


def test_each_requirement_is_a_test_that_tells_what_became_of_it(run: Run) -> None:
    ids = "FLX-002 or FLX-009 or FLX-034"
    result = run("--plugbay-guest", "fat.wasm", "--plugbay-abi", "fluxrig", "-v", "-rs", "-k", ids)
    assert {"passed": 1, "failed": 1, "skipped": 1}.items() <= result.parseoutcomes().items()
    result.stdout.fnmatch_lines(
        [
            "fat.wasm::FLX-002 The memory is exported PASSED*",
            "fat.wasm::FLX-009 *FAILED*",
            "FLX-009 MUST A core gear starts with at most 16 pages",
            "  failed     *",
            "  expected   *",
            "  found      *",
            "  case       first_pages",
            "  read       spec/v1/fluxrig.md, FLX-009",
            "SKIPPED*the module is no conformance guest*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_known_failures_are_xfail_and_a_stale_one_fails(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "expected.toml").write_text('[[expected]]\nrequirement = "FLX-009"\nreason = "issue 12"\n')
    known = run("--plugbay-guest", "fat.wasm", "--plugbay-expected", "expected.toml", "-k", "FLX-009", "-rx")
    assert known.parseoutcomes()["xfailed"] == 1
    known.stdout.fnmatch_lines(["XFAIL fat.wasm::FLX-009*expected: issue 12*"])
    stale = run("--plugbay-guest", "gear.wasm", "--plugbay-expected", "expected.toml", "-k", "FLX-009")
    assert stale.parseoutcomes()["failed"] == 1
    stale.stdout.fnmatch_lines(["  unexpected it passes, and *expected.toml:1 expects it to fail (issue 12)*"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("test_own.py",), "*not a core WebAssembly module*"),
        (("missing.wasm",), "*not found: missing.wasm*"),
        (("gear.wasm", "--plugbay-abi", "extism"), "gear.wasm is no plugin of extism*"),
        (("gear.wasm", "--plugbay-expected", "none.toml"), "none.toml:1: it can't be read*"),
    ],
)
def test_what_can_not_be_judged_is_an_error_in_a_sentence(run: Run, arguments: tuple[str, ...], told: str) -> None:
    result = run("--plugbay-guest", *arguments)
    assert result.ret in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.USAGE_ERROR)
    (result.stderr if "missing" in told else result.stdout).fnmatch_lines([told.replace("gear.wasm", "*gear.wasm")])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_test_for_each_engine_where_there_are_several(run: Run, pytester: pytest.Pytester) -> None:
    actor = Path(__file__).parents[2] / "examples/actors/counter-rust.wasm"
    (pytester.path / "actor.wasm").write_bytes(actor.read_bytes())
    engines = ("--plugbay-engine", "wasmtime", "--plugbay-engine", "libextism")
    result = run("--plugbay-guest", "actor.wasm", "--plugbay-abi", "reflow", *engines, "-v", "-k", "EXT-001")
    result.stdout.fnmatch_lines(["*::EXT-001 * [[]wasmtime] PASSED*", "*::EXT-001 * [[]libextism] PASSED*"])


@pytest.mark.skipif(find_spec("xdist") is None, reason="pytest-xdist is not installed")
def test_it_works_on_several_processes_of_xdist(run: Run) -> None:
    result = run("--plugbay-guest", "fat.wasm", "-n", "2", "-k", "FLX-002 or FLX-009")
    assert {"passed": 1, "failed": 1}.items() <= result.parseoutcomes().items()

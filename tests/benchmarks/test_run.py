"""The benchmarks run, and what they save has a sane shape. Nothing timed is judged."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import orjson
import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "run.py"
BENCHMARKS = (
    *("calls", "extism_calls", "actor_calls", "actor_messages", "byte_functions", "http"),
    *("log_lines", "cold_start", "threads", "streams", "memory", "plugins", "instances"),
)


class Run(NamedTuple):
    printed: str
    document: dict[str, Any]
    plot: Path


def benchmarks(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SCRIPT, *arguments]
    return subprocess.run(command, capture_output=True, check=False, timeout=120, text=True)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("benchmarks")
    json, plot = folder / "figures.json", folder / "plot.svg"
    done = benchmarks("--smoke", "--json", json, "--plot", plot)
    assert done.returncode == 0, done.stderr
    return Run(done.stdout, orjson.loads(json.read_bytes()), plot)


def test_every_benchmark_runs(run: Run) -> None:
    assert tuple(run.document["benchmarks"]) == BENCHMARKS


def test_the_figures_say_where_they_are_from(run: Run) -> None:
    machine = run.document["machine"]
    assert machine["cpu"]
    assert machine["cores"] >= 1
    assert {"plugbay", "wasmtime", "extism"} <= set(machine["packages"])
    assert run.document["effort"] == "smoke"


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_says_what_was_timed_and_has_figures(run: Run, name: str) -> None:
    benchmark = run.document["benchmarks"][name]
    assert len(benchmark["timed"]) > 40
    assert re.search(rb"[0-9]", orjson.dumps(benchmark["figures"]))


@pytest.mark.parametrize("size", ["0", "256", "4096", "65536"])
def test_each_size_of_a_call_has_all_peers(run: Run, size: str) -> None:
    peers = run.document["benchmarks"]["calls"]["figures"][size]
    assert list(peers) == ["call", "call_many", "wasmtime-py", "extism"]
    assert all(peer["us"] > 0 for peer in peers.values())


@pytest.mark.parametrize("name", ["extism_calls", "actor_calls"])
def test_an_extism_plugin_has_extism_s_sdk_as_its_peer(run: Run, name: str) -> None:
    for peers in run.document["benchmarks"][name]["figures"].values():
        assert list(peers) == ["call", "call_many", "extism"]
        assert all(peer["us"] > 0 for peer in peers.values())


def test_actors_with_state_are_compared_with_a_plugin_per_message(run: Run) -> None:
    figures = run.document["benchmarks"]["actor_messages"]["figures"]
    assert list(figures) == ["counter, go", "counter, rust"]
    for ways in figures.values():
        assert list(ways) == ["process", "a plugin per message", "compiled once"]


def test_every_target_is_judged(run: Run) -> None:
    targets = [target for benchmark in run.document["benchmarks"].values() for target in benchmark["targets"]]
    assert len(targets) == 27
    for target in targets:
        reached = target["found"] <= target["wanted"] if target["at_most"] else target["found"] >= target["wanted"]
        assert target["met"] is reached


def test_the_plot_is_a_picture(run: Run) -> None:
    assert ET.parse(run.plot).getroot().tag.endswith("svg")


def test_the_targets_are_printed_after_the_tables(run: Run) -> None:
    assert run.printed.index("A call") < run.printed.index("Targets")


def test_an_unknown_benchmark_is_refused() -> None:
    done = benchmarks("--only", "astrology")
    assert done.returncode == 2
    assert "astrology" in done.stderr

"""What README.md says of the actors, on libextism: the reference implementation agrees with it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, Protocol

import pytest

ACTORS: Final = Path(__file__).parents[2] / "examples" / "actors"
FLOW: Final = {"type": "Flow", "data": None}

languages = pytest.mark.parametrize("language", ["rust", "go"])


class Run(Protocol):
    """Gives calls to one instance of an actor, each a function and its input, and returns what came of each."""

    def __call__(self, actor: str, *calls: tuple[str, Any]) -> list[dict[str, Any]]: ...


@pytest.fixture
def run(language: str) -> Run:
    def give(actor: str, *calls: tuple[str, Any]) -> list[dict[str, Any]]:
        lines = "".join(json.dumps({"function": function, "input": data}) + "\n" for function, data in calls)
        done = subprocess.run(
            [sys.executable, ACTORS / "reference.py", ACTORS / f"{actor}-{language}.wasm"],
            input=lines,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, "RUST_BACKTRACE": "0"},
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return give


def count(state: Any = None, config: Any = None, **ports: Any) -> tuple[str, Any]:
    """A call of the counter."""
    return "process", {"payload": ports, "config": {"node_id": "n1", "config": config}, "state": state}


def readings(*numbers: Any, **config: Any) -> tuple[str, Any]:
    """A call of the actor that sums."""
    payload = {"in": {"type": "Array", "data": list(numbers)}}
    return "process", {"payload": payload, "config": {"node_id": "n1", "config": config}, "state": None}


def add(number: Any, kind: str = "Integer") -> dict[str, Any]:
    return {"type": kind, "data": number}


def result(answer: dict[str, Any]) -> Any:
    """The result of a call of the actor that sums: JSON, or base64 of it."""
    output = answer["output"]
    return json.loads(base64.b64decode(output)) if isinstance(output, str) else output


@languages
def test_the_counter_tells_its_metadata_and_its_version(run: Run) -> None:
    metadata, version = run("counter", ("get_metadata", None), ("get_version", None))
    assert metadata["output"] == json.loads((ACTORS / "go" / "counter" / "metadata.json").read_text())
    assert version["output"] == "1.0.0"


@languages
def test_the_counter_counts_from_its_state_or_else_its_initial_value(run: Run) -> None:
    answers = run(
        "counter",
        count(increment=FLOW),
        count({}, {"initial_value": 10, "step": 5}, decrement=FLOW),
        count({"count": 3}, {"initial_value": 10}, add=add(-4)),
        count({"count": 3}, {"initial_value": 10}, reset=FLOW, increment=FLOW, add=add(100)),
        count({"count": 2**53 + 1}),
    )
    counts = [1, 5, -1, 111, 2**53 + 1]
    assert [answer["output"] for answer in answers] == [
        {"outputs": {"count": {"type": "Integer", "data": data}}, "state": {"count": data}} for data in counts
    ]


@languages
def test_the_counter_says_what_it_does_not_take(run: Run) -> None:
    answers = run(
        "counter",
        count(add=add("4", "String")),
        count(odd=FLOW),
        count(config={"step": 0}),
        count(config={"initial_value": 1_000_001}),
        count({"count": 2**63 - 1}, increment=FLOW),
        count({"count": -(2**63)}, decrement=FLOW),
    )
    assert [answer["error"] for answer in answers] == [
        "port add takes an Integer",
        "there is no port odd",
        "step must be from 1 to 1000",
        "initial_value must be from -1000000 to 1000000",
        "the count does not fit into 64 bits",
        "the count does not fit into 64 bits",
    ]


@languages
def test_the_counter_judges_settings(run: Run) -> None:
    good: list[Any] = [{}, {"initial_value": -7}, {"step": 1000, "initial_value": 1_000_000}]
    bad: list[Any] = [
        {"step": 0},
        {"step": None},
        {"step": "1"},
        {"step": 1.5},
        {"STEP": 1},
        {"odd": 1},
        [5, 1],
        None,
        3,
    ]
    answers = run("counter", *(("validate_config", config) for config in good + bad))
    assert [answer["output"] for answer in answers] == [True] * len(good) + [False] * len(bad)


@languages
def test_reports_leave_in_order_before_the_result(run: Run) -> None:
    (answer,) = run("async-output", readings(1, 2, 300, chunk=2, limit=100))
    assert answer["sent"] == [
        {"progress": {"done": 2, "of": 3, "sum": 3}},
        {"alert": "reading 3 is 300, above the limit of 100"},
        {"progress": {"done": 3, "of": 3, "sum": 303}},
    ]
    summary = {"readings": 3, "sum": 303, "seen": 3, "total": 303}
    assert result(answer) == {"outputs": {"summary": {"type": "Object", "data": summary}}}
    assert answer["logs"] == [
        ["info", "3 readings in chunks of 2"],
        ["debug", "2 of 3"],
        ["warn", "reading 3 is above the limit"],
        ["debug", "3 of 3"],
    ]


@languages
def test_totals_are_kept_by_the_host(run: Run) -> None:
    answers = run("async-output", readings(1, 2), readings(), readings(10))
    summaries = [result(answer)["outputs"]["summary"]["data"] for answer in answers]
    assert [(summary["seen"], summary["total"]) for summary in summaries] == [(2, 3), (2, 3), (3, 13)]
    assert answers[-1]["state"] == {"seen": 3, "total": 13}


@languages
def test_a_bad_reading_fails_the_call_after_the_reports_before_it(run: Run) -> None:
    good, bad = run("async-output", readings(5), readings(1, 1, "x", chunk=2))
    assert bad["error"] == "reading 3 is not a whole number of 64 bits"
    assert bad["sent"] == [{"progress": {"done": 2, "of": 3, "sum": 2}}]
    assert bad["state"] == good["state"] == {"seen": 1, "total": 5}


@pytest.mark.parametrize(("language", "kind"), [("rust", dict), ("go", str)])
def test_only_the_go_actor_that_sums_returns_base64(run: Run, kind: type) -> None:
    (answer,) = run("async-output", readings(1))
    assert type(answer["output"]) is kind


def compare(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ACTORS / "compare.py"), str(folder), "--count", "30"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


def test_the_committed_modules_compare_as_equal() -> None:
    done = compare(ACTORS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(" 0 differ") == 6
    assert done.stdout.count("the same bytes") == 4


def test_a_module_that_answers_differently_is_found(tmp_path: Path) -> None:
    for module in ACTORS.glob("*.wasm"):
        shutil.copy(module, tmp_path)
    counter = tmp_path / "counter-rust.wasm"
    counter.write_bytes(counter.read_bytes().replace(b"there is no port", b"there's no port!"))
    done = compare(tmp_path)
    assert done.returncode == 1
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("counter-rust.wasm"))
    assert " 0 differ" not in line
    assert "other bytes" in line

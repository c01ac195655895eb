from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from plugbay import Disposition, Plugin
from plugbay.message.ndjson import to_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.examples.conftest import Generate, RunExample, Stream

    Figures = Callable[[Stream], dict[str, Any]]


def run_gear(fraud: Plugin, stream: Stream, folder: Path) -> tuple[Path, Path]:
    """The files that ``plugbay run`` leaves behind."""
    scored, rejected = folder / "scored.ndjson", folder / "rejected.ndjson"
    with scored.open("wb") as out, rejected.open("wb") as failures:
        for line, outcome in enumerate(fraud.process_many(stream.messages), 1):
            for _, message in outcome.messages:
                out.write(to_line(message))
            if outcome.disposition is Disposition.REJECT:
                failure = {"line": line, "error": {"code": "message-rejected", "reason": outcome.reason}}
                failures.write(orjson.dumps(failure, option=orjson.OPT_APPEND_NEWLINE))
    return scored, rejected


@pytest.fixture
def figures(fraud: Plugin, run_example: RunExample, tmp_path: Path) -> Figures:
    def of(stream: Stream) -> dict[str, Any]:
        scored, rejected = run_gear(fraud, stream, tmp_path)
        done = run_example("fraud/report.py", scored, "--failures", rejected, "--truth", stream.truth_path, "--json")
        assert done.returncode == 0, done.stderr
        result: dict[str, Any] = orjson.loads(done.stdout)
        return result

    return of


@pytest.mark.parametrize("seed", [2026, 11, 4711])
def test_most_fraud_is_found_and_most_alarms_are_fraud(
    figures: Figures, generate: Generate, tmp_path: Path, seed: int
) -> None:
    found = figures(generate(tmp_path, "--seed", str(seed)))
    assert found["precision"] > 0.8
    assert found["recall"] > 0.8


def test_the_figures_are_those_of_the_stream(figures: Figures, stream: Stream) -> None:
    found = figures(stream)
    malformed = [row["malformed"] for row in stream.truth if row["malformed"]]
    fraudulent = [row for row in stream.truth if row["attack"] and not row["duplicate"] and not row["malformed"]]
    assert found["sent"] == 12_000
    assert found["dropped"] == sum(row["duplicate"] for row in stream.truth)
    assert found["rejected"] == {reason: malformed.count(reason) for reason in set(malformed)}
    assert sum(found["decisions"].values()) == 12_000 - found["dropped"] - len(malformed)
    assert found["unaccounted"] == 0
    caught, missed = found["fraud_flagged"], found["fraud_missed"]
    assert caught["count"] + missed["count"] == len(fraudulent)
    assert caught["euro_cents"] + missed["euro_cents"] == sum(row["euro_cents"] for row in fraudulent)
    assert found["recall"] == caught["count"] / len(fraudulent)


@pytest.mark.parametrize("width", [80, 120])
def test_the_screen_shows_every_part_and_no_line_is_wrapped(
    fraud: Plugin,
    run_example: RunExample,
    stream: Stream,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    width: int,
) -> None:
    scored, rejected = run_gear(fraud, stream, tmp_path)
    monkeypatch.setenv("COLUMNS", str(width))
    done = run_example("fraud/report.py", scored, "--failures", rejected, "--truth", stream.truth_path)
    lines = done.stdout.decode().splitlines()
    text = "\n".join(lines)
    for part in ("What happened", "Against the truth", "payments ", "Cards under attack", "Flagged payments"):
        assert part in text
    assert {len(line) for line in lines} == {width}
    assert sum(line.lstrip("│ ").startswith(("flagged ", "attacks ")) for line in lines) == 2


def test_messages_that_vanished_are_shown(
    fraud: Plugin, run_example: RunExample, stream: Stream, tmp_path: Path
) -> None:
    scored, _ = run_gear(fraud, stream, tmp_path)
    done = run_example("fraud/report.py", scored, "--truth", stream.truth_path, "--json")
    malformed = sum(row["malformed"] is not None for row in stream.truth)
    assert orjson.loads(done.stdout)["unaccounted"] == malformed


def test_a_truth_of_another_stream_is_refused(
    fraud: Plugin, run_example: RunExample, generate: Generate, stream: Stream, tmp_path: Path
) -> None:
    scored, _ = run_gear(fraud, stream, tmp_path)
    other = generate(tmp_path, "--seed", "1", "--count", "100")
    done = run_example("fraud/report.py", scored, "--truth", other.truth_path)
    assert done.returncode == 2
    assert b"another stream" in done.stderr


def test_a_missing_file_is_named(run_example: RunExample, tmp_path: Path) -> None:
    done = run_example("fraud/report.py", tmp_path / "nowhere.ndjson")
    assert done.returncode == 2
    assert b"nowhere.ndjson" in done.stderr

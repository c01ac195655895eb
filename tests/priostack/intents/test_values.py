"""What reports look like as plain values, backoff, and that states keep their numbers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.priostack.intents.workbench import answers, fails, intent

from plugbay_adapters.priostack.intents.backoff import Backoff
from plugbay_adapters.priostack.intents.run import RunState, time_text

if TYPE_CHECKING:
    from tests.priostack.intents.conftest import MakeBench


def test_an_event_as_plain_values(bench: MakeBench) -> None:
    made = bench(intent("greet"), intent("count", cooldown=60))
    made.functions["greet"] = answers(b'{"sensors":[{}]}')
    made.fire()
    made.run_all()
    event = made.fire()
    made.stopwatch = 1
    made.run_all()
    found = json.loads(json.dumps(made.event(event).to_dict()))
    assert found == {
        "id": event.id,
        "sensor": "arrived",
        "accepted": "2027-01-15T08:00:00.000Z",
        "depth": 0,
        "finished": True,
        "runs": [
            {
                "intent": "greet",
                "sensor": "arrived",
                "event": event.id,
                "state": "done",
                "attempts": 1,
                "started": "2027-01-15T08:00:00.000Z",
                "ended": "2027-01-15T08:00:00.000Z",
                "seconds": 0.0,
                "problems": ['sensors[0] of the result has no "name" of 1 to 200 characters'],
            },
            {
                "intent": "count",
                "sensor": "arrived",
                "event": event.id,
                "state": "skipped",
                "attempts": 0,
                "due": "2027-01-15T08:01:00.000Z",
                "ended": "2027-01-15T08:00:00.000Z",
            },
        ],
    }


def test_a_report_as_plain_values(bench: MakeBench) -> None:
    made = bench(intent("greet", retries=1), intent("never", "nothing"))
    made.functions["greet"] = fails()
    made.fire()
    made.run_all()
    report = json.loads(json.dumps(made.engine.report().to_dict()))
    assert (report["waiting"], report["waitingBound"]) == (1, 100_000)
    greet, never = report["intents"]
    counts = {"waiting": 0, "retrying": 0, "running": 0, "done": 0, "failed": 0, "expired": 0, "skipped": 0, "slow": 0}
    assert greet == {
        "intent": "greet",
        "sensor": "arrived",
        "service": "users",
        "handler": "wasm:users:greet",
        "primitiveIntent": "workflow",
        "counts": {**counts, "retrying": 1},
        "lastStarted": "2027-01-15T08:00:00.000Z",
        "lastEnded": "2027-01-15T08:00:00.000Z",
        "lastError": "RuntimeError: broken",
        "lastErrorAt": "2027-01-15T08:00:00.000Z",
        "nextDue": "2027-01-15T08:00:01.000Z",
    }
    assert never["counts"] == counts
    assert [run["state"] for run in report["recent"]] == ["retrying"]


def test_a_report_without_all_intents_lists_those_that_had_runs(bench: MakeBench) -> None:
    made = bench(intent("greet"), intent("never", "nothing"))
    made.engine._lookup._all_intents = None  # pyright: ignore[reportPrivateUsage] # as if none had been given
    made.fire()
    assert [one.intent for one in made.engine.report().intents] == ["greet"]


def test_the_newest_runs_come_first_and_are_bounded(bench: MakeBench) -> None:
    made = bench(intent())
    events = [made.fire() for _ in range(60)]
    assert [run.event for run in made.engine.report().recent] == [event.id for event in reversed(events[10:])]


def test_the_numbers_of_states_never_change() -> None:
    assert {state.text: state.value for state in RunState} == {
        "waiting": 0,
        "retrying": 1,
        "running": 2,
        "done": 3,
        "failed": 4,
        "expired": 5,
        "skipped": 6,
    }


@pytest.mark.parametrize(
    ("at", "text"), [(None, None), (0, "1970-01-01T00:00:00.000Z"), (1_999_999, "1970-01-01T00:00:00.001Z")]
)
def test_times_are_written_in_utc(at: int | None, text: str | None) -> None:
    assert time_text(at) == text


def test_pauses_double_up_to_the_longest() -> None:
    steady = Backoff(chance=lambda: 0.0)
    assert [steady.delay(attempt) for attempt in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


@given(attempt=st.integers(1, 10**6), chance=st.floats(0, 1))
def test_a_pause_is_never_longer_than_the_longest_and_varies_by_its_jitter(attempt: int, chance: float) -> None:
    full = Backoff(chance=lambda: 0.0).delay(attempt)
    assert full * 0.8 <= Backoff(chance=lambda: chance).delay(attempt) <= full <= 60

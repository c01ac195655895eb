"""What the results of runs fire, and where that ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import hypothesis.strategies as st
import orjson
import pytest
from hypothesis import given
from tests.priostack.intents.workbench import answers, intent

from plugbay_adapters.priostack.intents.bounds import QueueBounds
from plugbay_adapters.priostack.intents.followups import MOST_OF_ONE_RESULT, Followup, read_followups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.priostack.intents.conftest import MakeBench

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def firing(*sensors: object) -> bytes:
    return orjson.dumps({"ok": True, "sensors": list(sensors)})


def test_a_result_fires_further_sensors_with_their_payloads(bench: MakeBench) -> None:
    made = bench(intent("greet"), intent("mail", "greeted"))
    made.functions["greet"] = answers(firing({"name": "greeted", "payload": {"n": 1}}, {"name": "greeted"}))
    event = made.fire()
    made.run_all()
    assert made.calls[1:] == [("mail", b'{"n":1}'), ("mail", b"{}")]
    assert [(run.sensor, run.problems) for run in made.event(event).runs] == [("arrived", ())]


def test_an_event_is_finished_when_all_that_it_fired_is(bench: MakeBench) -> None:
    made = bench(intent("greet"), intent("mail", "greeted"))
    made.functions["greet"] = answers(firing({"name": "greeted"}))
    event = made.fire()
    assert made.engine.step()
    assert not made.event(event).finished
    (mail,) = [run for run in made.engine.report().recent if run.intent == "mail"]
    child = made.engine.event(mail.event)
    assert child is not None
    assert (child.depth, child.finished) == (1, False)
    assert made.engine.step()
    assert made.event(event).finished


def test_a_failed_run_fires_nothing_and_a_repeated_one_fires_once(bench: MakeBench) -> None:
    made = bench(intent("greet", retries=1), intent("mail", "greeted"))
    outcomes: Iterator[bytes | Exception] = iter([RuntimeError("later"), firing({"name": "greeted"})])

    def function(_: bytes) -> bytes:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    made.functions["greet"] = function
    made.fire()
    made.run_all()
    made.clock.now = 1
    made.run_all()
    assert [name for name, _ in made.calls] == ["greet", "greet", "mail"]


def test_events_that_follow_from_each_other_end_at_a_depth(bench: MakeBench, caplog: pytest.LogCaptureFixture) -> None:
    made = bench(intent("greet"))
    made.functions["greet"] = answers(firing({"name": "arrived"}))
    event = made.fire()
    assert made.run_all() == 9
    last = made.engine.report().recent[0]
    assert (last.state.text, last.problems) == (
        "done",
        ("'arrived' was not fired: 8 events followed from each other already",),
    )
    assert last.problems[0] in caplog.text
    assert made.event(event).finished


def test_so_many_events_follow_from_one_and_no_more(bench: MakeBench) -> None:
    made = bench(intent("greet"))
    made.functions["greet"] = answers(firing(*[{"name": "arrived"}] * 5))
    event = made.fire()
    assert made.run_all() == 101
    assert made.event(event).finished
    assert "100 events followed from one already" in str(made.engine.report().recent)
    made.fire()
    assert made.run_all() == 101  # each event from outside has its own


def test_a_result_fires_a_bounded_number_of_sensors(bench: MakeBench) -> None:
    made = bench(intent("greet"), intent("mail", "greeted"))
    made.functions["greet"] = answers(firing(*[{"name": "greeted"}] * (MOST_OF_ONE_RESULT + 3)))
    event = made.fire()
    made.run_all()
    assert len(made.calls) == 1 + MOST_OF_ONE_RESULT
    assert made.event(event).runs[0].problems == ("the last 3 sensors were not fired: one result may fire 32",)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"name": "nobody"}, "no intent listens to the sensor 'nobody'"),
        ("greeted", "sensors[0] of the result is no object"),
        ({"payload": 1}, 'sensors[0] of the result has no "name" of 1 to 200 characters'),
        ({"name": ""}, 'sensors[0] of the result has no "name" of 1 to 200 characters'),
        ({"name": "x" * 201}, 'sensors[0] of the result has no "name" of 1 to 200 characters'),
        ({"name": 5}, 'sensors[0] of the result has no "name" of 1 to 200 characters'),
        ({"name": "greeted", "payload": "x" * 99}, "'greeted' was not fired: its payload has 101 bytes, 100 may be"),
    ],
)
def test_what_can_not_be_fired_is_a_problem_and_no_failure(bench: MakeBench, entry: object, problem: str) -> None:
    made = bench(intent("greet"), intent("mail", "greeted"), bounds=QueueBounds(payload_bytes=100))
    made.functions["greet"] = answers(firing(entry, {"name": "greeted"}))
    event = made.fire()
    made.run_all()
    (run,) = made.event(event).runs
    assert (run.state.text, run.problems) == ("done", (problem,))
    assert [name for name, _ in made.calls] == ["greet", "mail"]


def test_sensors_that_are_no_array_are_a_problem(bench: MakeBench) -> None:
    made = bench(intent())
    made.functions["greet"] = answers(b'{"sensors": {"name": "arrived"}}')
    event = made.fire()
    made.run_all()
    assert made.event(event).runs[0].problems == ('"sensors" of the result is no array',)


def test_a_flood_of_problems_is_kept_in_part(bench: MakeBench) -> None:
    made = bench(intent())
    made.functions["greet"] = answers(firing(*range(30)))
    event = made.fire()
    made.run_all()
    problems = made.event(event).runs[0].problems
    assert (len(problems), problems[-1]) == (11, "and 20 more")


def test_a_cooldown_holds_for_what_results_fire_too(bench: MakeBench) -> None:
    made = bench(intent("greet"), intent("mail", "greeted", cooldown=10))
    made.functions["greet"] = answers(firing({"name": "greeted"}, {"name": "greeted"}))
    event = made.fire()
    made.run_all()
    assert [name for name, _ in made.calls] == ["greet", "mail"]
    assert made.report("mail").counts.skipped == 1
    assert made.event(event).finished


def test_what_was_accepted_comes_to_its_end_while_the_queue_is_full(bench: MakeBench) -> None:
    made = bench(intent("greet"), intent("mail", "greeted"), bounds=QueueBounds(waiting=2))
    made.functions["greet"] = answers(firing(*[{"name": "greeted"}] * 8))
    made.fire()
    event = made.fire()
    made.run_all()
    assert [name for name, _ in made.calls].count("mail") == 4
    assert (
        "'greeted' was not fired: 4 runs of intents wait, and no more than 4 may" in made.event(event).runs[0].problems
    )


@given(name=st.text(min_size=1, max_size=200), payload=JSON)
def test_a_sensor_and_its_payload_are_read_as_they_were_written(name: str, payload: object) -> None:
    text = json.dumps({"sensors": [{"name": name, "payload": payload}]}).encode()
    found = read_followups(text)
    try:
        name.encode()
        expected: tuple[Followup, ...] = (Followup(name, orjson.dumps(payload)),)
    except UnicodeEncodeError:
        expected = ()
    assert found.events == expected


@given(JSON)
def test_no_json_breaks_the_reader(value: object) -> None:
    for result in (orjson.dumps(value), orjson.dumps({"sensors": value}), orjson.dumps({"sensors": [value]})):
        read_followups(result)


@given(st.binary())
def test_no_bytes_break_the_reader(result: bytes) -> None:
    assert read_followups(result).events == ()


def test_a_payload_that_is_nested_too_deeply_to_be_passed_on_is_a_problem() -> None:
    found = read_followups(b'{"sensors":[{"name":"a","payload":' + b"[" * 500 + b"]" * 500 + b"}]}")
    assert found.events == ()
    assert "can't be passed on" in found.problems[0]

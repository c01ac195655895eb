"""A clock that is set back, and times that are absurdly long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.priostack.intents.workbench import fails, intent

if TYPE_CHECKING:
    from tests.priostack.intents.conftest import MakeBench

HOUR = 3600.0


def test_a_clock_that_is_set_back_keeps_nobody_waiting(bench: MakeBench) -> None:
    made = bench(intent(retries=1))
    made.clock.now = 5 * HOUR
    waiting = made.fire()
    made.clock.now = 0
    assert made.run_all() == 1
    assert made.event(waiting).finished


def test_a_retry_is_due_after_its_pause_although_the_clock_was_set_back(bench: MakeBench) -> None:
    made = bench(intent(retries=1))
    made.functions["greet"] = fails()
    made.clock.now = 5 * HOUR
    made.fire()
    made.run_all()
    made.clock.now = 0
    assert made.run_all() == 0
    made.clock.now = 0.9
    assert made.run_all() == 0
    made.clock.now = 1
    assert made.run_all() == 1


def test_a_cooldown_lasts_as_long_although_the_clock_was_set_back(bench: MakeBench) -> None:
    made = bench(intent(cooldown=60))
    made.clock.now = 5 * HOUR
    made.fire()
    made.run_all()
    made.clock.now = 0
    assert made.fire().runs[0].state.text == "skipped"
    made.clock.now = 59
    assert made.fire().runs[0].state.text == "skipped"
    made.clock.now = 60
    assert made.fire().runs[0].state.text == "waiting"


def test_an_expiry_is_as_far_although_the_clock_was_set_back(bench: MakeBench) -> None:
    made = bench(intent(expires_in=60), intent("other", "left"))
    made.clock.now = 5 * HOUR
    event = made.fire()
    made.clock.now = 0
    made.fire("left")
    made.clock.now = 59
    made.engine.tend()
    assert made.states(event) == {"greet": "waiting"}
    made.clock.now = 60
    made.engine.tend()
    assert made.states(event) == {"greet": "expired"}


def test_a_clock_that_is_a_little_behind_stands_still(bench: MakeBench) -> None:
    made = bench(intent(cooldown=60))
    made.clock.now = 10
    first = made.fire()
    made.run_all()
    made.clock.now = 9.5
    second = made.fire()
    assert second.accepted == first.accepted
    made.clock.now = 69.9
    assert made.fire().runs[0].state.text == "skipped"
    made.clock.now = 70
    assert made.fire().runs[0].state.text == "waiting"


def test_times_beyond_all_clocks_are_for_ever(bench: MakeBench) -> None:
    made = bench(intent(cooldown=1e30, expires_in=1e30))
    event = made.fire()
    made.run_all()
    assert made.event(event).finished
    made.clock.now = 50 * 365 * 86400
    (run,) = made.fire().runs
    assert run.state.text == "skipped"
    assert run.to_dict()["due"] == "2127-01-16T08:00:00.000Z"

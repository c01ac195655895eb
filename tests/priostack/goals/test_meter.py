"""Goals, measured: beside exact samples, over threads, and through everything a clock may do."""

from __future__ import annotations

import errno
import itertools
import math
import os
import sys
import threading
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay_adapters.priostack.bundle.documents import Goal
from plugbay_adapters.priostack.bundle.problem import Place
from plugbay_adapters.priostack.goals.board import Board
from plugbay_adapters.priostack.goals.histogram import RELATIVE_ERROR, SHORTEST
from plugbay_adapters.priostack.goals.meter import SERVICES, WINDOW, GoalMeter, GoalReport


def goal(metric: str, target: str, service: str = "users") -> Goal:
    return Goal(name=f"{metric} {target}", service=service, metric=metric, target=target, description="", place=HERE)


HERE = Place("services/users.yaml", 1)
P50, P99 = goal("latency", "p50 < 50ms"), goal("latency", "p99 < 50ms")
AVERAGE, LONGEST = goal("latency", "avg < 50ms"), goal("latency", "max < 50ms")
ERRORS, RATE = goal("errors", "< 10%"), goal("throughput", "> 1/s")
ALL = (P50, P99, AVERAGE, LONGEST, ERRORS, RATE)


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def one(meter: GoalMeter, what: Goal) -> GoalReport:
    (report,) = meter.report([what])
    return report


def test_without_calls_there_is_no_data_but_a_throughput_of_none() -> None:
    clock = Clock()
    meter = GoalMeter(clock=clock)
    clock.now += 100
    assert [(report.state, report.measured) for report in meter.report(ALL)] == [("no data", None)] * 5 + [
        ("missed", 0.0)
    ]


def test_goals_are_met_and_missed() -> None:
    meter = GoalMeter(clock=Clock())
    for number in range(100):
        meter.record("users", 0.4 if number >= 98 else 0.002, failed=number < 20)
    states = {report.goal.name: report.state for report in meter.report(ALL)}
    assert states == {
        "latency p50 < 50ms": "met",
        "latency p99 < 50ms": "missed",
        "latency avg < 50ms": "met",
        "latency max < 50ms": "missed",
        "errors < 10%": "missed",
        "throughput > 1/s": "met",
    }


def test_a_report_says_what_was_measured_of_how_much() -> None:
    clock = Clock()
    meter = GoalMeter(clock=clock)
    clock.now += 10
    for _ in range(30):
        meter.record("users", 0.25, failed=False)
    meter.record("users", 0.25, failed=True)
    assert one(meter, ERRORS).to_dict() == {
        "service": "users",
        "goal": "errors < 10%",
        "description": "",
        "metric": "error-rate",
        "target": "< 10%",
        "wanted": 0.1,
        "state": "met",
        "measured": 1 / 31,
        "samples": 31,
        "window": 10.0,
    }
    assert one(meter, RATE).measured == 3.1
    assert one(meter, AVERAGE).measured == 0.25


def test_calls_that_were_refused_are_errors_without_a_latency() -> None:
    meter = GoalMeter(clock=Clock())
    for _ in range(3):
        meter.refuse("users")
    assert one(meter, ERRORS).measured == 1.0
    assert one(meter, P99).state == "no data"
    meter.record("users", 0.002, failed=False)
    assert one(meter, ERRORS).measured == 0.75
    assert one(meter, P99).samples == 1
    assert one(meter, RATE).measured == 1.0


def test_services_are_measured_apart() -> None:
    meter = GoalMeter(clock=Clock())
    meter.record("users", 0.002, failed=False)
    meter.record("orders", 0.4, failed=True)
    reports = meter.report([P99, goal("latency", "p99 < 50ms", "orders"), goal("errors", "< 1%", "orders")])
    assert [report.state for report in reports] == ["met", "missed", "missed"]


def test_a_target_that_can_not_be_read_is_an_error() -> None:
    with pytest.raises(ValueError, match="is no target"):
        GoalMeter().report([goal("latency", "fast")])


@dataclass(frozen=True)
class Call:
    at: float
    seconds: float
    failed: bool


steps = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.4, 1.0, 7.3, 59.0, 61.0, 200.0]), st.floats(2e-6, 900.0), st.booleans()),
    min_size=1,
    max_size=60,
)


@given(steps, st.floats(0, 130))
def test_the_window_holds_what_a_list_of_all_calls_says(script: list[tuple[float, float, bool]], rest: float) -> None:
    clock = Clock()
    meter = GoalMeter(clock=clock)
    calls: list[Call] = []
    for step, seconds, failed in script:
        clock.now += step
        calls.append(Call(clock.now, seconds, failed))
        meter.record("users", seconds, failed=failed)
    clock.now += rest
    seen = [call for call in calls if int(clock.now) - WINDOW < int(call.at)]
    p50, p99, average, longest, errors, rate = meter.report(ALL)
    assert {report.samples for report in (p50, p99, average, longest, errors, rate)} == {len(seen)}
    if not seen:
        assert {report.state for report in (p50, p99, average, longest, errors)} == {"no data"}
        return
    times = sorted(call.seconds for call in seen)
    for report, share in ((p50, 0.5), (p99, 0.99)):
        exact = times[math.ceil(round(share * len(times), 6)) - 1]
        assert report.measured is not None
        assert exact <= report.measured <= exact * (1 + RELATIVE_ERROR)
    assert average.measured == pytest.approx(sum(times) / len(times))
    assert longest.measured == times[-1]
    assert errors.measured == sum(call.failed for call in seen) / len(seen)
    assert rate.measured == pytest.approx(len(seen) / rate.window)
    assert rate.window <= WINDOW


@given(st.lists(st.floats(-200, 200), max_size=30))
def test_a_clock_that_jumps_anywhere_makes_no_nonsense(jumps: list[float]) -> None:
    clock = Clock()
    meter = GoalMeter(clock=clock)
    for count, jump in enumerate([0.0, *jumps], 1):
        clock.now = max(0.0, clock.now + jump)
        meter.record("users", 0.01, failed=True)
        report = one(meter, ERRORS)
        assert report.measured == 1.0
        assert 1 <= report.samples <= count
        assert 1.0 <= report.window <= WINDOW


@pytest.mark.parametrize("seconds", [math.nan, -1.0, -math.inf, 0.0, 1e-300])
def test_a_time_that_is_none_counts_as_none(seconds: float) -> None:
    meter = GoalMeter(clock=Clock())
    meter.record("users", seconds, failed=False)
    reports = meter.report((P99, AVERAGE, LONGEST))
    assert [report.state for report in reports] == ["met"] * 3
    assert all(report.measured is not None and 0 <= report.measured <= SHORTEST for report in reports)


def test_a_time_beyond_all_buckets_is_still_told() -> None:
    meter = GoalMeter(clock=Clock())
    meter.record("users", 5000.0, failed=False)
    assert one(meter, P99).measured == 5000.0
    meter.record("users", math.inf, failed=False)
    assert one(meter, AVERAGE).state == "missed"


def test_no_call_of_any_thread_is_lost() -> None:
    meter = GoalMeter(clock=Clock())
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=record_many, args=(meter, index)) for index in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert one(meter, ERRORS).samples == 4 * 5000
    assert one(meter, ERRORS).measured == 0.5
    assert one(meter, AVERAGE).measured == pytest.approx(0.01)


def test_no_call_of_any_thread_is_lost_while_seconds_turn() -> None:
    ticks = itertools.count(1_000_000)
    meter = GoalMeter(clock=lambda: next(ticks) / 1000)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=record_many, args=(meter, index)) for index in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert one(meter, ERRORS).samples == 4 * 5000
    assert one(meter, ERRORS).measured == 0.5


def record_many(meter: GoalMeter, index: int) -> None:
    for _ in range(5000):
        meter.record("users", 0.01, failed=index % 2 == 0)


def test_a_service_beyond_the_bound_takes_the_place_of_one_that_is_idle(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    meter = GoalMeter(clock=clock)
    for number in range(SERVICES):
        meter.record(f"s{number}", 0.01, failed=False)
    clock.now += 1
    meter.record("one too many", 0.01, failed=False)
    meter.refuse("one too many")
    assert one(meter, goal("errors", "< 1%", "one too many")).state == "no data"
    assert [record.message for record in caplog.records] == [
        "calls of service one too many are not measured: 256 services are measured already"
    ]
    clock.now += WINDOW
    meter.record("s0", 0.01, failed=False)
    meter.record("one too many", 0.01, failed=False)
    assert one(meter, goal("errors", "< 1%", "one too many")).samples == 1
    assert one(meter, goal("errors", "< 1%", "s0")).samples == 1


def test_calls_that_find_no_space_on_the_disk_are_not_measured_which_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_board: Board, _name: str) -> memoryview | None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Board, "record", full)
    meter = GoalMeter(clock=Clock())
    for _ in range(3):
        meter.record("users", 0.01, failed=False)
    assert one(meter, ERRORS).state == "no data"
    assert caplog.records[0].name == "plugbay.goals"  # which the server shows
    assert [record.message for record in caplog.records] == [
        "calls of service users are not measured: [Errno 28] No space left on device"
    ]


def test_a_closed_meter_counts_no_more_and_still_reports() -> None:
    meter = GoalMeter(clock=Clock())
    meter.record("users", 0.01, failed=False)
    meter.close()
    meter.close()
    meter.record("users", 0.01, failed=False)
    meter.refuse("users")
    assert one(meter, ERRORS).samples == 1


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_counts_for_itself() -> None:
    meter = GoalMeter(clock=Clock())
    meter.record("users", 0.01, failed=False)
    child = os.fork()
    if child == 0:
        meter.record("users", 0.01, failed=False)
        os._exit(one(meter, ERRORS).samples)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    assert one(meter, ERRORS).samples == 1

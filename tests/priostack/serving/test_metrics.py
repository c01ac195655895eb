"""Metrics: counted by any thread and worker, read by Prometheus' own parser."""

from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from plugbay_adapters.priostack.bundle.documents import Goal
from plugbay_adapters.priostack.bundle.problem import Place
from plugbay_adapters.priostack.errors import SensorQueueUnusable
from plugbay_adapters.priostack.goals.board import Board
from plugbay_adapters.priostack.goals.meter import GoalMeter, GoalReport
from plugbay_adapters.priostack.intents.report import IntentCounts, IntentReport, IntentsReport
from plugbay_adapters.priostack.serving.metrics import CONTENT_TYPE, OTHER, UNMATCHED, ServerMetrics
from plugbay_adapters.priostack.serving.series import BOUNDS, SHAPE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

REQUEST = {"service": "users", "endpoint": "createUser", "method": "POST"}


@dataclass
class Sources:
    """What a server would answer."""

    flying: int = 0
    queues: dict[str, int] = field(default_factory=dict[str, int])
    dropped: int = 0
    goal_reports: Sequence[GoalReport] = ()
    intents_report: IntentsReport | None = None

    def in_flight(self) -> int:
        return self.flying

    def waiting(self) -> Mapping[str, int]:
        return dict(self.queues)

    def lines_dropped(self) -> int:
        return self.dropped

    def goals(self) -> Sequence[GoalReport]:
        return self.goal_reports

    def intents(self) -> IntentsReport:
        if self.intents_report is None:
            raise SensorQueueUnusable("the disk is gone")
        return self.intents_report


def samples(metrics: ServerMetrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by its name and labels, as Prometheus reads it; no two may have the same."""
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    for family in text_string_to_metric_families(metrics.render().decode()):
        assert family.documentation
        assert family.type in {"counter", "gauge", "histogram"}
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in found
            found[key] = sample.value
    return found


def value(metrics: ServerMetrics, name: str, **labels: str) -> float | None:
    return samples(metrics).get((name, frozenset(labels.items())))


def test_requests_are_counted_by_endpoint_method_and_status() -> None:
    metrics = ServerMetrics(Sources())
    for status in (200, 200, 422, 500):
        metrics.observe_request("createUser", "POST", status, 0.001, service="users")
    metrics.observe_request("createUser", "HEAD", 200, 0.001, service="users")
    metrics.observe_request(UNMATCHED, "GET", 404, 0.001)
    assert value(metrics, "plugbay_requests_total", **REQUEST, status="200") == 2
    assert value(metrics, "plugbay_requests_total", **REQUEST, status="422") == 1
    assert value(metrics, "plugbay_requests_total", **REQUEST | {"method": "HEAD"}, status="200") == 1
    unmatched = {"service": "", "endpoint": UNMATCHED, "method": "GET", "status": "404"}
    assert value(metrics, "plugbay_requests_total", **unmatched) == 1


@given(st.lists(st.floats(0, 20), max_size=50))
def test_times_are_a_histogram_of_exact_bounds(times: list[float]) -> None:
    metrics = ServerMetrics(Sources())
    for seconds in times:
        metrics.observe_request("createUser", "POST", 200, seconds, service="users")
    found = samples(metrics)
    labels = frozenset(REQUEST.items())
    if not times:
        assert ("plugbay_request_seconds_count", labels) not in found
        return
    assert found["plugbay_request_seconds_count", labels] == len(times)
    assert found["plugbay_request_seconds_sum", labels] == pytest.approx(sum(times))
    for bound in BOUNDS:
        bucket = "plugbay_request_seconds_bucket", labels | {("le", str(bound))}
        assert found[bucket] == sum(seconds <= bound for seconds in times)
    assert found["plugbay_request_seconds_bucket", labels | {("le", "+Inf")}] == len(times)


@pytest.mark.parametrize(("status", "label"), [(199, "none"), (200, "200"), (599, "599"), (600, "none"), (-1, "none")])
def test_every_status_has_its_own_count(status: int, label: str) -> None:
    metrics = ServerMetrics(Sources())
    metrics.observe_request("createUser", "POST", status, 0.001, service="users")
    assert value(metrics, "plugbay_requests_total", **REQUEST, status=label) == 1


def test_clients_can_not_make_labels_of_their_own() -> None:
    metrics = ServerMetrics(Sources())
    for number in range(2 * SHAPE.records):
        metrics.observe_request(UNMATCHED, f"METHOD{number}", 404, 0.001)
    found = {key for key in samples(metrics) if key[0] == "plugbay_requests_total"}
    labels = {"service": "", "endpoint": UNMATCHED, "method": OTHER, "status": "404"}
    assert found == {("plugbay_requests_total", frozenset(labels.items()))}


def test_requests_beyond_the_bound_of_labels_are_counted_together() -> None:
    metrics = ServerMetrics(Sources())
    many = SHAPE.records + 100
    for number in range(many):
        metrics.observe_request(f"endpoint{number}", "POST", 200, 0.001, service="users")
        metrics.count_failure("users", f"code{number}")
    counts = {key: count for key, count in samples(metrics).items() if key[0] == "plugbay_requests_total"}
    assert sum(counts.values()) == many
    together = {"service": OTHER, "endpoint": OTHER, "method": OTHER, "status": "200"}
    assert counts["plugbay_requests_total", frozenset(together.items())] > 100


@given(st.text(), st.text())
def test_no_label_spoils_the_format(service: str, endpoint: str) -> None:
    metrics = ServerMetrics(Sources())
    metrics.observe_request(endpoint, "GET", 200, 0.001, service=service)
    metrics.count_failure(service, endpoint)
    metrics.observe_request("createUser", "POST", 200, 0.001, service="users")
    assert value(metrics, "plugbay_requests_total", **REQUEST, status="200") == 1


def test_requests_are_counted_together_when_the_disk_is_full_which_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_board: Board, _name: str) -> memoryview | None:
        raise OSError(errno.ENOSPC, "No space left on device")

    metrics = ServerMetrics(Sources(intents_report=IntentsReport((), (), 0, 1)))
    monkeypatch.setattr(Board, "record", full)
    for _ in range(3):
        metrics.observe_request("createUser", "POST", 200, 0.001, service="users")
        metrics.count_failure("users", "guest-trap")
    together = {"service": OTHER, "endpoint": OTHER, "method": OTHER, "status": "200"}
    assert value(metrics, "plugbay_requests_total", **together) == 3
    assert caplog.records[0].name == "plugbay.serving"  # which the server shows
    assert [record.message for record in caplog.records] == [
        "some metrics can't be counted: [Errno 28] No space left on device"
    ]


def test_failures_and_reloads_are_counted() -> None:
    metrics = ServerMetrics(Sources())
    metrics.count_failure("users", "guest-trap")
    metrics.count_failure("users", "guest-trap")
    metrics.count_failure("orders", "lane-saturated")
    metrics.count_reload(ok=True)
    assert value(metrics, "plugbay_request_failures_total", service="users", code="guest-trap") == 2
    assert value(metrics, "plugbay_request_failures_total", service="orders", code="lane-saturated") == 1
    assert value(metrics, "plugbay_reloads_total", result="ok") == 1
    assert value(metrics, "plugbay_reloads_total", result="refused") == 0


def test_what_is_in_flight_and_waits_is_that_of_the_moment() -> None:
    sources = Sources(flying=3, queues={"users": 5, "orders": 1}, dropped=7)
    metrics = ServerMetrics(sources)
    assert value(metrics, "plugbay_requests_in_flight") == 3
    assert value(metrics, "plugbay_calls_waiting", service="users") == 5
    sources.flying, sources.queues, sources.dropped = 0, {"users": 2}, 9
    assert value(metrics, "plugbay_requests_in_flight") == 0
    assert value(metrics, "plugbay_calls_waiting", service="users") == 2
    assert value(metrics, "plugbay_calls_waiting", service="orders") == 0
    assert value(metrics, "plugbay_access_log_dropped_total") == 9


def test_goals_are_shown_as_met_and_missed_with_their_value() -> None:
    meter = GoalMeter()
    meter.record("users", 0.25, failed=True)
    here = Place("services/users.yaml", 1)
    goals = [
        Goal("fast", "users", "latency", "max < 50ms", "", here),
        Goal("busy", "users", "errors", "<= 100%", "", here),
        Goal("idle", "orders", "latency", "< 50ms", "", here),
    ]
    metrics = ServerMetrics(Sources(goal_reports=meter.report(goals)))
    fast = {"service": "users", "goal": "fast", "metric": "latency"}
    idle = {"service": "orders", "goal": "idle", "metric": "latency"}
    assert value(metrics, "plugbay_goal_met", **fast) == 0
    assert value(metrics, "plugbay_goal_value", **fast) == 0.25
    assert value(metrics, "plugbay_goal_target", **fast) == 0.05
    assert value(metrics, "plugbay_goal_met", service="users", goal="busy", metric="error-rate") == 1
    assert value(metrics, "plugbay_goal_met", **idle) is None
    assert value(metrics, "plugbay_goal_value", **idle) is None
    assert value(metrics, "plugbay_goal_target", **idle) == 0.05


def test_intents_are_shown_by_state() -> None:
    counts = IntentCounts(waiting=1, retrying=2, running=3, done=4, failed=5, expired=6, skipped=7, slow=8)
    intent = IntentReport("cleanup", "userInactive", "users", None, None, counts)
    metrics = ServerMetrics(Sources(intents_report=IntentsReport((intent,), (), 1, 10)))
    labels = {"intent": "cleanup", "sensor": "userInactive"}
    for number, state in enumerate(("waiting", "retrying", "running"), 1):
        assert value(metrics, "plugbay_intent_runs_pending", **labels, state=state) == number
    for number, state in enumerate(("done", "failed", "expired", "skipped"), 4):
        assert value(metrics, "plugbay_intent_runs_total", **labels, state=state) == number
    assert value(metrics, "plugbay_intent_attempts_slow_total", **labels) == 8


def test_the_other_metrics_are_told_while_the_queue_is_unusable(caplog: pytest.LogCaptureFixture) -> None:
    metrics = ServerMetrics(Sources())
    assert value(metrics, "plugbay_workers") == 1
    assert value(metrics, "plugbay_workers") == 1
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == [
        "the metrics of intents are left out: the disk is gone"
    ]


def test_the_format_is_the_one_that_its_content_type_names() -> None:
    assert CONTENT_TYPE == "text/plain; version=0.0.4; charset=utf-8"
    text = ServerMetrics(Sources()).render().decode()
    assert text.startswith("# HELP plugbay_build_info 1, with what runs as labels.\n# TYPE plugbay_build_info gauge\n")
    assert text.endswith("\n")
    assert "# EOF" not in text


def test_no_request_of_any_thread_is_lost() -> None:
    metrics = ServerMetrics(Sources())
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=observe_many, args=(metrics,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert value(metrics, "plugbay_requests_total", **REQUEST, status="200") == 4 * 3000
    assert value(metrics, "plugbay_request_failures_total", service="users", code="guest-trap") == 4 * 3000


def observe_many(metrics: ServerMetrics) -> None:
    for _ in range(3000):
        metrics.observe_request("createUser", "POST", 200, 0.001, service="users")
        metrics.count_failure("users", "guest-trap")


WORKER = """
import sys
from pathlib import Path
from plugbay_adapters.priostack.intents.report import IntentsReport
from plugbay_adapters.priostack.serving.metrics import ServerMetrics
class Sources:
    in_flight = lambda self: 5
    waiting = lambda self: {"users": 2}
    lines_dropped = lambda self: 1
    goals = lambda self: ()
    intents = lambda self: IntentsReport((), (), 0, 1)
metrics = ServerMetrics(Sources(), folder=Path(sys.argv[1]), worker=1, workers=2)
for _ in range(10):
    metrics.observe_request("createUser", "POST", 200, 0.001, service="users")
metrics.render()
print("done", flush=True)
input()
"""


def test_all_workers_are_one_and_a_dead_one_leaves_its_counters_only(tmp_path: Path) -> None:
    metrics = ServerMetrics(Sources(flying=1), folder=tmp_path, worker=0, workers=2)
    metrics.observe_request("createUser", "POST", 200, 0.001, service="users")
    for round_ in (1, 2):
        with subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as worker:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "done\n"
            assert value(metrics, "plugbay_requests_total", **REQUEST, status="200") == 1 + 10 * round_
            assert value(metrics, "plugbay_requests_in_flight") == 6
            assert value(metrics, "plugbay_calls_waiting", service="users") == 2
            assert value(metrics, "plugbay_workers") == 2
            worker.kill()
            worker.wait()
        assert value(metrics, "plugbay_requests_total", **REQUEST, status="200") == 1 + 10 * round_
        assert value(metrics, "plugbay_requests_in_flight") == 1
        assert value(metrics, "plugbay_workers") == 1
        assert value(metrics, "plugbay_access_log_dropped_total") == round_
    metrics.close()
    metrics.close()


def test_a_worker_tells_the_others_what_it_has_in_flight_without_being_asked(tmp_path: Path) -> None:
    sources = Sources(flying=4)
    first = ServerMetrics(sources, folder=tmp_path, worker=0, workers=2)
    second = ServerMetrics(Sources(), folder=tmp_path, worker=1, workers=2)
    deadline = time.monotonic() + 30
    while value(second, "plugbay_requests_in_flight") != 4:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    first.close()
    second.close()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_never_counts_in_its_parents_slot(tmp_path: Path) -> None:
    metrics = ServerMetrics(Sources(), folder=tmp_path, worker=0, workers=1)
    metrics.observe_request("createUser", "POST", 200, 0.001, service="users")
    child = os.fork()
    if child == 0:
        metrics.observe_request("createUser", "POST", 200, 0.001, service="users")
        metrics.observe_request("createUser", "POST", 200, 0.001, service="users")
        own = value(metrics, "plugbay_requests_total", **REQUEST, status="200")
        metrics.close()
        os._exit(int(own or 0))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    assert value(metrics, "plugbay_requests_total", **REQUEST, status="200") == 1
    metrics.close()

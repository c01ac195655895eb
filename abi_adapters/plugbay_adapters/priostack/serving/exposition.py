"""The numbers of a server as Prometheus reads them."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from plugbay_adapters.priostack.serving.series import BOUNDS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prometheus_client.core import Metric

    from plugbay_adapters.priostack.goals.meter import GoalReport
    from plugbay_adapters.priostack.intents.report import IntentsReport
    from plugbay_adapters.priostack.serving.series import Totals

_PENDING: Final = ("waiting", "retrying", "running")
_ENDED: Final = ("done", "failed", "expired", "skipped")


def exposition(totals: Totals, goals: Sequence[GoalReport], intents: IntentsReport | None) -> bytes:
    """The text format 0.0.4. Intents that are unknown at the moment (None) are left out."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(totals, goals, intents))
    return generate_latest(registry)


class _Collector:
    """Answers the one question that a registry asks, from numbers of one moment."""

    def __init__(self, totals: Totals, goals: Sequence[GoalReport], intents: IntentsReport | None) -> None:
        self._totals = totals
        self._goals = goals
        self._intents = intents

    def collect(self) -> Iterator[Metric]:
        """Every metric, in the order of docs/goals.md."""
        yield _info()
        yield GaugeMetricFamily("plugbay_workers", "Workers of the server that live.", value=self._totals.workers)
        yield from self._requests()
        yield from self._services()
        yield from self._server()
        if self._intents is not None:
            yield from _intents(self._intents)
        yield from _goals(self._goals)

    def _requests(self) -> Iterator[Metric]:
        labels = ["service", "endpoint", "method"]
        requests = CounterMetricFamily("plugbay_requests", "Requests that were answered.", labels=[*labels, "status"])
        times = HistogramMetricFamily(
            "plugbay_request_seconds", "Seconds from a request's arrival to the end of its answer.", labels=labels
        )
        for names, total in sorted(self._totals.requests.items()):
            if not any(total.by_time):
                continue
            for status, count in sorted(total.by_status.items()):
                requests.add_metric([*names, status], count)
            times.add_metric(list(names), _cumulative(total.by_time), total.seconds)
        yield requests
        yield times
        in_flight = sum(self._totals.numbers[Kind.IN_FLIGHT].values())
        yield GaugeMetricFamily("plugbay_requests_in_flight", "Requests that are not answered yet.", value=in_flight)

    def _services(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily(
            "plugbay_calls_waiting", "Calls that wait for an instance of their service.", labels=["service"]
        )
        for names, count in sorted(self._totals.numbers[Kind.WAITING].items()):
            waiting.add_metric(names, count)
        yield waiting
        failures = CounterMetricFamily(
            "plugbay_request_failures",
            "Requests to an endpoint that failed, by the code of their error.",
            labels=["service", "code"],
        )
        for names, count in sorted(self._totals.numbers[Kind.FAILURES].items()):
            failures.add_metric(names, count)
        yield failures

    def _server(self) -> Iterator[Metric]:
        reloads = CounterMetricFamily("plugbay_reloads", "Reloads, taken into service or refused.", labels=["result"])
        for result in ("ok", "refused"):
            reloads.add_metric([result], self._totals.numbers[Kind.RELOADS][(result,)])
        yield reloads
        dropped = sum(self._totals.numbers[Kind.LINES_DROPPED].values())
        yield CounterMetricFamily(
            "plugbay_access_log_dropped", "Lines of the access log that were lost.", value=dropped
        )


def _info() -> Metric:
    info = GaugeMetricFamily("plugbay_build_info", "1, with what runs as labels.", labels=["version"])
    info.add_metric([version("plugbay")], 1)
    return info


def _intents(report: IntentsReport) -> Iterator[Metric]:
    labels = ["intent", "sensor"]
    pending = GaugeMetricFamily("plugbay_intent_runs_pending", "Runs that are still to end.", labels=[*labels, "state"])
    ended = CounterMetricFamily("plugbay_intent_runs", "Runs that ended, by how.", labels=[*labels, "state"])
    slow = CounterMetricFamily(
        "plugbay_intent_attempts_slow", "Attempts that took longer than expected.", labels=labels
    )
    for intent in report.intents:
        names, counts = [intent.intent, intent.sensor], intent.counts.to_dict()
        for state in _PENDING:
            pending.add_metric([*names, state], counts[state])
        for state in _ENDED:
            ended.add_metric([*names, state], counts[state])
        slow.add_metric(names, counts["slow"])
    yield from (pending, ended, slow)


def _goals(reports: Sequence[GoalReport]) -> Iterator[Metric]:
    labels = ["service", "goal", "metric"]
    met = GaugeMetricFamily("plugbay_goal_met", "1 for a goal that is met, 0 for one that is missed.", labels=labels)
    value = GaugeMetricFamily("plugbay_goal_value", "What was measured: seconds, a share, calls/s.", labels=labels)
    target = GaugeMetricFamily("plugbay_goal_target", "What the goal demands, in the same unit.", labels=labels)
    for report in reports:
        names = [report.goal.service, report.goal.name, report.target.metric.value]
        target.add_metric(names, report.target.value)
        if report.measured is not None:
            met.add_metric(names, report.state == "met")
            value.add_metric(names, report.measured)
    yield from (met, value, target)


def _cumulative(by_time: Sequence[int]) -> list[tuple[str, float]]:
    seen, buckets = 0, list[tuple[str, float]]()
    for bound, count in zip((*BOUNDS, float("inf")), by_time, strict=True):
        seen += count
        buckets.append(("+Inf" if bound == float("inf") else str(bound), seen))
    return buckets

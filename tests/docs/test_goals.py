"""The page on goals lists targets, metrics and fields of the access log as they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

import pytest
from prometheus_client.parser import text_string_to_metric_families

from plugbay_adapters.priostack.bundle.documents import Goal
from plugbay_adapters.priostack.bundle.problem import Place
from plugbay_adapters.priostack.durations import parse_duration
from plugbay_adapters.priostack.goals.histogram import BUCKETS, RELATIVE_ERROR
from plugbay_adapters.priostack.goals.meter import SERVICES, WINDOW, GoalMeter, State
from plugbay_adapters.priostack.goals.target import DEFAULT_STATISTIC, METRIC_NAMES, Metric, parse_target
from plugbay_adapters.priostack.intents.report import IntentCounts, IntentReport, IntentsReport
from plugbay_adapters.priostack.serving.access_log import BUFFER_BYTES, FLUSH_SECONDS, LINE_BYTES, AccessRecord
from plugbay_adapters.priostack.serving.metrics import UNMATCHED, ServerMetrics
from plugbay_adapters.priostack.serving.series import BOUNDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.docs.conftest import Page

    from plugbay_adapters.priostack.goals.meter import GoalReport

PAGE = "docs/goals.md"


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_metric_is_listed_with_all_of_its_spellings(page_at: Callable[[str], Page]) -> None:
    rows = page_at(PAGE).rows("Targets")
    listed = {spelling: row[0].strip("`") for row in rows for spelling in quoted(row[0] + row[1])}
    assert listed == {spelling: metric.value for spelling, metric in METRIC_NAMES.items()}


def test_every_unit_and_example_of_a_target_is_read(page_at: Callable[[str], Page]) -> None:
    for metric, _, units, examples in page_at(PAGE).rows("Targets"):
        for text in quoted(examples):
            assert parse_target(metric.strip("`"), text)
        for unit in quoted(units):
            assert parse_target(metric.strip("`"), f"< 1{unit}")


def test_statistics_are_as_the_page_says(page_at: Callable[[str], Page]) -> None:
    assert f"without one means `{DEFAULT_STATISTIC}`" in page_at(PAGE).text
    for statistic in ("avg", "max", "p0.001", "p99.999"):
        assert f"`{statistic}`" in page_at(PAGE).text
        assert parse_target("latency", f"{statistic} < 1s").statistic == statistic


def test_what_is_measured_and_the_states_are_listed(page_at: Callable[[str], Page]) -> None:
    first = [row[0].strip("`") for row in page_at(PAGE).rows("How it is measured")]
    assert first[: len(Metric)] == [metric.value for metric in Metric]
    assert {cell for cell in first if cell in get_args(State)} == set(get_args(State))


def test_the_numbers_of_the_meter_are_as_the_page_says(page_at: Callable[[str], Page]) -> None:
    text = " ".join(page_at(PAGE).text.split())
    assert f"the last {WINDOW} seconds" in text
    assert f"the {WINDOW - 1} before it" in text
    assert f"a histogram of {BUCKETS} buckets" in text
    assert f"at most {RELATIVE_ERROR:.3%} above".replace("%", " %") in text
    assert f"{(WINDOW + 1) * 4} KiB for each service and worker" in text
    assert f"{SERVICES} services are measured at once" in text


class Sources:
    """A server with a goal that has data and an intent, so that every metric has a sample."""

    def __init__(self) -> None:
        self._meter = GoalMeter()
        self._meter.record("users", 0.01, failed=False)

    def in_flight(self) -> int:
        return 1

    def waiting(self) -> Mapping[str, int]:
        return {"users": 1}

    def lines_dropped(self) -> int:
        return 0

    def goals(self) -> Sequence[GoalReport]:
        return self._meter.report([Goal("fast", "users", "latency", "< 1s", "", Place("users.yaml"))])

    def intents(self) -> IntentsReport:
        return IntentsReport((IntentReport("a", "b", "users", None, None, IntentCounts()),), (), 0, 1)


@pytest.fixture
def metrics() -> ServerMetrics:
    metrics = ServerMetrics(Sources())
    metrics.observe_request("createUser", "POST", 200, 0.001, service="users")
    metrics.count_failure("users", "guest-trap")
    return metrics


def test_every_metric_of_a_server_is_listed_with_its_type_and_labels(
    metrics: ServerMetrics, page_at: Callable[[str], Page]
) -> None:
    listed = [(row[0].strip("`"), row[1], set(quoted(row[2]))) for row in page_at(PAGE).rows("Metrics")]
    found: list[tuple[str, str, set[str]]] = []
    for family in text_string_to_metric_families(metrics.render().decode()):
        name = family.name + ("_total" if family.type == "counter" else "")
        found.append((name, family.type, set(family.samples[0].labels) - {"le"}))
    assert listed == found


def test_every_state_of_runs_and_reloads_is_named(metrics: ServerMetrics, page_at: Callable[[str], Page]) -> None:
    told = {row[0].strip("`"): set(quoted(row[3])) for row in page_at(PAGE).rows("Metrics")}
    for label, name in (
        ("state", "plugbay_intent_runs_pending"),
        ("state", "plugbay_intent_runs_total"),
        ("result", "plugbay_reloads_total"),
    ):
        families = text_string_to_metric_families(metrics.render().decode())
        samples = [sample for family in families for sample in family.samples if sample.name == name]
        assert told[name] == {sample.labels[label] for sample in samples}


def test_the_buckets_are_as_the_page_says(page_at: Callable[[str], Page]) -> None:
    sentence = re.search(r"`plugbay_request_seconds` end at (.+?)\.\n", page_at(PAGE).text, re.DOTALL)
    assert sentence is not None
    bounds = re.findall(r"([\d.]+)\s(ms|s)\b", sentence[1])
    assert tuple(parse_duration(number + unit) for number, unit in bounds) == BOUNDS
    assert f"`{UNMATCHED}`" in page_at(PAGE).text


def test_the_fields_of_the_access_log_are_listed_in_order(page_at: Callable[[str], Page]) -> None:
    listed = [(row[0].strip("`"), row[1]) for row in page_at(PAGE).rows("The access log")]
    types = {"str": "text", "int": "number", "float": "number", "str | None": "text or null"}
    fields = [(name, types[kind.__forward_arg__]) for name, kind in AccessRecord.__annotations__.items()]
    assert listed == [("time", "text"), *fields]


def test_the_bounds_of_the_access_log_are_as_the_page_says(page_at: Callable[[str], Page]) -> None:
    text = " ".join(page_at(PAGE).text.split())
    assert f"at most {LINE_BYTES:,} bytes" in text
    assert f"at most {FLUSH_SECONDS} seconds after its request" in text
    assert f"up to {BUFFER_BYTES >> 20} MiB of lines" in text

"""Targets of goals: what may be written, and what an error says."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plugbay_adapters.priostack.goals.target import DEFAULT_STATISTIC, METRIC_NAMES, Metric, parse_target

LATENCY_UNITS = {"us": "1e-6", "µs": "1e-6", "ms": "1e-3", "s": "1", "m": "60", "h": "3600", "d": "86400"}
RATE_UNITS = {"/s": "1", "/m": "60", "/h": "3600"}
COMPARISONS = ("<", "<=", ">", ">=")
numbers = st.decimals(min_value="0.001", max_value="99999", places=3).map(lambda number: f"{number:f}")
shares = st.decimals(min_value="0.001", max_value="99.999", places=3).map(lambda number: f"{number:f}")
statistics = st.sampled_from(["", "avg", "max"]) | st.decimals("0.1", "99.9", places=1).map(lambda p: f"p{p:f}")
gaps = st.sampled_from(["", " ", "  ", "\t"])


@pytest.mark.parametrize(
    ("metric", "text", "value", "statistic"),
    [
        ("latency", "< 50ms", 0.05, DEFAULT_STATISTIC),
        ("latency", "p99 < 200ms", 0.2, "p99"),
        ("latency", "p50 <= 5ms", 0.005, "p50"),
        ("latency", "avg < 10ms", 0.01, "avg"),
        ("latency", "max<1m30s", 90.0, "max"),
        ("latency", "p99.9 >= 1s", 1.0, "p99.9"),
        ("errorRate", "< 1%", 0.01, None),
        ("error-rate", "<= 0.01", 0.01, None),
        ("error_rate", "<= 0%", 0.0, None),
        ("errors", "> 12.5 %", 0.125, None),
        ("throughput", "> 100/s", 100.0, None),
        ("throughput", ">= 6000/m", 100.0, None),
        ("throughput", " >= 6000 / h ", 6000 / 3600, None),
    ],
)
def test_a_target_is_read(metric: str, text: str, value: float, statistic: str | None) -> None:
    target = parse_target(metric, text)
    assert target.value == pytest.approx(value)
    assert target.statistic == statistic


@pytest.mark.parametrize(
    ("metric", "text", "sentence"),
    [
        ("speed", "< 1s", "is no metric; these are: latency, errorRate"),
        ("Latency", "< 1s", "is no metric"),
        ("latency", "50ms", "is no target for latency; write it as '< 50ms'"),
        ("latency", "", "is no target"),
        ("latency", "== 50ms", "is no target"),
        ("latency", "<> 50ms", "is no target"),
        ("latency", "<", "is no target"),
        ("latency", "< 50", "write a number and a unit"),
        ("latency", "< 50 ms", "write a number and a unit"),
        ("latency", "< -50ms", "write a number and a unit"),
        ("latency", "< 1e3ms", "write a number and a unit"),
        ("latency", "< nan", "write a number and a unit"),
        ("latency", "< 0ms", "nothing is less than 0"),
        ("latency", "< " + "1h" * 1000, "is no duration; write it as"),
        ("latency", "p0 < 1s", "write avg, max or a percentile"),
        ("latency", "p100 < 1s", "write avg, max or a percentile"),
        ("latency", "P99 < 1s", "write avg, max or a percentile"),
        ("latency", "p99.9999 < 1s", "write avg, max or a percentile"),
        ("errors", "p99 < 1%", "error-rate has no statistics"),
        ("errors", "< 101%", "more than all calls"),
        ("errors", "<= 1.5", "more than all calls"),
        ("errors", "< 0%", "write <= 0%"),
        ("errors", "> 100%", "write >= 100%"),
        ("errors", "< 5/s", "is no amount for error-rate; write it as '< 1%'"),
        ("throughput", "> 100", "is no amount for throughput; write it as '> 100/s'"),
        ("throughput", "> \N{ARABIC-INDIC DIGIT ONE}/s", "is no amount"),
        ("throughput", "> 100/s; drop", "is no amount"),
    ],
)
def test_anything_else_is_refused_with_what_would_be_right(metric: str, text: str, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 # the sentence is compared as plain text below
        parse_target(metric, text)
    message = str(caught.value)
    assert sentence in message
    assert len(message) < 200
    assert "\n" not in message


@given(statistics, st.sampled_from(COMPARISONS), numbers, st.sampled_from(list(LATENCY_UNITS)), gaps)
def test_a_latency_is_exactly_the_number_in_its_unit(
    statistic: str, comparison: str, number: str, unit: str, gap: str
) -> None:
    target = parse_target("latency", f"{gap}{statistic}{gap}{comparison}{gap}{number}{unit}{gap}")
    assert target.value == pytest.approx(float(Decimal(number) * Decimal(LATENCY_UNITS[unit])))
    assert (target.comparison, target.statistic) == (comparison, statistic or DEFAULT_STATISTIC)


@given(st.sampled_from(COMPARISONS), shares, gaps)
def test_a_percentage_and_the_share_that_it_is_are_the_same_target(comparison: str, number: str, gap: str) -> None:
    percent = parse_target("errors", f"{comparison}{gap}{number}{gap}%")
    share = parse_target("errors", f"{comparison} {Decimal(number) / 100:f}")
    assert percent.value == pytest.approx(share.value)


@given(st.sampled_from(COMPARISONS), numbers, st.sampled_from(list(RATE_UNITS)))
def test_a_throughput_is_calls_per_second(comparison: str, number: str, unit: str) -> None:
    target = parse_target("throughput", f"{comparison} {number}{unit}")
    assert target.value == pytest.approx(float(Decimal(number) / Decimal(RATE_UNITS[unit])))


@given(st.sampled_from(list(METRIC_NAMES)), statistics, st.sampled_from(COMPARISONS), numbers, st.data())
def test_a_target_spelled_out_is_read_as_the_same_again(
    metric: str, statistic: str, comparison: str, number: str, data: st.DataObject
) -> None:
    kind = METRIC_NAMES[metric]
    text = {
        Metric.LATENCY: f"{statistic}{comparison}{number}ms",
        Metric.ERROR_RATE: f"{comparison}{data.draw(shares)}%",
        Metric.THROUGHPUT: f"{comparison}{number}/m",
    }[kind]
    target = parse_target(metric, text)
    assert parse_target(kind, str(target)) == target


@given(st.sampled_from([*METRIC_NAMES, "", "other"]) | st.text(), st.text() | st.text(alphabet="p9<>= .%/smh0\n"))
@example("latency", "p" * 100_000 + "< 1ms")
@example("errors", "<" + " " * 100_000 + "1")
def test_no_text_at_all_raises_anything_but_a_sentence(metric: str, text: str) -> None:
    try:
        said = str(parse_target(metric, text))
    except ValueError as error:
        said = str(error)
    assert 0 < len(said) < 400


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("< 50ms", (True, False, False)),
        ("<= 50ms", (True, True, False)),
        ("> 50ms", (False, False, True)),
        (">= 50ms", (False, True, True)),
    ],
)
def test_a_value_on_the_border_meets_only_what_includes_it(text: str, met: tuple[bool, bool, bool]) -> None:
    target = parse_target("latency", text)
    assert tuple(target.met_by(value) for value in (0.049, 0.05, 0.051)) == met


@pytest.mark.parametrize(("text", "quantile"), [("p50 < 1s", 0.5), ("p99.9 < 1s", 0.999), ("avg < 1s", None)])
def test_a_percentile_is_a_share(text: str, quantile: float | None) -> None:
    assert parse_target("latency", text).quantile == quantile


def test_other_metrics_have_no_quantile() -> None:
    assert parse_target("throughput", "> 1/s").quantile is None

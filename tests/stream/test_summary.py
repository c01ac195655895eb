"""Percentiles within 2 percent in constant memory; the summary as plain values."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay.stream.summary import Histogram, StreamSummary

DURATIONS = st.floats(1e-9, 1e5)
KEYS = {
    "read", "out", "passed", "dropped", "rejected", "failed", "invalid", "bytes_in", "bytes_out", "seconds",
    "plugin_seconds", "read_seconds", "write_seconds", "p50_us", "p99_us", "fuel", "ports", "logs", "errors", "ended",
    "messages_per_second",
}  # fmt: skip


@given(
    st.lists(st.tuples(DURATIONS, st.integers(1, 50)), min_size=1, max_size=50), st.sampled_from([0.5, 0.9, 0.99, 1])
)
def test_percentiles_are_within_two_percent(counted: list[tuple[float, int]], share: float) -> None:
    histogram = Histogram()
    for seconds, count in counted:
        histogram.add(seconds, count)
    every = sorted(seconds for seconds, count in counted for _ in range(count))
    exact = every[max(0, math.ceil(share * len(every)) - 1)]
    assert histogram.percentile(share) == pytest.approx(exact, rel=0.02)


def test_no_durations_have_no_percentile() -> None:
    assert Histogram().percentile(0.99) == 0


def test_no_time_at_all_is_counted_too() -> None:
    histogram = Histogram()
    histogram.add(0, 3)
    assert histogram.percentile(0.5) == pytest.approx(1e-9, rel=0.02)


def test_buckets_do_not_grow_with_the_stream() -> None:
    histogram = Histogram()
    for n in range(50_000):
        histogram.add(1e-6 * (1 + n % 1000))
    assert len(histogram._counts) < 500  # pyright: ignore[reportPrivateUsage] # what must stay bounded


def test_a_summary_is_plain_values() -> None:
    summary = StreamSummary(read=3, seconds=2.0, ports=(("out", 3),), logs=(("warn", 2),), errors=(("guest-trap", 1),))
    facts = summary.to_dict()
    assert set(facts) == KEYS
    assert json.loads(json.dumps(facts)) == facts
    assert (facts["ports"], facts["logs"], facts["errors"]) == ({"out": 3}, {"warn": 2}, {"guest-trap": 1})
    assert facts["messages_per_second"] == 1.5


def test_a_summary_without_time_has_no_rate() -> None:
    assert StreamSummary(read=3).messages_per_second == 0


@pytest.mark.parametrize(
    ("summary", "good"),
    [
        (StreamSummary(read=9, dropped=4, rejected=5), True),
        (StreamSummary(failed=1), False),
        (StreamSummary(invalid=1), False),
        (StreamSummary(ended="interrupted"), False),
        (StreamSummary(ended="output closed"), False),
        (StreamSummary(ended="input broken"), False),
    ],
)
def test_rejected_messages_are_good_but_failed_ones_are_not(summary: StreamSummary, good: bool) -> None:
    assert summary.good is good

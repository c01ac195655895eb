"""Latencies in buckets, beside exact samples."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay_adapters.priostack.goals.histogram import (
    BUCKETS,
    LONGEST,
    RELATIVE_ERROR,
    SHORTEST,
    bucket_of,
    quantile,
    upper_bound,
)

times = st.floats(SHORTEST * 1.001, LONGEST * 0.999)


@given(times)
def test_a_time_is_below_the_bound_of_its_bucket_by_at_most_the_relative_error(seconds: float) -> None:
    bound = upper_bound(bucket_of(seconds))
    assert seconds < bound <= seconds * (1 + RELATIVE_ERROR)


@given(times, times)
def test_a_longer_time_is_in_no_earlier_bucket(one: float, other: float) -> None:
    assert bucket_of(min(one, other)) <= bucket_of(max(one, other))


def test_a_bound_is_the_beginning_of_the_next_bucket() -> None:
    for bucket in range(BUCKETS - 1):
        assert bucket_of(upper_bound(bucket)) == bucket + 1
        assert bucket_of(math.nextafter(upper_bound(bucket), 0)) == bucket


@pytest.mark.parametrize("seconds", [0.0, -1.0, -math.inf, math.nan, 1e-9, SHORTEST])
def test_what_is_too_short_or_no_time_is_in_the_first_bucket(seconds: float) -> None:
    assert bucket_of(seconds) == 0


@pytest.mark.parametrize("seconds", [LONGEST, 1e9, math.inf])
def test_what_is_too_long_is_in_the_last_bucket(seconds: float) -> None:
    assert bucket_of(seconds) == BUCKETS - 1


@given(st.lists(times, min_size=1, max_size=300), st.sampled_from([0.001, 0.25, 0.5, 0.95, 0.99, 0.999, 1.0]))
def test_a_quantile_is_the_exact_one_or_at_most_the_relative_error_above_it(samples: list[float], share: float) -> None:
    counts = [0] * BUCKETS
    for seconds in samples:
        counts[bucket_of(seconds)] += 1
    exact = sorted(samples)[max(1, math.ceil(round(share * len(samples), 6))) - 1]
    found = quantile(counts, share, max(samples))
    assert found is not None
    assert exact <= found <= exact * (1 + RELATIVE_ERROR)


def test_the_last_quantile_is_the_longest_time_itself() -> None:
    counts = [0] * BUCKETS
    counts[bucket_of(5000.0)] += 1
    assert quantile(counts, 0.99, 5000.0) == 5000.0
    counts[bucket_of(0.0123)] += 1
    assert quantile(counts, 0.5, 0.0123) == 0.0123


def test_without_calls_there_is_no_quantile() -> None:
    assert quantile([0] * BUCKETS, 0.5, 0.0) is None

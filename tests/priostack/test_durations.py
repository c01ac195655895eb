from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay_adapters.priostack.durations import duration_text, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("5m", 300),
        ("1h30m", 5400),
        ("2d", 172_800),
        ("1.5s", 1.5),
        ("10us", 1e-5),
        ("10µs", 1e-5),
        ("0s", 0),
    ],
)
def test_durations_are_numbers_with_units_end_to_end(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    ["", "5", "5 m", "m", "-1s", "1:30", "1s ", "5M", "1e3s", "\N{ARABIC-INDIC DIGIT FIVE}m", "1s\n", "x" * 100_000],
)
def test_anything_else_is_refused_in_one_short_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration; write a number and a unit") as caught:
        parse_duration(text)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(300, "5m"), (5400, "1h30m"), (0.25, "250ms"), (86_461.5, "1d1m1s500ms"), (0, "0s"), (1e-6, "1us")],
)
def test_durations_are_written_with_the_largest_units(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@given(st.integers(0, 10**15))
def test_what_is_written_is_read_again(microseconds: int) -> None:
    assert round(parse_duration(duration_text(microseconds / 1e6)) * 1e6) == pytest.approx(microseconds, abs=1)


@given(st.text(max_size=30) | st.text(alphabet="0123456789.msh", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        seconds = parse_duration(text)
    except ValueError:
        return
    assert seconds >= 0

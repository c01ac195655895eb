from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay import Message
from plugbay.errors import GuestTrap
from plugbay.outcome import Disposition, LogLevel, LogRecord, Outcome
from plugbay.stream.tally import Tally

OUTCOMES = st.builds(
    Outcome,
    st.sampled_from(Disposition),
    st.integers(0, 3).map(lambda count: (("out", Message.new()),) * count),
    st.lists(st.sampled_from(LogLevel).map(lambda level: LogRecord(level, "text")), max_size=3).map(tuple),
    fuel=st.none() | st.integers(0, 10**12),
    seconds=st.floats(0, 10),
    error=st.none() | st.just(GuestTrap("it trapped")),
)


@given(st.lists(OUTCOMES, max_size=20), st.integers(0, 100))
def test_every_outcome_counts(outcomes: list[Outcome], plain: int) -> None:
    tally = Tally()
    tally.plain(plain, 0.5)
    for outcome in outcomes:
        tally.outcome(outcome)
    summary = tally.summary()
    kinds = [outcome.disposition for outcome in outcomes]
    assert summary.passed == kinds.count(Disposition.OK) + plain
    assert summary.dropped == kinds.count(Disposition.DROP)
    assert summary.rejected == kinds.count(Disposition.REJECT)
    assert summary.failed == kinds.count(Disposition.ERROR)
    assert summary.out == plain + sum(len(outcome.messages) for outcome in outcomes)
    assert sum(count for _, count in summary.ports) == summary.out
    assert sum(count for _, count in summary.logs) == sum(len(outcome.logs) for outcome in outcomes)
    metered = [outcome.fuel for outcome in outcomes if outcome.fuel is not None]
    assert summary.fuel == (sum(metered) if metered else None)
    assert dict(summary.errors).get("guest-trap", 0) == sum(outcome.error is not None for outcome in outcomes)


def test_a_batch_counts_each_message_with_its_mean() -> None:
    tally = Tally()
    tally.plain(1000, 0.002)
    assert tally.summary().p50_us == pytest.approx(2, rel=0.02)
    assert tally.summary().p99_us == pytest.approx(2, rel=0.02)


def test_bad_input_counts_apart() -> None:
    tally = Tally()
    tally.bad("invalid-message")
    summary = tally.summary()
    assert (summary.invalid, summary.read, summary.errors) == (1, 0, (("invalid-message", 1),))

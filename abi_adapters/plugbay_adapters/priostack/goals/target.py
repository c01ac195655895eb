"""What a goal demands, read from its text: ``< 50ms``, ``p99 < 200ms``, ``< 1%``, ``> 100/s``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from plugbay_adapters.priostack.durations import parse_duration

Comparison = Literal["<", "<=", ">", ">="]


class Metric(StrEnum):
    """What of a service is measured, as goals are shown with it."""

    LATENCY = "latency"
    """Seconds that a call took, the time that it waited for an instance included."""
    ERROR_RATE = "error-rate"
    """Failed calls of all calls, from 0 to 1."""
    THROUGHPUT = "throughput"
    """Calls per second that ran, failed ones included."""


METRIC_NAMES: Final[dict[str, Metric]] = {
    "latency": Metric.LATENCY,
    "errorRate": Metric.ERROR_RATE,
    "error-rate": Metric.ERROR_RATE,
    "error_rate": Metric.ERROR_RATE,
    "errors": Metric.ERROR_RATE,
    "throughput": Metric.THROUGHPUT,
}
"""How a bundle may spell a metric."""

DEFAULT_STATISTIC: Final = "p95"
"""What a latency means that names no statistic: an average would hide the slow calls, a maximum one alone breaks."""

_COMPARISONS: Final[dict[str, Comparison]] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
_WHOLE: Final = re.compile(
    r"(?P<statistic>[A-Za-z][A-Za-z0-9.]*)?\s*(?P<comparison>[<>]=?)\s*(?P<amount>[^\s<>=].*)", re.DOTALL
)
_QUANTILE: Final = re.compile(r"p([0-9]{1,2}(?:\.[0-9]{1,3})?)")
_NUMBER: Final = r"([0-9]{1,15}(?:\.[0-9]{1,9})?)"
_SHARE: Final = re.compile(_NUMBER + r"\s*(%?)")
_RATE: Final = re.compile(_NUMBER + r"\s*/\s*(s|m|h)")
_RATE_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_EXAMPLES: Final = {
    Metric.LATENCY: "'< 50ms' or 'p99 < 200ms'",
    Metric.ERROR_RATE: "'< 1%' or '<= 0.01'",
    Metric.THROUGHPUT: "'> 100/s' or '>= 6000/m'",
}
_SHOWN: Final = 60  # characters of a wrong text that its error repeats


@dataclass(frozen=True, slots=True)
class Target:
    """A demand on one metric. ``str()`` spells it so that :func:`parse_target` reads the same again."""

    metric: Metric
    statistic: str | None
    """Of a latency: ``avg``, ``max`` or a percentile such as ``p99`` or ``p99.9``. None for other metrics."""
    comparison: Comparison
    value: float
    """Seconds, a share from 0 to 1, or calls per second."""
    amount: str
    """The value as it was written, with its unit."""

    @property
    def quantile(self) -> float | None:
        """A percentile as a share from 0 to 1; None where the statistic is none."""
        match = _QUANTILE.fullmatch(self.statistic or "")
        return round(float(match[1]) / 100, 5) if match else None

    def met_by(self, measured: float) -> bool:
        """Whether a measured value, in the unit of ``value``, is what the target demands."""
        match self.comparison:
            case "<":
                return measured < self.value
            case "<=":
                return measured <= self.value
            case ">":
                return measured > self.value
            case ">=":
                return measured >= self.value

    def __str__(self) -> str:
        return f"{self.statistic or ''} {self.comparison} {self.amount}".lstrip()


def parse_target(metric: str, text: str) -> Target:
    """The target of a goal.

    Raises :class:`ValueError` with one sentence that says what would be right: for a metric that is unknown, a text
    that is not ``[statistic] comparison amount``, an amount without the metric's unit, and a demand that no service
    can meet.
    """
    kind = METRIC_NAMES.get(metric)
    if kind is None:
        raise ValueError(f"{_short(metric)} is no metric; these are: {', '.join(METRIC_NAMES)}")
    match = _WHOLE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{_short(text)} is no target for {kind}; write it as {_EXAMPLES[kind]}")
    statistic = _statistic(kind, match["statistic"])
    comparison, amount = _COMPARISONS[match["comparison"]], match["amount"]
    value = _value(kind, amount)
    _check_possible(kind, comparison, value)
    return Target(kind, statistic, comparison, value, amount)


def _statistic(kind: Metric, text: str | None) -> str | None:
    if kind is not Metric.LATENCY:
        if text is not None:
            raise ValueError(f"{_short(text)} is out of place: {kind} has no statistics; write it as {_EXAMPLES[kind]}")
        return None
    if text is None:
        return DEFAULT_STATISTIC
    match = _QUANTILE.fullmatch(text)
    if text not in {"avg", "max"} and (match is None or float(match[1]) == 0):
        raise ValueError(f"{_short(text)} is no statistic; write avg, max or a percentile such as p50, p99 or p99.9")
    return text


def _value(kind: Metric, amount: str) -> float:
    if kind is Metric.LATENCY:
        if len(amount) > _SHOWN:
            raise ValueError(f"{_short(amount)} is no duration; write it as {_EXAMPLES[kind]}")
        return parse_duration(amount)
    match = (_SHARE if kind is Metric.ERROR_RATE else _RATE).fullmatch(amount)
    if match is None:
        raise ValueError(f"{_short(amount)} is no amount for {kind}; write it as {_EXAMPLES[kind]}")
    if kind is Metric.THROUGHPUT:
        return float(match[1]) / _RATE_SECONDS[match[2]]
    share = float(match[1]) / 100 if match[2] else float(match[1])
    if share > 1:
        raise ValueError(f"{_short(amount)} is more than all calls; write a percentage up to 100% or a share up to 1")
    return share


def _check_possible(kind: Metric, comparison: Comparison, value: float) -> None:
    if comparison == "<" and value == 0:
        allowed = "; write <= 0%" if kind is Metric.ERROR_RATE else ""
        raise ValueError(f"nothing is less than 0, so this target can never be met{allowed}")
    if kind is Metric.ERROR_RATE and comparison == ">" and value == 1:
        raise ValueError("no more than all calls can fail, so this target can never be met; write >= 100%")


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")

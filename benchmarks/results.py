"""What a benchmark found: a table, targets met or missed, and the plain figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

TIMES: Final = "×"  # noqa: RUF001 # the multiplication sign is meant


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that is to be reached: ``found`` must be at least, or at most, ``wanted``."""

    what: str
    wanted: float
    found: float
    unit: str
    at_most: bool = False

    @property
    def met(self) -> bool:
        """Whether it was reached."""
        return self.found <= self.wanted if self.at_most else self.found >= self.wanted

    def wish(self) -> str:
        """The wanted figure in words."""
        return f"{'under' if self.at_most else 'at least'} {_number(self.wanted)}{self.unit}"

    def result(self) -> str:
        """The found figure in words."""
        return f"{_number(self.found)}{self.unit}"


@dataclass(frozen=True, slots=True)
class Section:
    """One benchmark's findings. ``timed`` says what exactly was timed; ``figures`` are the same as plain values."""

    key: str
    title: str
    timed: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    targets: Sequence[Target] = ()
    figures: Any = field(default_factory=dict[str, Any])

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "title": self.title,
            "timed": self.timed,
            "figures": self.figures,
            "targets": [{**asdict(target), "met": target.met} for target in self.targets],
        }


def microseconds(value: float) -> str:
    """A time with as many digits as matter."""
    if value < 1:
        return f"{value:.3f} µs"
    if value < 100:
        return f"{value:.2f} µs"
    return f"{value:,.0f} µs" if value < 10_000 else f"{value / 1000:,.1f} ms"


def ratio(value: float, spread: tuple[float, float] | None = None) -> str:
    """A ratio with its quartiles, if given."""
    text = _ratio(value)
    return f"{text} ({_ratio(spread[0])} to {_ratio(spread[1])})" if spread is not None else text


def _number(value: float) -> str:
    return f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"


def _ratio(value: float) -> str:
    return f"{value:.2f}{TIMES}" if value < 10 else f"{value:,.0f}{TIMES}"

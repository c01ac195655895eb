"""Durations as bundles spell them: ``250ms``, ``5m``, ``1h30m``."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_WRITTEN: Final = (
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("m", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1000),
    ("us", 1),
)
"""Units that durations are written with, and how many microseconds each has."""
_PART: Final = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)(us|µs|ms|s|m|h|d)", re.ASCII)
_WHOLE: Final = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)
_SHOWN: Final = 60
"""Characters of a wrong text that its error repeats."""


def parse_duration(text: str) -> float:
    """Seconds. Raises :class:`ValueError` with one sentence for anything else than numbers with units, end to end."""
    if not _WHOLE.fullmatch(text):
        shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
        raise ValueError(f"{shown!r} is no duration; write a number and a unit: {', '.join(_UNITS)}")
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def duration_text(seconds: float) -> str:
    """Seconds, to the microsecond, as :func:`parse_duration` reads them: ``5m``, ``1h30m``, ``250ms``."""
    left = round(seconds * 1_000_000)
    parts: list[str] = []
    for unit, size in _WRITTEN:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"

"""Reports as a badge: a small SVG that says what the verdict is."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from plugbay_conformance.results import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay_conformance.results import Report

_COLOURS = {Verdict.CONFORMANT: "#17693a", Verdict.PARTIAL: "#8a5300", Verdict.FAILED: "#b3261e"}
_CHARACTER_WIDTH = 6.6
"""Pixels of a character at 11 px in the fonts that are named, a little generous."""


def badge(reports: Sequence[Report]) -> bytes:
    """An SVG of 20 pixels height; several reports show the worst verdict and how many are conformant."""
    verdict, words = _words(reports)
    label = f"{reports[0].abi} v{reports[0].specification.version}" if len({r.abi for r in reports}) == 1 else "plugbay"
    left, right = (round(len(text) * _CHARACTER_WIDTH) + 12 for text in (label, words))
    title = escape(f"{label}: {words}")
    width = left + right
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{title}">
  <title>{title}</title>
  <clipPath id="edge"><rect width="{width}" height="20" rx="4"/></clipPath>
  <g clip-path="url(#edge)">
    <rect width="{left}" height="20" fill="#3b4252"/>
    <rect x="{left}" width="{right}" height="20" fill="{_COLOURS[verdict]}"/>
  </g>
  <g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
    <text x="{left / 2}" y="14" textLength="{left - 12}">{escape(label)}</text>
    <text x="{left + right / 2}" y="14" textLength="{right - 12}">{escape(words)}</text>
  </g>
</svg>
""".encode()


def _words(reports: Sequence[Report]) -> tuple[Verdict, str]:
    verdicts = [report.verdict for report in reports]
    worst = next(verdict for verdict in (Verdict.FAILED, Verdict.PARTIAL, Verdict.CONFORMANT) if verdict in verdicts)
    if len(reports) == 1:
        return worst, f"{reports[0].profile} {worst}"
    good = verdicts.count(Verdict.CONFORMANT)
    return worst, f"{good} of {len(verdicts)} conformant"

"""Reports as one HTML page that needs nothing else: no network, no other file; without scripts it only can't filter."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined

from plugbay_conformance.reports.hexdump import hexdump
from plugbay_conformance.reports.prose import paragraphs
from plugbay_conformance.reports.sheet import sheets_of
from plugbay_conformance.results import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay_conformance.results import Report


def page(reports: Sequence[Report]) -> bytes:
    """An HTML document. What a guest said is escaped, and a policy in the page forbids all scripts but its own."""
    folder = files(__name__.rpartition(".")[0]) / "templates"
    style, script = ((folder / name).read_text("utf-8") for name in ("report.css", "report.js"))
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(
        {"hexdump": hexdump, "prose": paragraphs, "moment": _moment, "bytes": _bytes, "glyph": _glyph}
    )
    template = environment.from_string((folder / "report.html").read_text("utf-8"))
    verdicts = [report.verdict for report in reports]
    html = template.render(
        reports=reports,
        sheets=sheets_of(reports),
        verdict=next(each for each in (Verdict.FAILED, Verdict.PARTIAL, Verdict.CONFORMANT) if each in verdicts),
        conformant=verdicts.count(Verdict.CONFORMANT),
        complete=all(report.complete for report in reports),
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src {_hash_of(style)}; script-src {_hash_of(script)}; img-src data:",
    )
    return html.encode("utf-8", "backslashreplace")


def _hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _moment(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _bytes(count: int) -> str:
    return f"{count:,} bytes"


def _glyph(status: str | None) -> str:
    return {"passed": "✓", "failed": "✗", "skipped": "\N{EN DASH}", "expected": "!", "unexpected": "?"}.get(
        status or "", ""
    )

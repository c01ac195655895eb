"""Shows on one screen what the fraud gear did with a stream, and how that compares with the truth.

python examples/fraud/report.py scored.ndjson --failures rejected.ndjson --truth truth.ndjson
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import orjson
from findings import BUCKET_SECONDS, Findings, Suspect, Tally, compare, read_rows
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

BARS = "▁▂▃▄▅▆▇█"
SIDE_BY_SIDE_WIDTH = 116
DECISION_STYLES = {"approve": "green", "review": "yellow", "decline": "red"}


def screen(findings: Findings, width: int) -> RenderableType:
    """The whole report, for a terminal of ``width`` columns."""
    beside = _side_by_side if width >= SIDE_BY_SIDE_WIDTH else _stacked
    parts = (
        beside(_outcomes(findings), _against_truth(findings)),
        _timeline(findings, width - 24),
        beside(_cards(findings.cards.values()), _merchants(findings.merchants.values())),
        _samples(findings),
    )
    begin, end = (datetime.fromtimestamp(ts // 1_000_000_000, UTC) for ts in (findings.first_ts, findings.last_ts))
    title = f"[bold]Fraud desk[/]  {findings.sent:,} messages, {begin:%d %b %Y %H:%M} to {end:%d %b %H:%M} UTC"
    stopped = findings.fraud_flagged
    subtitle = f"[bold green]{_euros(stopped)}[/] of {_euros(findings.fraud)} euros of fraud stopped"
    body = Padding(_stacked(*parts), (0, 1))
    return Panel(body, title=title, subtitle=subtitle, border_style="blue")


def _stacked(*parts: RenderableType) -> Group:
    spaced = [each for part in parts for each in ("", part)]
    return Group(*spaced[1:])


def _side_by_side(*parts: RenderableType) -> Table:
    grid = Table.grid(padding=(0, 3), expand=True)
    for _ in parts:
        grid.add_column()
    grid.add_row(*parts)
    return grid


def _table(title: str, *columns: str, fill: bool = False) -> Table:
    """A plain table; columns that begin with ``>`` are numbers; ``fill`` gives the last one what width is left."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.expand = fill
    for index, column in enumerate(columns):
        justify: Literal["left", "right"] = "right" if column.startswith(">") else "left"
        ratio = 1 if fill and index == len(columns) - 1 else None
        table.add_column(column.lstrip(">"), justify=justify, ratio=ratio, no_wrap=True, header_style="dim")
    return table


def _outcomes(findings: Findings) -> Table:
    table = _table("What happened", "", ">messages", ">share", "")
    for decision, word in (("approve", "approved"), ("review", "to review"), ("decline", "declined")):
        _outcome(table, findings, Text(word, DECISION_STYLES[decision]), findings.decisions[decision], "")
    _outcome(table, findings, Text("dropped", "cyan"), findings.dropped, "duplicates")
    reasons = findings.failures.most_common()
    _outcome(table, findings, Text("rejected", "magenta"), findings.failures.total(), "malformed")
    for reason, count in reasons[:4]:
        table.add_row("", Text(f"{count:,}", "dim"), "", Text(reason, "dim"))
    if len(reasons) > 4:
        table.add_row("", Text(f"{sum(count for _, count in reasons[4:]):,}", "dim"), "", Text("other reasons", "dim"))
    if findings.lost:
        _outcome(table, findings, Text("unaccounted", "bold red"), findings.lost, "no output, no failure")
    return table


def _outcome(table: Table, findings: Findings, word: Text, count: int, note: str) -> None:
    table.add_row(word, f"{count:,}", f"{count / max(1, findings.sent):.1%}", Text(note, "dim"))


def _against_truth(findings: Findings) -> Table:
    table = _table("Against the truth", "fraud by attack", ">payments", ">flagged", "", ">euros stopped")
    for kind, (sent, caught) in sorted(findings.attacks.items(), key=lambda item: -item[1][0].count):
        share = caught.count / sent.count
        bar = Text("█" * round(share * 8), "green") + Text("░" * (8 - round(share * 8)), "grey50")
        table.add_row(kind, f"{sent.count:,}", f"{share:.0%}", bar, _euros(caught))
    stopped = findings.fraud_flagged
    bold = [Text(value, "bold") for value in ("recall", f"{findings.recall:.1%}", _euros(stopped))]
    table.add_row(bold[0], f"{findings.fraud.count:,}", bold[1], "", bold[2])
    flagged = stopped.count + findings.honest_flagged.count
    table.add_row("[bold]precision[/]", f"{flagged:,}", f"[bold]{findings.precision:.1%}[/]", "", "")
    table.add_row(Text("honest, flagged", "dim"), Text(f"{findings.honest_flagged.count:,}", "dim"), "", "", "")
    return table


def _timeline(findings: Findings, width: int) -> Table:
    table = Table.grid(padding=(0, 1))
    for _ in range(3):
        table.add_column(no_wrap=True)
    styles = {"payments": "blue", "flagged": "yellow", "attacks": "red"}
    first, last = (ts // 1_000_000_000 // BUCKET_SECONDS for ts in (findings.first_ts, findings.last_ts))
    width = max(24, min(width, last - first + 1))
    for row, style in styles.items():
        bins: Counter[int] = Counter()
        for bucket, count in findings.timeline.get(row, Counter[int]()).items():
            bins[(bucket - first) * width // (last - first + 1)] += count
        peak = max(bins.values(), default=0)
        table.add_row(row, Text(_sparkline([bins[index] for index in range(width)], peak), style), f"max {peak}")
    marks = [datetime.fromtimestamp((first + (last - first) * part / 4) * BUCKET_SECONDS, UTC) for part in range(4)]
    table.add_row("", Text("".join(f"{mark:%H:%M}".ljust(width // 4) for mark in marks), "dim"), Text("UTC", "dim"))
    return table


def _sparkline(values: list[int], peak: int) -> str:
    """One character for each value; a blank means none."""
    return "".join(BARS[(value * len(BARS) - 1) // peak] if value else " " for value in values)


def _cards(cards: Iterable[Suspect]) -> Table:
    table = _table("Cards under attack", "card", "", ">flagged", ">euros", "mostly")
    for card in _worst(cards):
        mostly = card.reasons.most_common(1)[0][0]
        note = Text(card.note, "dim")
        table.add_row(card.name, note, f"{card.flagged.count}", _euros(card.flagged), Text(mostly, "dim"))
    return table


def _merchants(merchants: Iterable[Suspect]) -> Table:
    table = _table("Merchants under attack", "merchant", "", ">flagged", ">euros")
    for merchant in _worst(merchants):
        note = Text(merchant.note, "dim")
        table.add_row(merchant.name, note, f"{merchant.flagged.count}", _euros(merchant.flagged))
    return table


def _worst(suspects: Iterable[Suspect]) -> list[Suspect]:
    return sorted(suspects, key=lambda each: (-each.flagged.count, -each.flagged.euro_cents, each.name))[:5]


def _samples(findings: Findings) -> Table:
    table = _table("Flagged payments", ">score", "decision", ">euros", "merchant", "truth", "reasons", fill=True)
    for sample in sorted(findings.samples.values(), key=lambda each: -each.score)[:6]:
        table.add_row(
            f"{sample.score}",
            Text(sample.decision, DECISION_STYLES[sample.decision]),
            f"{sample.euro_cents / 100:,.0f}",
            sample.merchant,
            Text(sample.attack, "red") if sample.attack else Text("honest", "green"),
            Text(", ".join(sample.reasons), "dim"),
        )
    return table


def _euros(tally: Tally) -> str:
    return f"{tally.euro_cents / 100:,.0f}"


def as_json(findings: Findings) -> bytes:
    """The same figures for programs."""
    figures = {
        "sent": findings.sent,
        "decisions": findings.decisions,
        "dropped": findings.dropped,
        "duplicates": findings.duplicates,
        "rejected": findings.failures,
        "malformed": findings.broken,
        "unaccounted": findings.lost,
        "precision": findings.precision,
        "recall": findings.recall,
        "fraud_flagged": findings.fraud_flagged,
        "fraud_missed": findings.fraud_missed,
        "honest_flagged": findings.honest_flagged,
        "attacks": {kind: {"sent": sent, "flagged": caught} for kind, (sent, caught) in findings.attacks.items()},
    }
    return orjson.dumps(figures, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_INDENT_2)


def main() -> int:
    """Parses the command line and prints the report; 2 when a file is unusable."""
    parser = argparse.ArgumentParser(description="Show what the fraud gear did with a stream.")
    parser.add_argument("scored", type=Path, help="messages that came back (NDJSON, or CBOR when it ends with .cbor)")
    parser.add_argument("--failures", type=Path, help="rejected messages, as `plugbay run --failures` writes them")
    parser.add_argument(
        "--truth", type=Path, help="what generate.py says of the stream (truth.ndjson beside the first)"
    )
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    options = parser.parse_args()
    truth = options.truth or options.scored.with_name("truth.ndjson")
    try:
        failures = read_rows(options.failures) if options.failures else ()
        findings = compare(read_rows(options.scored), failures, read_rows(truth))
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"report: {error}\n")
        return 2
    if options.json:
        sys.stdout.buffer.write(as_json(findings))
    else:
        console = Console()
        console.print(screen(findings, console.width))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""``plugbay doctor``: is this installation sound, and do its limits hold?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from plugbay.cli.failure import FAILED
from plugbay.cli.session import session_of
from plugbay.cli.text import byte_size, visible

if TYPE_CHECKING:
    from rich.console import RenderableType

    from plugbay.doctor import DoctorReport


def doctor(context: typer.Context) -> None:
    """Show versions, engines, adapters and the cache, and attack the installation with hostile plugins.

    Each attack runs in this process and in a forked child; the table tells which limit stopped it, after how long, and
    whether the next message was served. The exit code is 1 when anything is wrong.

    Example: `plugbay doctor --json`
    """
    from plugbay.doctor import examine

    session = session_of(context)
    output = session.output
    report = examine(session.plugins)
    if output.json:
        output.document(report.to_dict())
    else:
        output.show(*_parts(report))
    if not report.passed:
        raise typer.Exit(FAILED)


def _parts(report: DoctorReport) -> list[RenderableType]:
    cache = report.cache
    facts = [
        ("versions", ", ".join(f"{name} {version}" for name, version in report.versions)),
        ("engines", ", ".join(f"{engine.name} {engine.version}" for engine in report.engines)),
        ("adapters", ", ".join(f"{adapter.name} (on {', '.join(adapter.engines)})" for adapter in report.adapters)),
        ("plugins", ", ".join(f"{plugin.name} ({plugin.package or 'no package'})" for plugin in report.plugins)),
        ("cache", f"{visible(str(cache.folder))}: {cache.entries} modules, {byte_size(cache.used_bytes)}"),
        ("epoch", "ticking" if report.ticker_alive else "not ticking: deadlines would not hold"),
    ]
    verdict = [f"problem: {visible(problem)}" for problem in report.problems]
    verdict += [f"note: {visible(note)}" for note in report.notes]
    if report.passed:
        verdict.append(f"All is well: {len(report.attacks)} attacks were stopped in {report.seconds:.1f} s.")
    return [_facts(facts), "", _attacks(report), "", *verdict]


def _facts(rows: list[tuple[str, str]]) -> RenderableType:
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _attacks(report: DoctorReport) -> RenderableType:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("a guest tries")
    table.add_column("in")
    table.add_column("and is stopped by")
    table.add_column("after", justify="right")
    table.add_column("next message")
    for attack in report.attacks:
        by = attack.stopped_by or "a refusal"
        table.add_row(
            attack.tries,
            str(attack.place),
            f"{by} ({attack.limit})" if attack.limit else by,
            f"{attack.milliseconds:.1f} ms",
            "served" if attack.next_served else "not served",
            style=None if attack.passed else "bold red",
        )
    return table

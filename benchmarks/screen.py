"""Prints findings on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from results import Section, Target
from rich.console import Console
from rich.table import Table


def show(console: Console, section: Section) -> None:
    """One benchmark's table, with what was timed below it."""
    table = Table(title=section.title, title_justify="left", title_style="bold")
    for number, column in enumerate(section.columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=not number)
    for row in section.rows:
        table.add_row(*row)
    console.print(table)
    console.print(section.timed, "", style="dim", highlight=False)


def show_targets(console: Console, targets: Sequence[Target]) -> None:
    """Every target, met or missed."""
    table = Table(title="Targets", title_justify="left", title_style="bold")
    for column in ("what", "wanted", "found"):
        table.add_column(column, justify="left" if column == "what" else "right")
    table.add_column("")
    for target in targets:
        table.add_row(target.what, target.wish(), target.result(), "[green]met" if target.met else "[red]missed")
    console.print(table)

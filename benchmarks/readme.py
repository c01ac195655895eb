"""Keeps the last results in the README between its two marks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from machine import Machine
from results import Section

README: Final = Path(__file__).with_name("README.md")
BEGIN: Final = "<!-- results: written by run.py --readme -->"
END: Final = "<!-- end of results -->"


def update(machine: Machine, sections: Sequence[Section], effort: str) -> None:
    """Replace the last results by these."""
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    body = "\n".join(_markdown(machine, sections, effort))
    README.write_text(f"{before}{BEGIN}\n{body}\n{END}{after}", "utf-8")


def _markdown(machine: Machine, sections: Sequence[Section], effort: str) -> Iterator[str]:
    yield f"A {effort} run, {machine.sentence()}.\n"
    yield "### Targets\n"
    rows = [
        (target.what, target.wish(), target.result(), "met" if target.met else "**missed**")
        for section in sections
        for target in section.targets
    ]
    yield from _table(("what", "wanted", "found", ""), rows)
    for section in sections:
        yield f"\n### {section.title}\n\n{section.timed}\n"
        yield from _table(section.columns, section.rows)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _row(columns)
    yield _row(["---", *["---:"] * (len(columns) - 1)])
    yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"

"""What would be judged, for ``plugbay conform --list``."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from plugbay.cli.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from plugbay_conformance.case import Case, Subject
    from plugbay_conformance.specification import Requirement

    Cases = Sequence[tuple[Requirement, Case]]


def list_parts(subject: Subject, cases: Cases) -> Iterator[RenderableType]:
    """A table of requirements with their cases, in the order of the specification."""
    yield Text.assemble((visible(subject.name), "bold"), f"  {subject.abi} {subject.profile}")
    table = Table(box=None, show_header=False, padding=(0, 0, 0, 2))
    for style in ("bold", "dim", None, "dim"):
        table.add_column(style=style, overflow="fold")
    for requirement, own in groupby(cases, key=lambda pair: pair[0]):
        names = "\n".join(f"{case.name} ({case.kind})" for _, case in own)
        table.add_row(requirement.id, requirement.level, requirement.title, names)
    yield table
    count = len({requirement.id for requirement, _ in cases})
    yield Text(f"{count} requirements, {len(cases)} cases")


def list_document(subject: Subject, cases: Cases) -> dict[str, object]:
    """The same as plain values."""
    return {
        "module": subject.name,
        "abi": subject.abi,
        "profile": subject.profile,
        "cases": [
            {
                "case": case.id,
                "kind": case.kind,
                "requirement": requirement.id,
                "level": requirement.level,
                "title": requirement.title,
                "text": requirement.text,
                "source": requirement.source,
                "reason": requirement.reason,
            }
            for requirement, case in cases
        ],
    }

"""Which cases a run judges."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugbay_conformance.case import Case, CaseKind
    from plugbay_conformance.specification import Level, Requirement


@dataclass(frozen=True, slots=True)
class Selection:
    """What a case has to be; all that is given must hold, and nothing given selects everything.

    ``requirements`` are ids of requirements or cases, with ``*`` and ``?`` as in file names (``FLX-012``, ``FLX-01*``,
    ``FLX-012/wild_pointer``). ``keyword`` is looked for, in any case of letters, in ids, titles and names of cases.
    """

    requirements: tuple[str, ...] = ()
    keyword: str = ""
    kinds: frozenset[CaseKind] = frozenset()
    levels: frozenset[Level] = frozenset()

    def picks(self, case: Case, requirement: Requirement) -> bool:
        """Whether the case is selected; ``requirement`` is what it judges."""
        return (
            (not self.requirements or any(_matches(pattern, case) for pattern in self.requirements))
            and self.keyword.lower() in f"{case.id} {requirement.title}".lower()
            and (not self.kinds or case.kind in self.kinds)
            and (not self.levels or requirement.level in self.levels)
        )

    def unmatched(self, cases: Iterable[Case]) -> tuple[str, ...]:
        """The patterns of ``requirements`` that fit none of the cases: most likely misspelt."""
        every = tuple(cases)
        return tuple(pattern for pattern in self.requirements if not any(_matches(pattern, case) for case in every))

    def __str__(self) -> str:
        """What is asked for, for people."""
        parts = [
            " or ".join(self.requirements),
            f"the word {self.keyword!r}" if self.keyword else "",
            " or ".join(f"kind {kind}" for kind in sorted(self.kinds)),
            " or ".join(f"level {level}" for level in sorted(self.levels)),
        ]
        return " and ".join(part for part in parts if part) or "everything"


EVERYTHING = Selection()
"""Selects every case."""


def _matches(pattern: str, case: Case) -> bool:
    pattern = pattern.upper() if "/" not in pattern else pattern
    return fnmatchcase(case.requirement, pattern) or fnmatchcase(case.id, pattern)

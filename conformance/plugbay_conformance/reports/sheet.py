"""Reports arranged for a reader: one sheet per ABI and profile, requirements down, modules and engines across."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugbay_conformance.reports.tally import results_on
from plugbay_conformance.results import Status
from plugbay_conformance.running.verdicts import status_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay_conformance.results import CaseResult, ProfileResult, Report
    from plugbay_conformance.specification import Requirement


@dataclass(frozen=True, slots=True)
class Column:
    """One module on one engine."""

    report: Report
    profile: ProfileResult
    label: str


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of a requirement in one column: ``status`` is None when it was not judged."""

    column: Column
    status: Status | None
    results: tuple[CaseResult, ...]

    @property
    def told(self) -> tuple[CaseResult, ...]:
        """The results that have something to say."""
        return tuple(result for result in self.results if result.status is not Status.PASSED)


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement across all columns."""

    requirement: Requirement
    cells: tuple[Cell, ...]

    @property
    def worst(self) -> str:
        """The worst status of the row, by which it is filtered; ``none`` when it was judged nowhere."""
        order = (Status.FAILED, Status.UNEXPECTED, Status.EXPECTED, Status.SKIPPED, Status.PASSED)
        found = {cell.status for cell in self.cells}
        return next((status.value for status in order if status in found), "none")

    @property
    def words(self) -> str:
        """What a search looks through, in lower case."""
        requirement = self.requirement
        return f"{requirement.id} {requirement.title} {requirement.text} {requirement.level}".lower()


@dataclass(frozen=True, slots=True)
class Sheet:
    """All reports on one profile of one ABI."""

    abi: str
    profile: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def sheets_of(reports: Sequence[Report]) -> tuple[Sheet, ...]:
    """The sheets of some reports, in the order in which their profiles first occur."""
    grouped: dict[tuple[str, str], list[Report]] = {}
    for report in reports:
        grouped.setdefault((report.abi, report.profile), []).append(report)
    return tuple(_sheet(abi, profile, group) for (abi, profile), group in grouped.items())


def _sheet(abi: str, profile: str, reports: Sequence[Report]) -> Sheet:
    names = _names(reports)
    columns = tuple(
        Column(report, result, _label(name, result, several=len(report.profiles) > 1))
        for report, name in zip(reports, names, strict=True)
        for result in report.profiles
    )
    found = [results_on(column.report, column.profile.engine) for column in columns]
    requirements = reports[0].specification.of_profile(profile)
    rows = tuple(
        Row(
            requirement,
            tuple(
                Cell(column, status_of(results.get(requirement.id, ())), tuple(results.get(requirement.id, ())))
                for column, results in zip(columns, found, strict=True)
            ),
        )
        for requirement in requirements
    )
    return Sheet(abi, profile, columns, rows)


def _names(reports: Sequence[Report]) -> list[str]:
    """What tells the modules apart: nothing where there is one, their languages, or else their names."""
    if len(reports) == 1:
        return [""]
    languages = [report.module.contract.language if report.module.contract is not None else "" for report in reports]
    return [
        language if language and languages.count(language) == 1 else report.module.name
        for language, report in zip(languages, reports, strict=True)
    ]


def _label(name: str, profile: ProfileResult, *, several: bool) -> str:
    if not name:
        return profile.engine
    return f"{name}, {profile.engine}" if several else name

"""What a run judges: cases, engines and hosts, in an order that is always the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugbay_conformance.case import CaseKind
from plugbay_conformance.errors import SelectionEmpty
from plugbay_conformance.host_profile import SPECIFICATION
from plugbay_conformance.running.no_engine import NO_ENGINE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plugbay_conformance.case import Case
    from plugbay_conformance.selection import Selection
    from plugbay_conformance.suite import AbiSuite


@dataclass(frozen=True, slots=True)
class Job:
    """One case on one engine under one host, by their names."""

    case: str
    engine: str
    host: str


@dataclass(frozen=True, slots=True, order=True)
class Comparison:
    """One case on two engines, whose answers are compared."""

    case: str
    engines: tuple[str, str]


def plan_jobs(
    suite: AbiSuite, profile: str, engines: Sequence[str], selection: Selection, *, hosts: bool
) -> tuple[Job, ...]:
    """The jobs of a run: the file's cases once, the others on each engine, then those that each other host is asked.

    Other hosts are asked on the first engine that can tell. Raises :class:`SelectionEmpty` when nothing is selected.
    """
    cases = selected_cases(suite, profile, selection)
    own = [Job(case.id, NO_ENGINE, SPECIFICATION) for case in cases if case.kind is CaseKind.BINARY]
    run = [case for case in cases if case.kind is not CaseKind.BINARY]
    own += [Job(case.id, engine, SPECIFICATION) for engine in engines for case in run]
    return (*own, *(_host_jobs(suite, profile, engines, cases) if hosts else ()))


def plan_comparisons(
    suite: AbiSuite, profile: str, engines: Sequence[str], selection: Selection
) -> tuple[Comparison, ...]:
    """Each case on the first engine and on every other one, where both can run it."""
    first, *others = engines
    cases = [case for case in selected_cases(suite, profile, selection) if case.kind is not CaseKind.BINARY]
    return tuple(
        Comparison(case.id, (first, other))
        for other in others
        for case in cases
        if _runs_on(case, first) and _runs_on(case, other)
    )


def selected_cases(suite: AbiSuite, profile: str, selection: Selection) -> tuple[Case, ...]:
    """The cases of a profile that are selected.

    Raises :class:`SelectionEmpty` when there is none, or none for one of the patterns.
    """
    every = suite.of_profile(profile)
    cases = tuple(case for case in every if selection.picks(case, suite.requirement(case)))
    unmatched = selection.unmatched(every)
    if unmatched or not cases:
        raise SelectionEmpty(
            f"nothing of {suite.abi}'s profile {profile} is selected by {unmatched[0] if unmatched else selection}",
            found=unmatched[0] if unmatched else str(selection),
            hint="plugbay conform FILE --list shows what there is",
        )
    return cases


def _host_jobs(suite: AbiSuite, profile: str, engines: Sequence[str], cases: Sequence[Case]) -> Iterator[Job]:
    for host in suite.hosts:
        if host.is_specification or profile not in host.profiles:
            continue
        for case in cases:
            if not case.on_hosts:
                continue
            engine = next((engine for engine in engines if _runs_on(case, engine)), None)
            if engine is not None:
                yield Job(case.id, engine if case.kind is not CaseKind.BINARY else NO_ENGINE, host.name)


def _runs_on(case: Case, engine: str) -> bool:
    return case.engines is None or engine in case.engines

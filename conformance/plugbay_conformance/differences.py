"""Where two engines disagree about a guest: the same case is run on both, and its conversations are compared.

Time, randomness, state and answers are fixed by the setting of each session, so a difference has no excuse: it is a
mistake of an engine, of the suite's host on it, or of a guest that relies on what no engine promises.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import CaseKind
from plugbay_conformance.engines.recording import Aspect, RecordingEngine, Step
from plugbay_conformance.results import Difference
from plugbay_conformance.running.judge import judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay_conformance.case import Case, Subject
    from plugbay_conformance.engines.contract import ConformanceEngine
    from plugbay_conformance.host_profile import HostProfile
    from plugbay_conformance.specification import Requirement

_WITHOUT_LOGS: Final = frozenset({"libextism"})
"""Engines that have one log for a whole process, and tell no session what it logged."""
_MOST_SHOWN: Final = 400


def find_differences(
    case: Case,
    requirement: Requirement,
    subject: Subject,
    engines: tuple[ConformanceEngine, ConformanceEngine],
    host: HostProfile,
    seed: int,
) -> tuple[Difference, ...]:
    """Run a case on both engines and say where they disagree, at most once on each aspect.

    Nothing is compared for a case that needs no engine, or that one of the two can't run.
    """
    names = (engines[0].name, engines[1].name)
    if case.kind is CaseKind.BINARY or (case.engines is not None and not case.engines.issuperset(names)):
        return ()
    recordings: list[Sequence[Step]] = []
    for engine in engines:
        recording = RecordingEngine(engine, tells_logs=_WITHOUT_LOGS.isdisjoint(names))
        judge(case, requirement, subject, recording, host, seed)
        recordings.append(recording.recorder.steps)
    return tuple(
        Difference(case.requirement, case.name, aspect.value, names, found)
        for aspect, found in compare_steps(recordings[0], recordings[1])
    )


def compare_steps(first: Sequence[Step], second: Sequence[Step]) -> list[tuple[Aspect, tuple[str, str]]]:
    """The first difference on each aspect, and both sides of it.

    Comparing ends where a case asks the two engines for different things, which it does because of an earlier answer.
    """
    found: dict[Aspect, tuple[str, str]] = {}
    for one, other in zip_longest(first, second):
        if one is None or other is None or one.asked != other.asked:
            if not found:
                found[Aspect.OUTPUT] = (_course(one), _course(other))
            break
        if one.aspect is other.aspect and one.found == other.found:
            continue
        aspect = Aspect.TRAP if Aspect.TRAP in (one.aspect, other.aspect) else one.aspect
        found.setdefault(aspect, (_shown(one), _shown(other)))
    return list(found.items())


def _shown(step: Step) -> str:
    told = f" ({step.told})" if step.told else ""
    return _cut(f"{step.asked}: {step.found!s}{told}")


def _course(step: Step | None) -> str:
    return "the case ended" if step is None else _cut(f"the case went on: {step.asked}")


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"

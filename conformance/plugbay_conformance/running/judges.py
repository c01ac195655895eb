"""The contract between a run and those who judge its cases, here or in processes of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugbay_conformance.case import GuestContract, Subject
    from plugbay_conformance.results import CaseResult, Difference, EngineFacts
    from plugbay_conformance.running.faults import Fault
    from plugbay_conformance.running.plan import Comparison, Job


class Judges(Protocol):
    """Judge one subject after the other: the loaded one, given again with its profile and contract known better."""

    def load(self, subject: Subject) -> None:
        """Judge that module from now on."""
        ...

    def engine_facts(self, name: str) -> EngineFacts:
        """Name and version of an engine. Raises :class:`~plugbay_conformance.engines.errors.EngineMissing`."""
        ...

    def read_contract(self, subject: Subject, engine: str) -> GuestContract | None:
        """What the guest says about itself; None when it is no conformance guest of the subject's ABI, or hangs."""
        ...

    def judge(self, subject: Subject, jobs: Iterable[Job], seed: int) -> Iterator[tuple[Job, CaseResult | Fault]]:
        """What becomes of each job, in the order in which they end."""
        ...

    def compare(
        self, subject: Subject, comparisons: Iterable[Comparison], seed: int
    ) -> Iterator[tuple[Comparison, tuple[Difference, ...] | Fault]]:
        """Where the engines of each comparison disagree, in the order in which they end."""
        ...

    def close(self) -> None:
        """Free engines and processes, whatever they are at."""
        ...

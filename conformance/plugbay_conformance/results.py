"""What a run found, as values: reports of every form are made of these alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugbay_conformance.case import CaseKind, Evidence, GuestContract
    from plugbay_conformance.specification import Specification

SUITE_VERSION = "1.0"


class Status(StrEnum):
    """What became of a case."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    EXPECTED = "expected"
    """Failed, as the file of expected failures says."""
    UNEXPECTED = "unexpected"
    """Passed, although the file of expected failures says that it fails: the run is red."""


class Verdict(StrEnum):
    """What a profile's results mean."""

    CONFORMANT = "conformant"
    PARTIAL = "partial"
    """Nothing failed, but a MUST was skipped, or the run was cut short."""
    FAILED = "failed"
    """A MUST failed, or passed unexpectedly."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case on one engine under one host profile.

    ``reason`` says why it failed, was skipped or was expected to fail; empty when it passed. ``seconds`` is wall time.
    ``engine`` is ``-`` for a case that runs nothing.
    """

    requirement: str
    case: str
    kind: CaseKind
    engine: str
    host: str
    status: Status
    seconds: float
    reason: str = ""
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two engines disagree on one case: ``what`` is output, state, logs or trap."""

    requirement: str
    case: str
    what: str
    engines: tuple[str, str]
    found: tuple[str, str]


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """An engine that took part."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """The module that was judged: hex SHA-256, bytes, and what its contract says."""

    name: str
    path: str
    digest: str
    size: int
    contract: GuestContract | None = None


@dataclass(frozen=True, slots=True)
class ProfileResult:
    """Counts of one profile on one engine, under the specification's own host; each requirement counts once.

    A requirement failed when one of its cases did; it was skipped when none failed and one was skipped.
    """

    profile: str
    engine: str
    verdict: Verdict
    passed: int
    failed: int
    skipped: int
    expected: int
    must_failed: tuple[str, ...] = ()
    must_skipped: tuple[str, ...] = ()
    should_failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HostResult:
    """How the plugin would fare on a host with quirks: the cases that broke under it."""

    host: str
    title: str
    passed: int
    broken: tuple[CaseResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """All that one run over one module found. ``complete`` is False when Ctrl-C cut it short."""

    specification: Specification
    module: ModuleFacts
    abi: str
    profile: str
    engines: tuple[EngineFacts, ...]
    results: tuple[CaseResult, ...]
    profiles: tuple[ProfileResult, ...]
    hosts: tuple[HostResult, ...] = ()
    differences: tuple[Difference, ...] = ()
    seed: int = 1
    seconds: float = 0.0
    started: int = 0
    """Unix nanoseconds."""
    complete: bool = True
    suite_version: str = field(default=SUITE_VERSION)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the profile's engines."""
        order = (Verdict.FAILED, Verdict.PARTIAL, Verdict.CONFORMANT)
        verdicts = {result.verdict for result in self.profiles} or {Verdict.PARTIAL}
        return next(verdict for verdict in order if verdict in verdicts)

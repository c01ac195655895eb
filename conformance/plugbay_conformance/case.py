"""A case: the code that judges one requirement on one guest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from plugbay.module.info import ModuleInfo
    from plugbay_conformance.engines.contract import ConformanceEngine
    from plugbay_conformance.host_profile import HostProfile
    from plugbay_conformance.specification import Requirement


class CaseKind(StrEnum):
    """What a case needs of the module."""

    BINARY = "binary"
    """Only the file: nothing is run, so no engine counts."""
    MODULE = "module"
    """Any module of the ABI, as a black box."""
    GUEST = "guest"
    """The conformance guest: a module that answers the operations of the contract."""


@dataclass(frozen=True, slots=True)
class GuestContract:
    """What a conformance guest says about itself (``spec/v1/guests.md``, operation ``contract``)."""

    contract: str
    abi: str
    profile: str
    language: str
    sdk: str
    sdk_version: str


@dataclass(frozen=True, slots=True)
class Subject:
    """The module that is judged. ``contract`` is None for a module that is no conformance guest."""

    name: str
    module: bytes
    info: ModuleInfo
    abi: str
    profile: str
    contract: GuestContract | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One way to find out whether a requirement holds.

    ``run`` returns when it does; it raises :class:`CaseFailed` when it does not, :class:`CaseSkipped` when it can't be
    told. ``engines`` names those that can run it (None: every engine of the ABI). ``on_hosts`` is set for cases that
    are run again under each :class:`HostProfile` of the ABI. ``slow`` is set for those that take far longer than most:
    they are begun first, so that no worker is alone with one at the end.
    """

    requirement: str
    name: str
    kind: CaseKind
    run: Callable[[CaseContext], None]
    engines: frozenset[str] | None = None
    on_hosts: bool = False
    slow: bool = False

    @property
    def id(self) -> str:
        """``FLX-012/wild_pointer``: unique in the suite, stable between versions of it."""
        return f"{self.requirement}/{self.name}"


@dataclass(frozen=True, slots=True)
class CaseContext:
    """What a case works with. ``random`` is seeded by the run's seed and the case, so a case repeats alone."""

    subject: Subject
    requirement: Requirement
    engine: ConformanceEngine
    host: HostProfile
    random: Random


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a reader needs to believe a verdict and to mend the guest; all texts are for people.

    ``input`` and ``output`` are the bytes that went in and came out, shown as hex and as text; ``logs`` the lines that
    the guest logged, each ``level: text``.
    """

    expected: str
    found: str
    input: bytes | None = None
    output: bytes | None = None
    logs: tuple[str, ...] = field(default=())


class CaseFailed(Exception):
    """The requirement does not hold."""

    def __init__(self, reason: str, evidence: Evidence) -> None:
        super().__init__(reason)
        self.reason = reason
        self.evidence = evidence


class CaseSkipped(Exception):
    """It can't be told on this module, engine or host; the reason says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def fail(
    reason: str,
    *,
    expected: object,
    found: object,
    input: bytes | None = None,  # noqa: A002 # the fact's name in reports
    output: bytes | None = None,
    logs: tuple[str, ...] = (),
) -> NoReturn:
    """Say that the requirement does not hold: one sentence, what was expected, what was found.

    Raises :class:`CaseFailed`.
    """
    raise CaseFailed(reason, Evidence(str(expected), str(found), input, output, logs))

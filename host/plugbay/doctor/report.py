"""What the doctor found, as values to print or to turn into JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugbay.engines.wasmtime.cache import CacheInfo


class Place(StrEnum):
    """Where an attack took place."""

    PROCESS = "this process"
    CHILD = "a forked child"


@dataclass(frozen=True, slots=True)
class AttackResult:
    """How one hostile guest ended.

    ``tries`` and ``meets`` say what it attempted and what must stop it. ``stopped_by`` is the code of the error that
    ended its message, None when the guest was refused what it wanted and ended by itself; ``limit`` is the limit that
    the error names. ``next_served`` says whether the guest and the honest one beside it both served the next message.
    """

    guest: str
    place: Place
    tries: str
    meets: str
    stopped_by: str | None
    limit: str | None
    detail: str
    milliseconds: float
    next_served: bool
    passed: bool


@dataclass(frozen=True, slots=True)
class EngineReport:
    """An engine that is installed."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class AdapterReport:
    """An adapter that is installed, and the engines that it can use."""

    name: str
    engines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PluginReport:
    """Something registered with plugbay: its name, the package that brought it, the hooks that it answers."""

    name: str
    package: str | None
    hooks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """Everything that the doctor looked at. ``problems`` is empty when all is well; ``notes`` say what was left out."""

    versions: tuple[tuple[str, str], ...]
    engines: tuple[EngineReport, ...]
    adapters: tuple[AdapterReport, ...]
    plugins: tuple[PluginReport, ...]
    cache: CacheInfo
    ticker_alive: bool
    attacks: tuple[AttackResult, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether there is no problem."""
        return not self.problems

    def to_dict(self) -> dict[str, object]:
        """The report as plain values for JSON."""
        facts = asdict(self)
        facts["versions"] = dict(self.versions)
        facts["cache"]["folder"] = str(self.cache.folder)
        return {"passed": self.passed, **facts}

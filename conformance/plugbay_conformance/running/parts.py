"""Where suite and engines come from, as names that a worker process can import too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugbay_conformance.case import Case, Subject
    from plugbay_conformance.engines.contract import ConformanceEngine
    from plugbay_conformance.host_profile import HostProfile
    from plugbay_conformance.results import Difference
    from plugbay_conformance.specification import Requirement
    from plugbay_conformance.suite import AbiSuite

LoadSuite = Callable[[str], "AbiSuite"]
OpenEngine = Callable[[str], "ConformanceEngine"]
FindDifferences = Callable[
    ["Case", "Requirement", "Subject", tuple["ConformanceEngine", "ConformanceEngine"], "HostProfile", int],
    Iterable["Difference"],
]


@dataclass(frozen=True, slots=True)
class Parts:
    """``module:name`` for each: the suite of an ABI, an engine by its name, the differences between two, and which
    engines an ABI has."""

    suite: str = "plugbay_conformance.suite:load_suite"
    engine: str = "plugbay_conformance.engines:open_engine"
    differences: str = "plugbay_conformance.differences:find_differences"
    engines_of: str = "plugbay_conformance.engines:ENGINES_OF"

    def load_suite(self, abi: str) -> AbiSuite:
        """The suite of an ABI."""
        load: LoadSuite = _named(self.suite)
        return load(abi)

    def open_engine(self, name: str) -> ConformanceEngine:
        """The engine of that name; the caller closes it."""
        open_: OpenEngine = _named(self.engine)
        return open_(name)

    def load_differences(self) -> FindDifferences:
        """What compares two engines."""
        find: FindDifferences = _named(self.differences)
        return find

    def load_engines_of(self) -> Mapping[str, Sequence[str]]:
        """The engines of each ABI."""
        engines: Mapping[str, Sequence[str]] = _named(self.engines_of)
        return engines


def _named(name: str) -> Any:
    module, _, function = name.partition(":")
    return getattr(import_module(module), function)

"""The suite of one ABI: its specification, the cases that judge by it, and the hosts that they run under."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

from plugbay_conformance.errors import SuiteInvalid
from plugbay_conformance.host_profile import SPECIFICATION
from plugbay_conformance.specification import load_specification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugbay_conformance.case import Case, GuestContract, Subject
    from plugbay_conformance.engines.contract import ConformanceEngine
    from plugbay_conformance.host_profile import HostProfile
    from plugbay_conformance.specification import Requirement, Specification

    ReadContract = Callable[[ConformanceEngine, Subject], GuestContract | None]

ABIS: Final = ("fluxrig", "extism", "priostack")
"""The ABIs that there is a suite of."""


@dataclass(frozen=True, slots=True)
class AbiSuite:
    """What judges modules of one ABI. ``hosts`` begins with the specification's own."""

    specification: Specification
    cases: tuple[Case, ...]
    hosts: tuple[HostProfile, ...]
    read_contract: ReadContract

    @property
    def abi(self) -> str:
        """The ABI's name."""
        return self.specification.abi

    def requirement(self, case: Case) -> Requirement:
        """What a case judges. Raises :class:`SuiteInvalid` when the specification does not have it."""
        requirement = self.specification.requirement(case.requirement)
        if requirement is None:
            raise SuiteInvalid(f"the case {case.id} judges {case.requirement}, which the specification does not have")
        return requirement

    def case(self, id: str) -> Case:  # noqa: A002 # the fact's name in reports
        """The case of that id. Raises :class:`KeyError`."""
        found = next((case for case in self.cases if case.id == id), None)
        if found is None:
            raise KeyError(id)
        return found

    def host(self, name: str) -> HostProfile:
        """The host profile of that name. Raises :class:`KeyError`."""
        found = next((host for host in self.hosts if host.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def of_profile(self, profile: str) -> tuple[Case, ...]:
        """The cases whose requirement belongs to the profile, in the order of the specification."""
        places = {requirement.id: place for place, requirement in enumerate(self.specification.of_profile(profile))}
        chosen = [case for case in self.cases if case.requirement in places]
        return tuple(sorted(chosen, key=lambda case: places[case.requirement]))


def load_suite(abi: str) -> AbiSuite:
    """The suite of an ABI of :data:`ABIS`.

    Raises :class:`~plugbay_conformance.errors.SpecificationInvalid`: this installation is broken, not the module.
    """
    package = import_module(f"plugbay_conformance.{abi}")
    return AbiSuite(load_specification(abi), package.CASES, package.HOSTS, package.read_contract)


def suite_problems(suite: AbiSuite) -> Iterator[str]:
    """Everything by which cases, hosts and specification do not belong together, a sentence each.

    The tests ask it of each ABI, so that nobody who judges a module has to wait for it.
    """
    requirements = {requirement.id for requirement in suite.specification.requirements}
    judged = {case.requirement for case in suite.cases}
    for case in suite.cases:
        if case.requirement not in requirements:
            yield f"the case {case.id} judges a requirement that there is not"
    yield from (f"no case judges {id_}" for id_ in sorted(requirements - judged))
    counts = Counter(case.id for case in suite.cases)
    yield from (f"two cases are called {id_}" for id_, count in counts.items() if count > 1)
    yield from _host_problems(suite)


def _host_problems(suite: AbiSuite) -> Iterator[str]:
    if not suite.hosts or suite.hosts[0].name != SPECIFICATION:
        yield f"the first host is not {SPECIFICATION}"
    counts = Counter(host.name for host in suite.hosts)
    yield from (f"two hosts are called {name}" for name, count in counts.items() if count > 1)
    known = suite.specification.profiles
    for host in suite.hosts:
        yield from (
            f"the host {host.name} is for {profile}, which is no profile"
            for profile in host.profiles
            if profile not in known
        )

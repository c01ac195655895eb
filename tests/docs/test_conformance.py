"""The page on conformance tells of the specification, engines, hosts and verdicts as the suite has them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugbay_conformance.engines import ENGINES_OF
from plugbay_conformance.extism import HOSTS as EXTISM_HOSTS
from plugbay_conformance.fluxrig import HOSTS as FLUXRIG_HOSTS
from plugbay_conformance.priostack import HOSTS as PRIOSTACK_HOSTS
from plugbay_conformance.results import Verdict
from plugbay_conformance.suite import ABIS, load_suite

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.docs.conftest import Page

PAGE = "docs/conformance.md"


def names(cell: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", cell))


def test_the_profiles_are_those_of_the_specification(page_at: Callable[[str], Page]) -> None:
    rows = page_at(PAGE).rows("The specification")
    assert [re.findall(r"v1/(\w+)\.md", file) for file, _, _ in rows] == [[abi, abi] for abi in ABIS]
    for abi, (_, _, profiles) in zip(ABIS, rows, strict=True):
        assert names(profiles) == set(load_suite(abi).specification.profiles)


def test_the_engines_are_those_that_can_be_named(page_at: Callable[[str], Page]) -> None:
    listed = {engine.strip("`"): kind for engine, kind, _ in page_at(PAGE).rows("Engines")}
    assert set(listed) == {name for engines in ENGINES_OF.values() for name in engines}
    for engine, kind in listed.items():
        judged = {abi for abi, engines in ENGINES_OF.items() if engine in engines}
        assert judged == (set(ENGINES_OF) if kind == "all ABIs" else {kind.lower()})


def test_the_hosts_are_those_with_habits(page_at: Callable[[str], Page]) -> None:
    listed = {name.strip("`") for name, _ in page_at(PAGE).rows("Other hosts")}
    hosts = (*FLUXRIG_HOSTS, *EXTISM_HOSTS, *PRIOSTACK_HOSTS)
    assert listed == {host.name for host in hosts if not host.is_specification}


def test_the_verdicts_are_those_of_a_report(page_at: Callable[[str], Page]) -> None:
    assert [verdict.strip("`") for verdict, _, _ in page_at(PAGE).rows("Verdicts")] == list(Verdict)

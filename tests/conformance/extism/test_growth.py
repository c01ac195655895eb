"""A leak is told from a collector's first growth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from plugbay_conformance.case import CaseFailed, CaseSkipped
from plugbay_conformance.engines.contract import CallSession, GuestStopped, Repeated, StopKind
from plugbay_conformance.extism.growth import check_growth
from plugbay_conformance.extism.plugin import Plugin

EARLY = 200
"""Calls that a plugin is asked for before the rounds."""


class Growing:
    """A session whose memory has these pages after the first hundred calls, and after each round."""

    def __init__(self, first: int, *rounds: int, more: int = 0) -> None:
        self._first = first
        self._rounds = list(rounds)
        self._more = more
        self.asked = 0

    def repeat(self, function: str, payloads: Sequence[bytes], count: int) -> Repeated:
        if count == EARLY:
            return Repeated(count, self._first, self._first, "")
        self.asked += 1
        pages = self._rounds.pop(0) if len(self._rounds) > 1 else self._rounds[0]
        if len(self._rounds) == 1:
            self._rounds[0] += self._more
        return Repeated(count, self._first, pages, "")


class Ending:
    def repeat(self, function: str, payloads: Sequence[bytes], count: int) -> Repeated:
        raise GuestStopped(StopKind.TRAP, "unreachable")


def _plugin(session: object) -> Plugin:
    return Plugin(cast("CallSession", session), frozenset({"f"}), 1024)


@pytest.mark.parametrize(
    ("session", "asked"),
    [
        (Growing(2, 2), 1),
        (Growing(0, 0), 1),
        (Growing(52, 72, 80, 88, 104, 112, 124, 124), 7),
        (Growing(64, 128, 128), 2),
        (Growing(40, 41, 42, more=1), 20),
    ],
    ids=["steady", "not told", "a collector at work", "one step", "slow, and never far"],
)
def test_memory_that_settles_or_stays_in_proportion_is_no_leak(session: Growing, asked: int) -> None:
    check_growth(_plugin(session), "f", [b""], 100)
    assert session.asked == asked


@pytest.mark.parametrize("session", [Growing(2, 4, 6, 8, 10), Growing(1, 5, 9, 13, more=4), Growing(50, 210, 370, 530)])
def test_memory_that_grows_with_every_round_is_a_leak(session: Growing) -> None:
    with pytest.raises(CaseFailed, match="grows with every round of 100 calls of f"):
        check_growth(_plugin(session), "f", [b""], 100)


def test_a_call_that_ends_the_instance_tells_nothing_of_growth() -> None:
    with pytest.raises(CaseSkipped, match="unreachable"):
        check_growth(_plugin(Ending()), "f", [b""], 100)


class Filling:
    """A session that grows early, and ends when its memory is full, or can't be told to have one."""

    def __init__(self, early: int) -> None:
        self._early = early

    def repeat(self, function: str, payloads: Sequence[bytes], count: int) -> Repeated:
        if count == EARLY:
            return Repeated(count, 101, self._early, "")
        raise GuestStopped(StopKind.TRAP, "out of memory")


def test_an_instance_that_grew_until_it_ended_has_a_leak() -> None:
    with pytest.raises(CaseFailed, match="grows with every round of 100 calls of f") as failure:
        check_growth(_plugin(Filling(201)), "f", [b""], 100)
    assert failure.value.evidence.found == "201 pages after 200 calls, then out of memory"


def test_an_instance_that_ended_without_growing_tells_nothing_of_growth() -> None:
    with pytest.raises(CaseSkipped, match="out of memory"):
        check_growth(_plugin(Filling(101)), "f", [b""], 100)


def test_memory_that_the_host_alone_stopped_is_a_leak() -> None:
    with pytest.raises(CaseFailed, match="grows with every round"):
        check_growth(_plugin(Growing(101, 1024, 1024)), "f", [b""], 100)


def test_a_function_that_is_not_there_is_not_asked() -> None:
    with pytest.raises(CaseSkipped, match="does not export g"):
        check_growth(_plugin(Ending()), "g", [b""], 100)

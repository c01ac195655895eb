"""A leak is told from memory that settles, and a memory that is full from one that has settled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plugbay_conformance.settling import grows


@pytest.mark.parametrize(
    ("first", "settled", "pieces"),
    [(2, 2, [2]), (2, 20, [40, 60, 60]), (64, 64, [64]), (1, 63, [63])],
    ids=["steady", "a collector at work", "large from the beginning", "not quite full"],
)
def test_memory_that_stops_growing_has_settled(first: int, settled: int, pieces: list[int]) -> None:
    work: Iterator[int] = iter(pieces)
    assert grows(first, settled, lambda: next(work), most=64) is None
    assert list(work) == []


def test_memory_that_grows_with_each_piece_is_a_leak() -> None:
    work = iter(range(3, 60))
    assert grows(2, 2, lambda: next(work), most=64) == (11, 12)


@pytest.mark.parametrize(("settled", "pieces"), [(64, [64]), (30, [64, 64])])
def test_memory_that_the_host_alone_stopped_is_a_leak(settled: int, pieces: list[int]) -> None:
    work = iter(pieces)
    assert grows(2, settled, lambda: next(work), most=64) == (2, 64)

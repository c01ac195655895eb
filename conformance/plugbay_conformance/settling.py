"""Telling a leak from memory that has not settled yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_ATTEMPTS: Final = 10


def grows(first: int, settled: int, work: Callable[[], int], *, most: int) -> tuple[int, int] | None:
    """The pages before and after when the memory grows without end, else None.

    ``work`` does a piece and answers with the pages afterwards; ``first`` is what there was at the beginning,
    ``settled`` what there is before the first piece, ``most`` what the host gives. A garbage collector may take several
    pieces to settle, Go's the garbage of 4 MB for its first cycle; a leak never does. So a right guest costs one piece,
    mostly, and only one that leaks costs all of them. A memory that stopped growing because it is as large as the host
    lets it be has not settled: it is full.
    """
    before = pages = settled
    for _ in range(_ATTEMPTS):
        before, pages = pages, work()
        if pages <= before:
            return (first, pages) if first < pages >= most else None
    return before, pages

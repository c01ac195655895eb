"""Telling a leak from memory that has not settled yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_ATTEMPTS: Final = 10


def grows(pages: int, work: Callable[[], int]) -> tuple[int, int] | None:
    """The pages before and after the last piece of work when each of several made the memory larger, else None.

    ``work`` does a piece and answers with the pages afterwards; ``pages`` is what there was before. A garbage collector
    may take several pieces to settle, Go's the garbage of 4 MB for its first cycle; a leak never does. So a right gear
    costs one piece, mostly, and only one that leaks costs all of them.
    """
    before = pages
    for _ in range(_ATTEMPTS):
        before, pages = pages, work()
        if pages <= before:
            return None
    return before, pages

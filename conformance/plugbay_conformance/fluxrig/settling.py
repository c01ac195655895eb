"""Telling a leak from memory that has not settled yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_ATTEMPTS: Final = 3


def grows(pages: int, work: Callable[[], int]) -> tuple[int, int] | None:
    """The pages before and after the last piece of work when each of several made the memory larger, else None.

    ``work`` does a piece and answers with the pages afterwards; ``pages`` is what there was before. A garbage collector
    may take a while to settle; a leak never does.
    """
    before = pages
    for _ in range(_ATTEMPTS):
        before, pages = pages, work()
        if pages <= before:
            return None
    return before, pages

"""Telling whether a plugin's memory grows for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from plugbay_conformance.case import CaseSkipped, fail
from plugbay_conformance.engines.contract import GuestStopped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay_conformance.engines.contract import Repeated
    from plugbay_conformance.extism.plugin import Plugin

_MOST_ROUNDS: Final = 20
_FEWEST_ROUNDS: Final = 3
_MOST_GROWTH: Final = 3
_EARLY: Final = 200
"""Calls after which a fast leak has shown."""


def check_growth(plugin: Plugin, function: str, payloads: Sequence[bytes], count: int) -> None:
    """Fail when the plugin's memory grows with every round of ``count`` calls, and beyond :data:`_MOST_GROWTH` times.

    One round without growth is enough, unless the memory is as large then as it may be. A collector of garbage lets
    memory grow for a while, in proportion to what there is; a leak has no bound. Where the engine can't tell the pages,
    surviving is all that is asked. Raises :class:`CaseSkipped` when a call ends the
    instance, and it did not grow before.
    """
    plugin.require_function(function)
    early, stopped = _repeated(plugin, function, payloads, _EARLY)
    if early is None:
        raise CaseSkipped(f"{function} ends the instance, so it can't be repeated: {stopped}")
    pages = [early.pages_after_first]
    for _ in range(_MOST_ROUNDS):
        repeated, stopped = _repeated(plugin, function, payloads, count)
        if repeated is None and early.pages <= early.pages_after_first:
            raise CaseSkipped(f"{function} ends the instance, so it can't be repeated: {stopped}")
        if repeated is None:
            _refuse_growth(
                function, payloads, count, pages, f"{early.pages} pages after {_EARLY} calls, then {stopped}"
            )
        pages.append(repeated.pages)
        full = pages[-1] >= plugin.memory_pages > pages[0]
        if pages[-1] <= pages[-2] and not full:
            return
        if full or (len(pages) > _FEWEST_ROUNDS and pages[-1] > _MOST_GROWTH * pages[0]):
            _refuse_growth(function, payloads, count, pages, f"{', '.join(map(str, pages[1:]))} pages after the rounds")


def _repeated(
    plugin: Plugin, function: str, payloads: Sequence[bytes], count: int
) -> tuple[Repeated | None, GuestStopped | None]:
    try:
        return plugin.session.repeat(function, payloads, count), None
    except GuestStopped as stopped:
        return None, stopped


def _refuse_growth(function: str, payloads: Sequence[bytes], count: int, pages: list[int], found: str) -> NoReturn:
    fail(
        f"the plugin's memory grows with every round of {count} calls of {function}",
        expected=f"not far beyond {pages[0]} pages, those after the first 100 calls",
        found=found,
        input=payloads[0],
    )

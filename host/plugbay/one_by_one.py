"""The loop of instances that run one message at a time, and where it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from plugbay.errors import PlugbayError, StateConflict
from plugbay.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugbay.contracts import GuestInstance

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def one_by_one(instance: GuestInstance, items: Sequence[_Item], run: Callable[[_Item], _Result]) -> list[_Result]:
    """What ``run`` answers for the items, in order.

    Shorter where the host has to go on (see :class:`~plugbay.GuestInstance`): after an item that poisoned the
    instance, and after one that lost a race.
    """
    results: list[_Result] = []
    for item in items:
        results.append(run(item))
        if instance.poisoned or lost_a_race(results[-1]):
            break
    return results


def calls_one_by_one(instance: GuestInstance, function: str, payloads: Sequence[bytes]) -> list[bytes | PlugbayError]:
    """Raw calls in the same way; the error of one that failed is its result."""

    def call(payload: bytes) -> bytes | PlugbayError:
        try:
            return instance.call(function, payload)
        except PlugbayError as error:
            return error

    return one_by_one(instance, payloads, call)


def lost_a_race(result: object) -> bool:
    """Whether a result means that another message wrote the state first, so that this one is to run again."""
    return isinstance(result.error if isinstance(result, Outcome) else result, StateConflict)

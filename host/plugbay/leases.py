"""Runs work on a plugin's instances: leases them, gives them back, and runs again what lost a race for state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from plugbay.errors import CallError, InitFailed, PlugbayError, PluginClosed, PoolExhausted, StateConflict
from plugbay.one_by_one import lost_a_race

if TYPE_CHECKING:
    from plugbay.contracts import GuestInstance
    from plugbay.pool import Pool

CONFLICT_ATTEMPTS: Final = 10
"""How often a message is run when other writers keep changing the state that it read."""
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Leases:
    """Leases from whichever pool is the plugin's at the moment: a reload replaces it."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def lease(self) -> tuple[Pool, GuestInstance]:
        """An instance and the pool to give it back to. Raises as :meth:`Pool.lease` does."""
        while True:
            pool = self.pool
            try:
                return pool, pool.lease()
            except PluginClosed:
                if pool is self.pool:  # else it is the pool of a version that was just replaced
                    raise

    def once(self, run: Callable[[GuestInstance], _Result]) -> _Result:
        """What ``run`` makes of an instance. Raises what it raises."""
        pool, instance = self.lease()
        try:
            result = run(instance)
        except BaseException as error:
            end_failed(pool, instance, error)
            raise
        pool.give_back(instance)
        return result

    def again(self, run: Callable[[GuestInstance], _Result], *, attempts: int = CONFLICT_ATTEMPTS) -> _Result:
        """As :meth:`once`, but run up to ``attempts`` times while it loses races; the last result counts."""
        for _ in range(attempts - 1):
            try:
                result = self.once(run)
            except StateConflict:
                continue
            if not lost_a_race(result):
                return result
        return self.once(run)

    def many(
        self,
        items: Sequence[_Item],
        run: Callable[[GuestInstance, Sequence[_Item]], list[_Result]],
        failed: Callable[[PlugbayError], _Result],
    ) -> list[_Result]:
        """Run the items on one instance after another, as many as it takes; a replacement that fails costs one item.

        One that lost a race is run again before the next, so that order holds.
        """
        results: list[_Result] = []
        attempts = CONFLICT_ATTEMPTS
        while len(results) < len(items):
            rest = items[len(results) :] if results else items
            try:
                done = self.once(lambda instance: run(instance, rest))  # noqa: B023 # called at once
            except (CallError, InitFailed, PoolExhausted) as error:
                done = [failed(error)]
            assert done, "an instance answers at least one item (GuestInstance)"
            attempts = attempts - 1 if len(done) == 1 else CONFLICT_ATTEMPTS - 1
            if attempts and lost_a_race(done[-1]):
                done.pop()
            else:
                attempts = CONFLICT_ATTEMPTS
            results += done
        return results


def end_failed(pool: Pool, instance: GuestInstance, error: BaseException) -> None:
    """Return an instance after an error; any but a PlugbayError (Ctrl-C, a bug) leaves it in an unknown condition."""
    if not isinstance(error, PlugbayError):
        instance.poisoned = True
    pool.give_back(instance)

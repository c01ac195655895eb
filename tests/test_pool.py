from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import cast

import pytest

from plugbay import GuestInstance
from plugbay.errors import InitFailed, PluginClosed, PoolExhausted
from plugbay.pool import Pool

PATIENCE = 20.0


class FakeInstance:
    """An instance that knows whether it was closed."""

    def __init__(self) -> None:
        self.poisoned = False
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


class Factory:
    """Builds fake instances and remembers them."""

    def __init__(self) -> None:
        self.built = 0
        self.fails = False

    def __call__(self) -> GuestInstance:
        if self.fails:
            raise InitFailed("no")
        self.built += 1
        return cast("GuestInstance", FakeInstance())  # a pool uses nothing else of it


@pytest.fixture
def factory() -> Factory:
    return Factory()


def pool_of(factory: Factory, size: int, patience: float = PATIENCE) -> Pool:
    return Pool(factory, size=size, patience=patience, plugin="gear")


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def join(*threads: threading.Thread) -> None:
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def wait_for(condition: Callable[[], object]) -> None:
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, "waited for ever"
        time.sleep(0.001)


def test_instances_are_built_when_needed_and_used_again(factory: Factory) -> None:
    pool = pool_of(factory, 2)
    assert factory.built == 0
    first = pool.lease()
    pool.give_back(first)
    assert pool.lease() is first
    second = pool.lease()
    assert second is not first
    assert factory.built == 2


def test_the_last_one_returned_is_leased_first(factory: Factory) -> None:
    pool = pool_of(factory, 2)
    first, second = pool.lease(), pool.lease()
    pool.give_back(first)
    pool.give_back(second)
    assert pool.lease() is second


def test_a_poisoned_instance_is_closed_and_replaced(factory: Factory) -> None:
    pool = pool_of(factory, 1)
    first = pool.lease()
    assert isinstance(first, FakeInstance)
    first.poisoned = True
    pool.give_back(first)
    assert first.closed == 1
    assert pool.lease() is not first


def test_when_all_are_busy_a_lease_gives_up_after_its_patience(factory: Factory) -> None:
    pool = pool_of(factory, 2, patience=0.01)
    leased = [pool.lease(), pool.lease()]
    for _ in range(3):
        with pytest.raises(PoolExhausted, match=r"gear: all 2 instances were busy for 0\.01 s") as caught:
            pool.lease()
        assert (caught.value.limit, caught.value.expected) == ("instances", 2)
    pool.give_back(leased.pop())
    assert pool.lease() is not leased[0]


def test_a_failed_build_frees_its_place(factory: Factory) -> None:
    pool = pool_of(factory, 1, patience=0.01)
    factory.fails = True
    for _ in range(3):
        with pytest.raises(InitFailed):
            pool.lease()
    factory.fails = False
    assert pool.lease() is not None


def test_a_waiting_lease_gets_what_is_returned(factory: Factory) -> None:
    pool = pool_of(factory, 1)
    instance = pool.lease()
    got: list[object] = []
    thread = in_thread(lambda: got.append(pool.lease()))
    wait_for(lambda: pool.waiting)
    pool.give_back(instance)
    join(thread)
    assert got == [instance]


def test_a_waiting_lease_builds_in_the_place_of_a_poisoned_one(factory: Factory) -> None:
    pool = pool_of(factory, 1)
    instance = pool.lease()
    got: list[object] = []
    thread = in_thread(lambda: got.append(pool.lease()))
    wait_for(lambda: pool.waiting)
    instance.poisoned = True
    pool.give_back(instance)
    join(thread)
    assert len(got) == 1
    assert got[0] is not instance


def test_a_build_that_fails_lets_the_next_in_line_try(factory: Factory) -> None:
    pool = pool_of(factory, 1)
    instance = pool.lease()
    results: list[str] = []

    def lease() -> None:
        try:
            pool.lease()
        except InitFailed:
            results.append("failed")

    threads = [in_thread(lease) for _ in range(3)]
    wait_for(lambda: len(pool.waiting) == 3)
    factory.fails = True
    instance.poisoned = True
    pool.give_back(instance)
    join(*threads)
    assert results == ["failed"] * 3


def test_those_who_wait_are_served_in_turn(factory: Factory) -> None:
    pool = pool_of(factory, 1)
    instance = pool.lease()
    order: list[int] = []

    def lease(number: int) -> None:
        leased = pool.lease()
        order.append(number)
        pool.give_back(leased)

    threads: list[threading.Thread] = []
    for number in range(5):
        threads.append(in_thread(partial(lease, number)))
        wait_for(lambda: len(pool.waiting) == len(threads))
    pool.give_back(instance)
    join(*threads)
    assert order == [0, 1, 2, 3, 4]


def test_an_appended_instance_reaches_a_waiting_lease(factory: Factory) -> None:
    pool = pool_of(factory, 1)
    instance = pool.lease()
    got: list[object] = []
    thread = in_thread(lambda: got.append(pool.lease()))
    wait_for(lambda: pool.waiting)
    pool.idle.append(instance)
    pool.wake()
    join(thread)
    assert got == [instance]
    assert not pool.waiting


def test_close_waits_for_what_is_leased_and_closes_everything(factory: Factory) -> None:
    pool = pool_of(factory, 3)
    leased = [pool.lease() for _ in range(3)]
    pool.give_back(leased[0])
    closing = in_thread(pool.close)
    wait_for(lambda: pool.waiting)
    with pytest.raises(PluginClosed):
        pool.lease()
    leased[1].poisoned = True
    pool.give_back(leased[1])
    assert closing.is_alive()
    pool.give_back(leased[2])
    join(closing)
    assert [instance.closed for instance in leased if isinstance(instance, FakeInstance)] == [1, 1, 1]
    with pytest.raises(PluginClosed, match="gear: the plugin is closed"):
        pool.lease()


def test_close_turns_away_those_who_wait(factory: Factory) -> None:
    pool = pool_of(factory, 1)
    instance = pool.lease()
    refused: list[str] = []

    def lease() -> None:
        try:
            pool.lease()
        except PluginClosed:
            refused.append("closed")

    waiting = [in_thread(lease) for _ in range(3)]
    wait_for(lambda: len(pool.waiting) == 3)
    closing = in_thread(pool.close)
    join(*waiting)
    assert refused == ["closed"] * 3
    pool.give_back(instance)
    join(closing)


def test_closing_twice_and_at_once_is_fine(factory: Factory) -> None:
    pool = pool_of(factory, 2)
    instance = pool.lease()
    closing = [in_thread(pool.close) for _ in range(3)]
    wait_for(lambda: len(pool.waiting) == 3)
    pool.give_back(instance)
    join(*closing)
    pool.close()
    assert isinstance(instance, FakeInstance)
    assert instance.closed == 1


def test_an_instance_that_is_lost_frees_its_place(factory: Factory) -> None:
    pool = pool_of(factory, 1, patience=0.01)
    pool.lease()  # as after Ctrl-C between two bytecodes: nobody holds it
    gc.collect()
    assert pool.lease() is not None
    gc.collect()
    pool.close()
    assert factory.built == 2


def test_an_interrupted_wait_passes_on_what_it_was_served(factory: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = pool_of(factory, 1)
    instance = pool.lease()

    def interrupted(_pool: Pool, _ends: float) -> float:
        pool.give_back(instance)  # served just before the interruption is noticed
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Pool, "_left", interrupted)
        with pytest.raises(KeyboardInterrupt):
            pool.lease()
    assert pool.lease() is instance


def test_after_a_fork_only_the_idle_instances_count(factory: Factory) -> None:
    pool = pool_of(factory, 2, patience=0.01)
    lost, kept = pool.lease(), pool.lease()
    pool.give_back(kept)
    pool.after_fork()  # the thread that had leased the other one does not exist here
    assert pool.lease() is kept
    another = pool.lease()
    assert another is not lost
    with pytest.raises(PoolExhausted):
        pool.lease()


def test_threads_never_share_an_instance_and_never_exceed_the_size(factory: Factory) -> None:
    pool = pool_of(factory, 3)
    used: dict[int, int] = {}
    trouble: list[str] = []

    def work(seed: int) -> None:
        for step in range(300):
            instance = pool.lease()
            key = id(instance)
            if used.get(key):
                trouble.append("shared")
            used[key] = seed
            if len([owner for owner in used.values() if owner]) > 3:
                trouble.append("too many")
            used[key] = 0
            if (step * seed) % 97 == 0:
                instance.poisoned = True
                used.pop(key)
            pool.give_back(instance)

    threads = [in_thread(partial(work, seed)) for seed in range(1, 9)]
    join(*threads)
    assert trouble == []
    pool.close()

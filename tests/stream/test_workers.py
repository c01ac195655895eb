"""Work in threads: results in order, nothing begun after an error, Ctrl-C passed on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

import pytest

from plugbay import Host, Limits
from plugbay.stream.workers import Workers


def test_results_come_in_the_order_of_the_items() -> None:
    first_may_end = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            first_may_end.wait()
        elif item == 2:
            first_may_end.set()
        return item * 10

    with Workers(3, work) as workers:
        for item in range(5):
            workers.start(item)
        assert list(workers.take(leave=2)) == [0, 10, 20]
        assert list(workers.take(leave=0)) == [30, 40]


def test_an_error_comes_where_its_result_would() -> None:
    def work(item: int) -> float:
        return 1 / item

    with Workers(2, work) as workers:
        for item in (1, 0, 2):
            workers.start(item)
        results = workers.take(leave=0)
        assert next(results) == 1
        with pytest.raises(ZeroDivisionError):
            next(results)


def test_what_waits_is_not_begun_after_an_error() -> None:
    begun: list[int] = []
    go_on = threading.Event()

    def work(item: int) -> None:
        begun.append(item)
        go_on.wait()

    def fail() -> None:
        with Workers(1, work) as workers:
            for item in range(5):
                workers.start(item)
            threading.Timer(0.05, go_on.set).start()
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert len(begun) <= 1


def test_an_interrupt_stops_a_guest_in_a_thread(host: Host, gear: Callable[..., bytes]) -> None:
    limits = Limits(deadline=3600)
    plugin = host.load(gear("(loop $l (br $l)) (i64.const 0)"), limits=limits, instances=2)
    begun = threading.Event()

    def work(payload: bytes) -> bytes:
        begun.set()
        return plugin.call("process", payload)

    def interrupt() -> None:
        with Workers(2, work, interrupt=lambda: plugin.close(drain=False)) as workers:
            workers.start(b"a")
            workers.start(b"b")
            begun.wait()
            raise KeyboardInterrupt

    started = monotonic()
    with pytest.raises(KeyboardInterrupt):
        interrupt()
    plugin.close()
    assert monotonic() - started < limits.deadline

"""The threads of an engine: woken at once, closed in order, and not to be stopped by anything else."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.priostack.intents.workbench import Workbench, intent

from plugbay.errors import ConfigInvalid
from plugbay_adapters.priostack.intents import engine as engine_module
from plugbay_adapters.priostack.intents import workers as workers_module
from plugbay_adapters.priostack.intents.queue import SensorQueue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.priostack.intents.conftest import MakeBench

PATIENCE = 30
"""Seconds after which a test that waits for a thread fails."""


def threads() -> list[str]:
    return sorted(thread.name for thread in threading.enumerate() if thread.name.startswith("plugbay-intents"))


def held(started: threading.Semaphore, release: threading.Event) -> Callable[[bytes], bytes]:
    """A function that tells that it runs, and runs until it is released."""

    def function(_: bytes) -> bytes:
        started.release()
        assert release.wait(PATIENCE)
        return b"{}"

    return function


def test_a_started_engine_runs_what_waited_and_what_comes(bench: MakeBench) -> None:
    made = bench(intent())
    before = made.fire()
    made.engine.start()
    made.engine.start()
    for event in (before, made.fire()):
        after = made.engine.wait(event.id, PATIENCE)
        assert after is not None
        assert after.finished
    assert threads() == ["plugbay-intents-0", "plugbay-intents-1", "plugbay-intents-caretaker"]
    made.engine.close(PATIENCE)
    assert threads() == []


def test_an_engine_that_was_not_started_has_no_threads_and_only_accepts(bench: MakeBench) -> None:
    made = bench(intent())
    event = made.fire()
    assert threads() == []
    after = made.engine.wait(event.id, 0.01)
    assert after is not None
    assert not after.finished


def test_a_fire_wakes_an_idle_worker_at_once(bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (workers_module, engine_module):  # one that only looked now and then would come too late
        monkeypatch.setattr(module, "POLL", 10 * PATIENCE)
    made = bench(intent())
    made.engine.start()
    for _ in range(20):
        event = made.fire()
        after = made.engine.wait(event.id, PATIENCE)
        assert after is not None
        assert after.finished


def test_an_idle_worker_finds_what_another_process_accepted(queue_path: Path) -> None:
    made = Workbench(f"sqlite:{queue_path}", intent())
    made.engine.start()
    other = SensorQueue.open(f"sqlite:{queue_path}", clock=made.clock)
    event = other.accept("arrived", b"{}", made.intents)
    after = made.engine.wait(event.id, PATIENCE)
    assert after is not None
    assert after.finished
    other.close()
    made.close()


def test_workers_run_at_the_same_time_and_no_more_than_there_are(bench: MakeBench) -> None:
    made = bench(intent(), workers=3)
    started, release = threading.Semaphore(0), threading.Event()
    made.functions["greet"] = held(started, release)
    events = [made.fire() for _ in range(5)]
    made.engine.start()
    for _ in range(3):
        assert started.acquire(timeout=PATIENCE)
    assert made.report().counts.running == 3
    assert not started.acquire(blocking=False)
    release.set()
    for event in events:
        after = made.engine.wait(event.id, PATIENCE)
        assert after is not None
        assert after.finished


def test_closing_waits_for_what_runs_and_leaves_what_waits(bench: MakeBench) -> None:
    made = bench(intent(), workers=1)
    started, release = threading.Semaphore(0), threading.Event()
    made.functions["greet"] = held(started, release)
    first, second = made.fire(), made.fire()
    made.engine.start()
    assert started.acquire(timeout=PATIENCE)
    closing = threading.Thread(target=made.engine.close, args=(PATIENCE,))
    closing.start()
    release.set()
    closing.join(PATIENCE)
    assert not closing.is_alive()
    assert (made.states(first), made.states(second)) == ({"greet": "done"}, {"greet": "waiting"})


def test_closing_gives_up_after_its_timeout_and_the_run_still_counts(
    bench: MakeBench, caplog: pytest.LogCaptureFixture
) -> None:
    made = bench(intent(), workers=1)
    started, release = threading.Semaphore(0), threading.Event()
    made.functions["greet"] = held(started, release)
    event = made.fire()
    made.engine.start()
    assert started.acquire(timeout=PATIENCE)
    made.engine.close(0.01)
    assert "1 threads of the intents still work after 0.01 s" in caplog.text
    release.set()
    after = made.engine.wait(event.id, PATIENCE)
    assert after is not None
    assert after.runs[0].state.text == "done"


def test_closing_twice_does_not_give_away_what_still_runs(bench: MakeBench) -> None:
    made = bench(intent(), workers=1)
    started, release = threading.Semaphore(0), threading.Event()
    made.functions["greet"] = held(started, release)
    event = made.fire()
    made.engine.start()
    assert started.acquire(timeout=PATIENCE)
    made.engine.close(0.01)
    made.engine.close(0.01)
    assert made.states(event) == {"greet": "running"}
    made.engine.start()
    second = made.fire()
    assert started.acquire(timeout=PATIENCE)
    assert made.states(event) == {"greet": "running"}
    release.set()
    for one in (event, second):
        after = made.engine.wait(one.id, PATIENCE)
        assert after is not None
        assert (after.runs[0].state.text, after.runs[0].attempts) == ("done", 1)


def test_a_function_may_close_the_engine_that_runs_it(bench: MakeBench) -> None:
    made = bench(intent(), workers=1)

    def function(_: bytes) -> bytes:
        made.engine.close(PATIENCE)
        return b"{}"

    made.functions["greet"] = function
    event = made.fire()
    made.engine.start()
    after = made.engine.wait(event.id, PATIENCE)
    assert after is not None
    assert after.finished


def test_a_function_may_close_the_engine_while_it_is_being_closed(bench: MakeBench) -> None:
    made = bench(intent(), workers=1)
    started, release = threading.Semaphore(0), threading.Event()

    def function(_: bytes) -> bytes:
        held(started, release)(b"")
        made.engine.close(0.01)
        return b"{}"

    made.functions["greet"] = function
    event = made.fire()
    made.engine.start()
    assert started.acquire(timeout=PATIENCE)
    closing = threading.Thread(target=made.engine.close)
    closing.start()
    release.set()
    closing.join(PATIENCE)
    assert not closing.is_alive()
    assert made.states(event) == {"greet": "done"}


def test_a_closed_engine_accepts_and_can_be_started_again(bench: MakeBench) -> None:
    made = bench(intent())
    made.engine.start()
    made.engine.close(PATIENCE)
    event = made.fire()
    made.engine.start()
    after = made.engine.wait(event.id, PATIENCE)
    assert after is not None
    assert after.finished


def test_workers_end_when_the_queue_is_closed_first(bench: MakeBench) -> None:
    made = bench(intent())
    made.engine.start()
    running = [thread for thread in threading.enumerate() if thread.name.startswith("plugbay-intents")]
    made.queue.close()
    made.engine._workers.wake()  # pyright: ignore[reportPrivateUsage] # instead of the next poll
    for thread in running:
        thread.join(PATIENCE)
    assert threads() == []
    made.engine.close(PATIENCE)


def test_a_queue_that_can_not_be_used_stops_nobody_and_is_logged_once(
    queue_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers_module, "_REST", 0.001)
    made = Workbench(f"sqlite:{queue_path}", intent(), workers=1)
    started, release = threading.Semaphore(0), threading.Event()
    made.functions["greet"] = held(started, release)
    tried, finish = threading.Semaphore(0), made.queue.finish

    def counted(*values: Any) -> Any:
        tried.release()
        return finish(*values)

    monkeypatch.setattr(made.queue, "finish", counted)
    first, second = made.fire(), made.fire()
    made.engine.start()
    assert started.acquire(timeout=PATIENCE)
    queue_path.rename(queue_path.with_name("moved.db"))
    release.set()  # the result can't be recorded now, and must not be forgotten
    for _ in range(3):
        assert tried.acquire(timeout=PATIENCE)
    queue_path.with_name("moved.db").rename(queue_path)
    for event in (first, second):
        after = made.engine.wait(event.id, PATIENCE)
        assert after is not None
        assert (after.runs[0].state.text, after.runs[0].attempts) == ("done", 1)
    assert caplog.text.count("intents stand still") == 1
    assert caplog.text.count("intents run again") == 1
    made.close()


def test_a_thread_survives_what_should_never_happen(
    bench: MakeBench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers_module, "_REST", 0.001)
    made = bench(intent())
    claim = made.queue.claim
    broken = iter([True] * 6)

    def sometimes(*values: object, **named: object) -> object:
        if next(broken, False):
            raise ZeroDivisionError
        return claim(*values, **named)  # type: ignore[arg-type] # passed through

    monkeypatch.setattr(made.queue, "claim", sometimes)
    made.engine.start()
    event = made.fire()
    after = made.engine.wait(event.id, PATIENCE)
    assert after is not None
    assert after.finished
    assert "a thread of the intents failed, and goes on" in caplog.text


@pytest.mark.parametrize("count", [0, -1])
def test_an_engine_without_workers_is_refused(bench: MakeBench, count: int) -> None:
    with pytest.raises(ConfigInvalid, match="needs a worker"):
        bench(intent(), workers=count)


def test_many_threads_fire_while_workers_run(bench: MakeBench) -> None:
    made = bench(intent("greet", retries=2), intent("count"), workers=4)
    fragile = threading.Lock()
    seen: set[bytes] = set()

    def function(payload: bytes) -> bytes:
        with fragile:
            if payload not in seen:
                seen.add(payload)
                raise RuntimeError("the first time always fails")
        return b"{}"

    made.functions["greet"] = function
    made.engine.start()
    ids: list[str] = []

    def fire(start: int) -> None:
        ids.extend(made.fire(payload=start + number).id for number in range(25))

    firing = [threading.Thread(target=fire, args=(100 * number,)) for number in range(8)]
    for thread in firing:
        thread.start()
    for thread in firing:
        thread.join()
    deadline = time.monotonic() + PATIENCE
    while made.engine.report().waiting and time.monotonic() < deadline:
        made.clock.now += 2  # so that retries are due
        made.engine.wait(ids[-1], 0.01)
    for event_id in ids:
        after = made.engine.wait(event_id, PATIENCE)
        assert after is not None
        assert after.finished
    assert made.report("greet").counts.done == made.report("count").counts.done == 200
    assert made.engine.report().waiting == 0

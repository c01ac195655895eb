from __future__ import annotations

import logging
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import TYPE_CHECKING, cast

import pytest

from plugbay.errors import GuestError, PluginClosed, PoolExhausted
from plugbay_adapters.priostack.bundle.lane import Lane
from plugbay_adapters.priostack.errors import LaneSaturated

if TYPE_CHECKING:
    from plugbay import Plugin

PATIENCE = 20.0


class FakePlugin:
    """Answers with what it was given, in capitals; calls of ``hold`` wait until they are let go."""

    name = "shop"

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.let_go = threading.Semaphore(0)

    def call(self, function: str, payload: bytes) -> bytes:
        if function == "hold":
            self.begun.release()
            assert self.let_go.acquire(timeout=PATIENCE)
        if function == "fail":
            raise GuestError("no such user", plugin=self.name)
        if function == "exit":
            raise SystemExit
        return payload.upper()


@pytest.fixture
def plugin() -> FakePlugin:
    return FakePlugin()


NewLane = Callable[..., Lane]


@pytest.fixture
def new_lane(plugin: FakePlugin) -> Iterator[NewLane]:
    lanes: list[Lane] = []

    def build(workers: int = 1, most_waiting: int = 100, **options: object) -> Lane:
        lane = Lane(cast("Plugin", plugin), workers=workers, most_waiting=most_waiting, **options)  # type: ignore[arg-type] # passed through
        lanes.append(lane)
        return lane

    yield build
    for lane in lanes:
        lane.close()


Results = SimpleQueue[bytes | BaseException]


def told(results: Results) -> Callable[[bytes | BaseException, float], None]:
    return lambda result, _: results.put(result)


def ignore(_result: bytes | BaseException, _seconds: float) -> None:
    """For calls whose result does not matter."""


def hold(lane: Lane, plugin: FakePlugin, results: Results | None = None) -> None:
    """Keep one worker busy."""
    lane.submit("hold", b"held", told(results if results is not None else SimpleQueue()))
    assert plugin.begun.acquire(timeout=PATIENCE)


def test_a_call_comes_back_with_its_result_and_its_seconds(new_lane: NewLane) -> None:
    answers: SimpleQueue[tuple[bytes | BaseException, float]] = SimpleQueue()
    new_lane().submit("echo", b"a", lambda result, seconds: answers.put((result, seconds)))
    result, seconds = answers.get(timeout=PATIENCE)
    assert result == b"A"
    assert 0 <= seconds < PATIENCE


def test_done_runs_in_a_daemon_thread_named_after_the_plugin(new_lane: NewLane) -> None:
    threads: SimpleQueue[threading.Thread] = SimpleQueue()
    new_lane().submit("echo", b"", lambda _result, _seconds: threads.put(threading.current_thread()))
    thread = threads.get(timeout=PATIENCE)
    assert thread.daemon
    assert thread.name == "shop-1"


def test_a_blocking_call_returns_what_the_plugin_returns(new_lane: NewLane) -> None:
    assert new_lane().call("echo", b"abc") == b"ABC"


def test_a_blocking_call_raises_what_the_plugin_raises(new_lane: NewLane) -> None:
    with pytest.raises(GuestError, match="no such user"):
        new_lane().call("fail", b"")


def test_a_worker_survives_any_exception(new_lane: NewLane) -> None:
    lane = new_lane()
    with pytest.raises(SystemExit):
        lane.call("exit", b"")
    assert lane.call("echo", b"still there") == b"STILL THERE"


def test_a_done_that_raises_is_logged_and_the_lane_goes_on(new_lane: NewLane, caplog: pytest.LogCaptureFixture) -> None:
    lane = new_lane()

    def broken(_result: bytes | BaseException, _seconds: float) -> None:
        raise ValueError("nobody home")

    with caplog.at_level(logging.ERROR, "plugbay.bundle"):
        lane.submit("echo", b"", broken)
        assert lane.call("echo", b"x") == b"X"
    assert "nobody home" in caplog.text
    assert "shop" in caplog.text


def test_no_thread_runs_before_the_first_call(new_lane: NewLane) -> None:
    def running() -> int:
        return sum(thread.name.startswith("shop-") for thread in threading.enumerate())

    before = running()
    lane = new_lane(workers=3)
    assert running() == before
    lane.call("echo", b"")
    assert running() > before


def test_workers_run_calls_at_the_same_time(new_lane: NewLane, plugin: FakePlugin) -> None:
    lane = new_lane(workers=2)
    hold(lane, plugin)
    assert lane.call("echo", b"fast") == b"FAST"
    plugin.let_go.release()


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("most_waiting", [0, 1, 7])
def test_exactly_as_many_calls_wait_as_may(
    new_lane: NewLane, plugin: FakePlugin, workers: int, most_waiting: int
) -> None:
    lane, results = new_lane(workers=workers, most_waiting=most_waiting), Results()
    for _ in range(workers):
        hold(lane, plugin, results)
    assert lane.waiting == 0
    for index in range(most_waiting):
        lane.submit("hold", b"", told(results))
        assert lane.waiting == index + 1
    for _ in range(3):
        with pytest.raises(LaneSaturated, match=f"{most_waiting} calls wait already"):
            lane.submit("echo", b"one too many", told(results))
    plugin.let_go.release(workers + most_waiting)
    assert len([results.get(timeout=PATIENCE) for _ in range(workers + most_waiting)]) == workers + most_waiting
    assert lane.call("echo", b"again") == b"AGAIN"
    assert results.empty()


def test_the_bound_holds_against_many_threads(new_lane: NewLane, plugin: FakePlugin) -> None:
    lane, results, refused = new_lane(workers=2, most_waiting=10), Results(), Counter[str]()
    hold(lane, plugin, results)
    hold(lane, plugin, results)

    def storm() -> None:
        for _ in range(200):
            try:
                lane.submit("echo", b"", told(results))
            except LaneSaturated:
                refused["saturated"] += 1

    threads = [threading.Thread(target=storm) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lane.waiting == 10
    plugin.let_go.release(2)
    for _ in range(12):
        results.get(timeout=PATIENCE)
    lane.close()
    assert results.empty()


def test_a_saturated_lane_is_an_exhausted_pool_that_names_plugin_bound_and_way_out() -> None:
    assert issubclass(LaneSaturated, PoolExhausted)
    lane = Lane(cast("Plugin", FakePlugin()), workers=0, most_waiting=0)
    with pytest.raises(LaneSaturated) as caught:
        lane.submit("echo", b"", ignore)
    assert caught.value.plugin == "shop"
    assert caught.value.limit == "waiting"
    assert caught.value.expected == 0
    assert caught.value.hint is not None


def test_whoever_is_told_can_submit_the_next_call_at_once(new_lane: NewLane) -> None:
    lane, results = new_lane(workers=1, most_waiting=0), Results()
    lane.submit("echo", b"one", lambda _result, _seconds: lane.submit("echo", b"two", told(results)))
    assert results.get(timeout=PATIENCE) == b"TWO"


def test_closing_lets_everything_that_was_submitted_finish(new_lane: NewLane, plugin: FakePlugin) -> None:
    lane, results = new_lane(workers=2), Results()
    hold(lane, plugin, results)
    for _ in range(20):
        lane.submit("echo", b"", told(results))
    closing = threading.Thread(target=lane.close)
    closing.start()
    plugin.let_go.release()
    closing.join(PATIENCE)
    assert not closing.is_alive()
    assert results.qsize() == 21


def test_a_closed_lane_refuses_calls_and_closes_again(new_lane: NewLane) -> None:
    lane = new_lane()
    lane.call("echo", b"")
    lane.close()
    lane.close()
    with pytest.raises(PluginClosed, match="shop"):
        lane.submit("echo", b"", ignore)
    with pytest.raises(PluginClosed):
        lane.call("echo", b"")


def test_a_lane_closes_also_when_ctrl_c_took_a_ticket_away(new_lane: NewLane, plugin: FakePlugin) -> None:
    lane, results = new_lane(), Results()
    lane._tickets.get()  # pyright: ignore[reportPrivateUsage] # as if the caller was interrupted before it put its call
    hold(lane, plugin, results)
    closing = threading.Thread(target=lane.close)
    closing.start()
    plugin.let_go.release()
    closing.join(PATIENCE)
    assert not closing.is_alive()
    assert results.get_nowait() == b"HELD"


def test_a_call_that_comes_after_the_threads_were_told_to_end_is_refused(new_lane: NewLane, plugin: FakePlugin) -> None:
    lane, results = new_lane(), Results()
    hold(lane, plugin, results)
    closing = threading.Thread(target=lane.close)
    closing.start()
    while not lane._crew._jobs.qsize():  # pyright: ignore[reportPrivateUsage] # the threads are told to end by then
        threading.Event().wait(0.01)
    lane._crew._jobs.put(("echo", b"late", told(results), 0.0))  # pyright: ignore[reportPrivateUsage] # a stalled thread
    plugin.let_go.release()
    closing.join(PATIENCE)
    assert results.get_nowait() == b"HELD"
    assert isinstance(results.get_nowait(), PluginClosed)


def test_a_lane_that_never_ran_anything_closes(new_lane: NewLane) -> None:
    lane = new_lane()
    lane.close()
    with pytest.raises(PluginClosed):
        lane.call("echo", b"")


def test_threads_end_when_the_lane_closes(new_lane: NewLane) -> None:
    threads: SimpleQueue[threading.Thread] = SimpleQueue()
    lane = new_lane()
    lane.submit("echo", b"", lambda _result, _seconds: threads.put(threading.current_thread()))
    lane.close()
    assert not threads.get(timeout=PATIENCE).is_alive()


def test_a_lane_may_be_closed_by_what_it_tells(new_lane: NewLane) -> None:
    closed = threading.Event()
    lane = new_lane(workers=2)

    def close(_result: bytes | BaseException, _seconds: float) -> None:
        lane.close()
        closed.set()

    lane.submit("echo", b"", close)
    assert closed.wait(PATIENCE)
    lane.close()


def test_several_threads_may_close_at_once(new_lane: NewLane, plugin: FakePlugin) -> None:
    lane = new_lane(workers=2, most_waiting=5)
    hold(lane, plugin)
    closers = [threading.Thread(target=lane.close) for _ in range(4)]
    for closer in closers:
        closer.start()
    plugin.let_go.release()
    for closer in closers:
        closer.join(PATIENCE)
        assert not closer.is_alive()


@pytest.mark.parametrize("attempt", range(6))
def test_no_call_is_lost_when_the_lane_closes_meanwhile(new_lane: NewLane, attempt: int) -> None:
    lane, results, accepted = new_lane(workers=3, most_waiting=20), Results(), SimpleQueue[None]()

    def storm() -> None:
        while True:
            try:
                lane.submit("echo", b"", told(results))
                accepted.put(None)
            except LaneSaturated:
                continue
            except PluginClosed:
                return

    threads = [threading.Thread(target=storm) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20 * attempt):
        results.get(timeout=PATIENCE)
        accepted.get(timeout=PATIENCE)
    lane.close()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert results.qsize() == accepted.qsize()


class FakeWatch:
    """Remembers what it is told; may be made to fail."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, BaseException | None]] = []
        self.refusals = 0
        self.fails = False

    def ran(self, seconds: float, error: BaseException | None) -> None:
        self.calls.append((seconds, error))
        if self.fails:
            raise ValueError("can't count")

    def refused(self) -> None:
        self.refusals += 1


def test_a_watch_is_told_of_every_call_that_ran(new_lane: NewLane) -> None:
    watch = FakeWatch()
    lane = new_lane(watch=watch)
    lane.call("echo", b"")
    with pytest.raises(GuestError):
        lane.call("fail", b"")
    (first, good), (second, bad) = watch.calls
    assert 0 <= first < PATIENCE
    assert 0 <= second < PATIENCE
    assert good is None
    assert isinstance(bad, GuestError)
    assert watch.refusals == 0


def test_a_watch_is_told_of_calls_that_are_refused_because_too_many_wait(new_lane: NewLane, plugin: FakePlugin) -> None:
    watch = FakeWatch()
    lane = new_lane(workers=1, most_waiting=0, watch=watch)
    hold(lane, plugin)
    for _ in range(2):
        with pytest.raises(LaneSaturated):
            lane.submit("echo", b"", ignore)
    plugin.let_go.release()
    lane.close()
    with pytest.raises(PluginClosed):
        lane.submit("echo", b"", ignore)
    assert watch.refusals == 2
    assert len(watch.calls) == 1


def test_a_watch_that_fails_keeps_nobody_from_a_result(new_lane: NewLane, caplog: pytest.LogCaptureFixture) -> None:
    watch = FakeWatch()
    watch.fails = True
    with caplog.at_level(logging.ERROR, "plugbay.bundle"):
        assert new_lane(watch=watch).call("echo", b"x") == b"X"
    assert "can't count" in caplog.text


def test_a_blocking_call_waits_for_a_place(new_lane: NewLane, plugin: FakePlugin) -> None:
    lane, results = new_lane(workers=1, most_waiting=0), Results()
    hold(lane, plugin)
    callers = [threading.Thread(target=lambda: results.put(lane.call("echo", b"later"))) for _ in range(3)]
    for caller in callers:
        caller.start()
    assert results.empty()
    plugin.let_go.release()
    assert [results.get(timeout=PATIENCE) for _ in callers] == [b"LATER"] * 3


def test_blocking_calls_that_wait_for_a_place_are_refused_when_the_lane_closes(
    new_lane: NewLane, plugin: FakePlugin
) -> None:
    lane, results = new_lane(workers=1, most_waiting=0), Results()
    hold(lane, plugin)

    def call() -> None:
        try:
            results.put(lane.call("echo", b"served"))
        except PluginClosed as error:
            results.put(error)

    callers = [threading.Thread(target=call) for _ in range(5)]
    for caller in callers:
        caller.start()
    closing = threading.Thread(target=lane.close)
    closing.start()
    plugin.let_go.release()
    closing.join(PATIENCE)
    answers = [results.get(timeout=PATIENCE) for _ in callers]
    assert all(answer == b"SERVED" or isinstance(answer, PluginClosed) for answer in answers)


def test_a_thread_that_cannot_be_started_refuses_the_call_and_frees_its_place(
    new_lane: NewLane, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    lane = new_lane(workers=1, most_waiting=0)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", fail)
        for _ in range(3):
            with pytest.raises(LaneSaturated, match="can't start new thread"):
                lane.call("echo", b"")
    assert lane.call("echo", b"later") == b"LATER"


def test_a_lane_goes_on_with_fewer_threads_where_no_more_can_be_started(
    new_lane: NewLane, plugin: FakePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    lane, results = new_lane(workers=2), Results()
    hold(lane, plugin)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", fail)
        lane.submit("echo", b"waits", told(results))
    plugin.let_go.release()
    assert results.get(timeout=PATIENCE) == b"WAITS"


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")  # that is what is tested
def test_a_forked_child_has_a_working_lane_without_the_calls_of_its_parent(
    new_lane: NewLane, plugin: FakePlugin
) -> None:
    lane, results = new_lane(workers=1, most_waiting=3), Results()
    hold(lane, plugin, results)
    for _ in range(3):
        lane.submit("echo", b"parent", told(results))
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(10)
            code = 0 if lane.waiting == 0 and lane.call("echo", b"child") == b"CHILD" else 2
            lane.close()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    plugin.let_go.release()
    assert [results.get(timeout=PATIENCE) for _ in range(4)] == [b"HELD"] + [b"PARENT"] * 3

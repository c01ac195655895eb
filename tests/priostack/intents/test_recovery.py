"""What was accepted is run, whatever becomes of the process that accepted it or that ran it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.priostack.intents.workbench import Workbench, intent

from plugbay_adapters.priostack.intents.claiming import Claim
from plugbay_adapters.priostack.intents.finishing import MOST_DEATHS
from plugbay_adapters.priostack.intents.owner import Owner, is_certainly_gone
from plugbay_adapters.priostack.intents.queue import SensorQueue
from plugbay_adapters.priostack.intents.recovery import LEASE, OwnerWatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.priostack.intents.conftest import MakeBench

    from plugbay_adapters.priostack.intents.event import SensorEvent
    from plugbay_adapters.priostack.intents.run import IntentRun

ROOT = Path(__file__).parents[3]
PATIENCE = 30
"""Seconds after which a test that waits for a thread fails."""

FIRE_AND_RUN = """
import sys
from tests.priostack.intents.workbench import Workbench, intent
bench = Workbench("sqlite:" + sys.argv[1], intent(), workers=2)
bench.engine.start()
for number in range(1000):
    event = bench.fire(payload=number)
    print(event.id, flush=True)  # told only once it is accepted
"""

HOLD = """
import sys, threading
from tests.priostack.intents.workbench import Workbench, intent
bench = Workbench("sqlite:" + sys.argv[1], intent(retries=0))
def hold(_):
    print("holding", flush=True)
    threading.Event().wait()
bench.functions["greet"] = hold
bench.engine.step()
"""


def start(script: str, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", script, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def made(queue_path: Path) -> Iterator[Workbench]:
    bench = Workbench(f"sqlite:{queue_path}", intent())
    yield bench
    bench.close()


@pytest.mark.parametrize("accepted_before", [50, 400, 900])
def test_a_process_killed_in_the_middle_of_1000_events_loses_none(queue_path: Path, accepted_before: int) -> None:
    victim = start(FIRE_AND_RUN, queue_path)
    assert victim.stdout is not None
    told = [victim.stdout.readline().strip() for _ in range(accepted_before)]
    victim.send_signal(signal.SIGKILL)
    told += victim.communicate()[0].split()
    bench = Workbench(f"sqlite:{queue_path}", intent())
    bench.engine.tend()
    bench.run_all()
    found = [bench.engine.event(event_id) for event_id in told]
    assert all(event is not None and event.finished and event.runs[0].state.text == "done" for event in found)
    report = bench.report()
    assert len(told) <= report.counts.done <= len(told) + 1  # the last one may have been accepted and not yet told
    assert report.counts.waiting == report.counts.retrying == report.counts.running == 0
    bench.close()


def test_processes_on_one_file_run_each_event_and_survive_the_death_of_one(queue_path: Path) -> None:
    servers = [start(FIRE_AND_RUN, queue_path) for _ in range(3)]
    victim = servers[0]
    assert victim.stdout is not None
    told = [victim.stdout.readline().strip() for _ in range(100)]
    victim.kill()
    for server in servers:
        told += server.communicate()[0].split()
    bench = Workbench(f"sqlite:{queue_path}", intent())
    bench.engine.tend()
    bench.run_all()
    assert [server.returncode for server in servers] == [-signal.SIGKILL, 0, 0]
    assert len(told) >= 2100
    assert {run.state.text for event_id in told for run in event_runs(bench, event_id)} == {"done"}
    assert bench.report().counts.done - len(told) in (0, 1)
    bench.close()


def event_runs(bench: Workbench, event_id: str) -> tuple[IntentRun, ...]:
    event = bench.engine.event(event_id)
    assert event is not None
    return event.runs


def test_a_run_whose_process_was_killed_runs_again_and_says_so(made: Workbench, queue_path: Path) -> None:
    event = made.fire()
    victim = start(HOLD, queue_path)
    assert victim.stdout is not None
    assert victim.stdout.readline() == "holding\n"
    assert made.engine.tend() == 0  # it lives
    assert made.run_all() == 0
    victim.kill()
    os.waitid(os.P_PID, victim.pid, os.WEXITED | os.WNOWAIT)  # dead, though nobody has waited for it yet
    assert made.engine.tend() == 1
    victim.communicate()
    assert made.run_all() == 1
    (run,) = made.event(event).runs
    assert (run.state.text, run.attempts) == ("done", 2)


def test_an_engine_without_a_sign_of_life_loses_its_lease_and_its_late_result(bench: MakeBench) -> None:
    made = bench(intent())
    event = made.fire()
    other = made.another_engine()
    now = 0.0
    other._watch = OwnerWatch(lambda: now)  # pyright: ignore[reportPrivateUsage] # nobody waits for a minute
    attempts: list[int] = []

    def function(_: bytes) -> bytes:
        nonlocal now
        attempts.append(1)
        if len(attempts) == 1:
            assert other.tend() == 0
            now = LEASE
            assert other.tend() == 0
            now += 1
            assert other.tend() == 1
            assert other.step()
            return b'{"sensors":[{"name":"arrived"}]}'
        return b"{}"

    made.functions["greet"] = function
    assert made.engine.step()
    assert made.states(event) == {"greet": "done"}
    assert made.report().counts.done == 1
    assert len(attempts) == 2  # the late result fired nothing
    assert not made.engine.step()


def test_a_late_result_does_not_end_the_attempt_of_another_engine(bench: MakeBench) -> None:
    made = bench(intent())
    event = made.fire()
    other = Owner("other", "- 1 -")

    def function(_: bytes) -> bytes:
        made.queue.retire(made.engine._owner)  # pyright: ignore[reportPrivateUsage] # as after its lease
        assert isinstance(made.queue.claim(other, 0, lambda _name, _sensor: made.intents[0]), Claim)
        return b"{}"

    made.functions["greet"] = function
    assert made.engine.step()
    assert made.states(event) == {"greet": "running"}


def test_signs_of_life_keep_the_lease(bench: MakeBench) -> None:
    made = bench(intent())
    made.fire()
    other = made.another_engine()
    now = 0.0
    other._watch = OwnerWatch(lambda: now)  # pyright: ignore[reportPrivateUsage] # nobody waits for a minute

    def function(_: bytes) -> bytes:
        nonlocal now
        for _round in range(10):
            made.engine._last_beat -= LEASE  # pyright: ignore[reportPrivateUsage] # as if that time had passed
            made.engine.tend()
            assert other.tend() == 0
            now += LEASE - 1
        return b"{}"

    made.functions["greet"] = function
    assert made.engine.step()
    assert made.report().counts.done == 1


def test_a_run_that_takes_its_process_with_it_fails_in_the_end(bench: MakeBench) -> None:
    made = bench(intent())
    event = made.fire()

    def function(_: bytes) -> bytes:
        raise KeyboardInterrupt  # the run is left as a killed process leaves it

    made.functions["greet"] = function
    for _ in range(MOST_DEATHS):
        with pytest.raises(KeyboardInterrupt):
            made.engine.step()
    assert not made.engine.step()
    (run,) = made.event(event).runs
    assert (run.state.text, run.attempts) == ("failed", MOST_DEATHS)
    assert run.error == "its process ended 5 times while it ran"


def test_the_death_of_a_process_is_no_failure_of_the_run(bench: MakeBench) -> None:
    made = bench(intent(retries=0))
    event = made.fire()

    def dies(_: bytes) -> bytes:
        raise KeyboardInterrupt

    made.functions["greet"] = dies
    with pytest.raises(KeyboardInterrupt):
        made.engine.step()
    made.functions.clear()
    assert made.run_all() == 1
    assert made.states(event) == {"greet": "done"}


def test_two_engines_share_a_file_and_run_each_event_once(made: Workbench, queue_path: Path) -> None:
    with closing(SensorQueue.open(f"sqlite:{queue_path}", clock=made.clock)) as queue:
        other = made.another_engine(queue)
        events = [made.fire(payload=number) for number in range(20)]
        for _ in range(10):
            assert made.engine.step()
            assert other.step()
        assert not made.engine.step()
        assert sorted(int(payload) for _, payload in made.calls) == list(range(20))
        assert all(made.event(event).finished for event in events)


def test_a_cooldown_holds_over_all_processes(made: Workbench, queue_path: Path) -> None:
    made.intents[:] = [intent(cooldown=60)]
    with closing(SensorQueue.open(f"sqlite:{queue_path}", clock=made.clock)) as queue:
        other = made.another_engine(queue)
        made.fire()
        assert other.fire("arrived", None).runs[0].state.text == "skipped"
        assert other.step()
        assert made.fire().runs[0].state.text == "skipped"


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("first_does", ["fire", "wait"])
def test_a_forked_child_fires_and_runs_with_threads_of_its_own(queue_path: Path, first_does: str) -> None:
    made = Workbench(f"sqlite:{queue_path}", intent(), workers=1)
    running, release = threading.Event(), threading.Event()

    def function(payload: bytes) -> bytes:
        if payload == b'"parent"':
            running.set()
            assert release.wait(PATIENCE)
        return b"{}"

    made.functions["greet"] = function
    made.engine.start()
    held = made.fire(payload="parent")
    assert running.wait(PATIENCE)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            if first_does == "fire":
                event = made.engine.fire("arrived", "child")
                until_finished(made, event)
            else:
                event = made.queue.accept("arrived", b"1", made.intents)
                made.engine.wait(event.id, PATIENCE)
            assert made.event(event).finished
            assert made.states(held) == {"greet": "running"}  # it is the parent's, whose worker had the same number
            made.close()
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    release.set()
    last = made.fire(payload="parent again")
    until_finished(made, last)
    assert made.event(held).runs[0].attempts == 1
    assert made.report().counts.done == 3
    made.close()


def until_finished(bench: Workbench, event: SensorEvent) -> None:
    """Wait without the engine's own help."""
    deadline = time.monotonic() + PATIENCE
    while not bench.event(event).finished and time.monotonic() < deadline:
        time.sleep(0.001)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_does_not_run_what_its_parent_has_in_memory() -> None:
    made = Workbench("memory:", intent())
    made.fire()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = made.run_all()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert made.run_all() == 1
    made.close()


def test_an_owner_is_gone_when_its_process_is() -> None:
    mine = Owner.of_this_process().process
    assert not is_certainly_gone(mine)
    space, pid, began = mine.split(" ")
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert is_certainly_gone(f"{space} {child.pid} {began}")
    assert is_certainly_gone(f"{space} {child.pid} -")
    assert not is_certainly_gone(f"{space} {pid} -")
    assert is_certainly_gone(f"{space} {pid} {int(began) - 1}"), "another process has the number now"
    assert is_certainly_gone(f"another-boot/{space.partition('/')[2]} {pid} {began}")
    assert not is_certainly_gone(f"{space}0 {child.pid} {began}"), "the processes of another container can't be seen"


def test_an_owner_is_not_gone_because_nothing_can_be_read() -> None:
    mine = Owner.of_this_process().process
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        assert not is_certainly_gone(mine)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

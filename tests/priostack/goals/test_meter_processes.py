"""Several workers measured as one: what all of them counted, and what a dead one leaves."""

from __future__ import annotations

import os
import random
import signal
import struct
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay_adapters.priostack.bundle.documents import Goal
from plugbay_adapters.priostack.bundle.problem import Place
from plugbay_adapters.priostack.goals.board import PAGE
from plugbay_adapters.priostack.goals.meter import WINDOW, GoalMeter
from plugbay_adapters.priostack.goals.window import Window, count

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

HERE = Place("services/users.yaml", 1)
GOALS = [
    Goal("errors", "users", "errors", "< 10%", "", HERE),
    Goal("average", "users", "latency", "avg < 50ms", "", HERE),
    Goal("longest", "users", "latency", "max < 50ms", "", HERE),
]
WORKER = """
import sys
from pathlib import Path
from plugbay_adapters.priostack.goals.meter import GoalMeter
meter = GoalMeter(folder=Path(sys.argv[1]), worker=int(sys.argv[2]), workers=3)
print("ready", flush=True)
for line in sys.stdin:
    if line == "flood\\n":
        print("flooding", flush=True)
        while True:
            meter.record("users", 0.01, failed=True)
    for _ in range(int(line)):
        meter.record("users", 0.01, failed=True)
    print("done", flush=True)
"""


@contextmanager
def worker(folder: Path, number: int) -> Generator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, str(folder), str(number)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert answer_of(process) == "ready"
            yield process
        finally:
            process.kill()


def tell(process: subprocess.Popen[str], what: str) -> str:
    assert process.stdin is not None
    process.stdin.write(what + "\n")
    process.stdin.flush()
    return answer_of(process)


def answer_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def samples(meter: GoalMeter) -> int:
    return meter.report(GOALS)[0].samples


def test_calls_of_all_workers_are_added_up_also_those_of_one_that_was_killed(tmp_path: Path) -> None:
    meter = GoalMeter(folder=tmp_path, worker=0, workers=3)
    with worker(tmp_path, 1) as one, worker(tmp_path, 2) as other:
        assert tell(one, "300") == tell(other, "500") == "done"
        meter.record("users", 0.01, failed=False)
        assert samples(meter) == 801
        one.kill()
        one.wait()
        assert samples(meter) == 801
        with worker(tmp_path, 1) as successor:
            assert tell(successor, "30") == "done"
            assert samples(meter) == 831
    meter.close()


def test_what_a_dead_worker_counted_leaves_the_window(tmp_path: Path) -> None:
    with worker(tmp_path, 1) as one:
        assert tell(one, "300") == "done"
        one.kill()
    later = GoalMeter(folder=tmp_path, worker=0, workers=3, clock=lambda: time.monotonic() + WINDOW)
    assert samples(later) == 0
    later.close()


def test_a_report_during_a_flood_of_another_worker_makes_sense_and_a_kill_in_the_middle_does_no_harm(
    tmp_path: Path,
) -> None:
    meter = GoalMeter(folder=tmp_path, worker=0, workers=3)
    with worker(tmp_path, 1) as flooding:
        assert tell(flooding, "flood") == "flooding"
        seen = 0
        until = time.monotonic() + 1.5  # so that seconds turn while it is read
        while time.monotonic() < until or seen == 0:
            errors, average, longest = meter.report(GOALS)
            assert errors.samples >= seen
            seen = errors.samples
            # No more than the calls of a moment are counted in one place and not in another.
            assert seen - 10 <= (errors.measured or 0.0) * seen <= seen
            assert seen - 10 <= (average.measured or 0.0) / 0.01 * seen <= seen + 10
            assert longest.measured in {None, 0.0, 0.01}
        flooding.send_signal(signal.SIGKILL)
        flooding.wait()
        errors, average, _ = meter.report(GOALS)
        assert errors.measured == pytest.approx(1.0, abs=0.01)
        assert average.measured == pytest.approx(0.01, rel=0.01)
        with worker(tmp_path, 1) as successor:
            assert tell(successor, "30") == "done"
            assert samples(meter) == errors.samples + 30
    meter.close()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_never_counts_in_its_parents_slot(tmp_path: Path) -> None:
    meter = GoalMeter(folder=tmp_path, worker=0, workers=3)
    meter.record("users", 0.01, failed=False)
    child = os.fork()
    if child == 0:
        meter.record("users", 0.01, failed=False)
        os._exit(samples(meter))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert samples(meter) == 1
    meter.close()


def filled(rows: int = 4) -> bytearray:
    """A record with 10 calls of 10 ms in the second 8."""
    record = bytearray(rows * PAGE)
    window = Window(memoryview(record))
    window.turn_to(8)
    for _ in range(10):
        window.add(0.01, failed=True)
    window.release()
    return record


def test_a_row_that_was_left_half_emptied_counts_for_nothing_until_it_is_used_again() -> None:
    record = filled()
    struct.pack_into("Q", record, 0, struct.unpack_from("Q", record)[0] | 1)
    assert count([memoryview(record)], 8, 3).calls == 0
    window = Window(memoryview(record))
    window.turn_to(8)
    window.add(0.01, failed=False)
    assert (count([memoryview(record)], 8, 3).calls, count([memoryview(record)], 8, 3).failed) == (1, 0)


def test_failures_that_are_ahead_of_their_calls_are_no_more_than_these() -> None:
    record = filled()
    struct.pack_into("Q", record, 16, 11)
    found = count([memoryview(record)], 8, 3)
    assert (found.calls, found.failed, found.error_rate) == (10, 10, 1.0)


def test_rows_of_the_future_and_of_the_past_are_not_counted() -> None:
    record = memoryview(filled())
    assert [count([record], second, 3).calls for second in (7, 8, 9, 10, 11, 12)] == [0, 10, 10, 10, 0, 0]


@given(st.integers(), st.integers(0, 3))
def test_no_content_of_a_record_makes_a_report_fail(seed: int, second: int) -> None:
    row = struct.pack("QQ", 2, second + 1) + random.Random(seed).randbytes(PAGE - 16)
    found = count([memoryview(row * 4), memoryview(filled())], second, 3)
    assert 0 <= found.failed <= found.calls
    assert found.quantile(0.99) is not None or found.calls == 0

"""A crew runs quick jobs in one thread, and lets nobody wait for a slow one while a thread is free."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue

import pytest

from plugbay_adapters.priostack.bundle.crew import Crew

Job = Callable[[], None]
NewCrew = Callable[..., Crew[Job]]
PATIENCE = 30.0


@pytest.fixture
def new_crew() -> Iterator[NewCrew]:
    crews: list[Crew[Job]] = []

    def build(size: int = 3) -> Crew[Job]:
        crews.append(Crew("shop", size, lambda job: job()))
        return crews[-1]

    yield build
    for crew in crews:
        crew.close()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Holds jobs until it is set."""
    gate = threading.Event()
    yield gate
    gate.set()


def running() -> int:
    return sum(thread.name.startswith("shop-") for thread in threading.enumerate())


def hold(crew: Crew[Job], gate: threading.Event) -> None:
    """Put a job that ends when the gate is set, and wait until a thread has it."""
    begun = threading.Event()

    def job() -> None:
        begun.set()
        gate.wait(PATIENCE)

    crew.put(job)
    assert begun.wait(PATIENCE)


def waiting_for(gate: threading.Event) -> Job:
    def job() -> None:
        gate.wait(PATIENCE)

    return job


def note(told: SimpleQueue[int], number: int) -> Job:
    return lambda: told.put(number)


def test_quick_jobs_run_in_one_thread_and_in_order(new_crew: NewCrew) -> None:
    crew, told = new_crew(), SimpleQueue[tuple[int, int]]()

    def run(number: int) -> Job:
        return lambda: told.put((number, threading.get_ident()))

    for number in range(100):
        crew.put(run(number))
        assert told.get(timeout=PATIENCE)[0] == number
    assert running() <= 2, "the runner, and a helper that looks after it"


def test_a_job_that_was_put_right_behind_a_slow_one_does_not_wait_for_it(
    new_crew: NewCrew, gate: threading.Event
) -> None:
    crew, told = new_crew(2), SimpleQueue[int]()
    crew.put(lambda: told.put(0))
    assert told.get(timeout=PATIENCE) == 0  # the crew takes jobs for quick ones now
    crew.put(waiting_for(gate))
    crew.put(note(told, 1))  # and nothing is put from here on
    assert told.get(timeout=PATIENCE) == 1


@pytest.mark.parametrize("size", [1, 2, 5])
def test_as_many_slow_jobs_run_at_once_as_there_are_threads(
    new_crew: NewCrew, gate: threading.Event, size: int
) -> None:
    crew, told, together = new_crew(size), SimpleQueue[int](), threading.Barrier(size)

    def meet() -> None:
        together.wait(PATIENCE)  # breaks unless all of them run at once
        gate.wait(PATIENCE)
        told.put(0)

    for _ in range(size):
        crew.put(meet)
    crew.put(note(told, 1))
    gate.set()
    assert sorted(told.get(timeout=PATIENCE) for _ in range(size + 1)) == [0] * size + [1]
    assert running() == size


def test_quick_jobs_go_on_beside_slow_ones(new_crew: NewCrew, gate: threading.Event) -> None:
    crew, told = new_crew(3), SimpleQueue[int]()
    hold(crew, gate)
    hold(crew, gate)
    for number in range(50):
        crew.put(note(told, number))
    assert [told.get(timeout=PATIENCE) for _ in range(50)] == list(range(50))


def test_a_helper_that_comes_too_late_looks_again_the_next_time(new_crew: NewCrew, gate: threading.Event) -> None:
    crew, told = new_crew(2), SimpleQueue[int]()
    for number in range(300):  # again and again the runner is quicker than the helper that was sent for
        crew.put(note(told, number))
    assert sorted(told.get(timeout=PATIENCE) for _ in range(300)) == list(range(300))
    hold(crew, gate)
    crew.put(note(told, 7))
    assert told.get(timeout=PATIENCE) == 7


def test_what_waits_behind_slow_jobs_everywhere_runs_when_the_first_ends(
    new_crew: NewCrew, gate: threading.Event
) -> None:
    crew, told = new_crew(2), SimpleQueue[int]()
    hold(crew, gate)
    hold(crew, gate)
    crew.put(note(told, 7))
    assert not crew.idle
    gate.set()
    assert told.get(timeout=PATIENCE) == 7


def test_jobs_that_all_take_long_are_shared(new_crew: NewCrew) -> None:
    crew, told, meeting = new_crew(2), SimpleQueue[int](), threading.Barrier(2)

    def meet() -> None:
        told.put(meeting.wait(PATIENCE))  # each needs another one beside it

    for _ in range(40):
        crew.put(meet)
    assert sorted(told.get(timeout=PATIENCE) for _ in range(40)) == [0] * 20 + [1] * 20


def test_closing_runs_what_was_put_and_ends_the_threads(new_crew: NewCrew, gate: threading.Event) -> None:
    crew, told = new_crew(3), SimpleQueue[int]()
    hold(crew, gate)
    hold(crew, gate)
    for number in range(20):
        crew.put(note(told, number))
    threading.Timer(0.01, gate.set).start()
    assert crew.close() == []
    assert sorted(told.get_nowait() for _ in range(20)) == list(range(20))
    assert running() == 0
    assert crew.close() == []


def test_a_job_that_came_after_the_end_is_handed_back(new_crew: NewCrew) -> None:
    crew, told = new_crew(1), SimpleQueue[int]()
    crew.put(note(told, 1))
    assert told.get(timeout=PATIENCE) == 1
    crew.close()
    late = note(told, 2)
    crew.put(late)
    assert crew.close() == [late]


def test_a_job_may_close_its_crew(new_crew: NewCrew) -> None:
    crew, closed = new_crew(2), threading.Event()

    def close() -> None:
        crew.close()
        closed.set()

    crew.put(close)
    assert closed.wait(PATIENCE)


def test_no_job_is_lost_or_run_twice_under_a_storm(new_crew: NewCrew) -> None:
    crew, told = new_crew(4), SimpleQueue[int]()

    def storm(first: int) -> None:
        for number in range(first, first + 2000):
            crew.put(note(told, number))

    threads = [threading.Thread(target=storm, args=(2000 * index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    crew.close()
    assert sorted(told.get_nowait() for _ in range(8000)) == list(range(8000))
    assert told.empty()


def test_the_others_go_on_where_no_helper_can_be_started(
    new_crew: NewCrew, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    crew, told = new_crew(2), SimpleQueue[int]()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", fail)
        with pytest.raises(RuntimeError, match="can't start"):
            crew.put(note(told, 0))
    real = threading.Thread.start
    started: list[threading.Thread] = []

    def only_one(thread: threading.Thread) -> None:
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        real(thread)

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", only_one)
        crew.put(note(told, 1))
        assert told.get(timeout=PATIENCE) == 1
    assert "no further thread can be started" in caplog.text

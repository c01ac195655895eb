"""How much a queue holds, and who gets its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.priostack.intents.workbench import Workbench, answers, fails, intent

from plugbay.errors import ConfigInvalid
from plugbay_adapters.priostack.errors import SensorQueueFull
from plugbay_adapters.priostack.intents.bounds import QueueBounds

if TYPE_CHECKING:
    from tests.priostack.intents.conftest import MakeBench

    from plugbay_adapters.priostack.intents.event import SensorEvent


def test_a_full_queue_refuses_an_event_whole(bench: MakeBench) -> None:
    made = bench(intent("greet"), intent("count"), bounds=QueueBounds(waiting=3))
    made.fire()
    with pytest.raises(SensorQueueFull) as caught:
        made.fire()
    assert (caught.value.limit, caught.value.expected, caught.value.found) == ("waiting", 3, 2)
    assert made.engine.report().waiting == 2
    assert made.run_all() == 2


def test_a_queue_that_was_full_takes_events_again(bench: MakeBench) -> None:
    made = bench(intent(), bounds=QueueBounds(waiting=1))
    made.fire()
    made.run_all()
    assert made.fire().runs[0].state.text == "waiting"


def test_retries_count_as_waiting(bench: MakeBench) -> None:
    made = bench(intent(retries=1), bounds=QueueBounds(waiting=1))
    made.functions["greet"] = fails()
    made.fire()
    made.run_all()
    with pytest.raises(SensorQueueFull):
        made.fire()


def test_payloads_of_unfinished_events_fill_the_queue(bench: MakeBench) -> None:
    made = bench(intent(), bounds=QueueBounds(payload_bytes=100, stored_bytes=250))
    for _ in range(2):
        made.fire(payload="x" * 98)
    with pytest.raises(SensorQueueFull) as caught:
        made.fire(payload="x" * 98)
    assert caught.value.limit == "stored_bytes"
    made.fire(payload="x" * 48)


def test_finished_events_make_room_for_new_ones_the_oldest_first(bench: MakeBench) -> None:
    made = bench(intent(), bounds=QueueBounds(payload_bytes=100, stored_bytes=250))
    events: list[SensorEvent] = []
    for _ in range(4):
        events.append(made.fire(payload="x" * 98))
        made.run_all()
        made.clock.now += 1
    assert [made.engine.event(event.id) is not None for event in events] == [False, False, True, True]


def test_history_is_kept_to_its_number_with_all_that_an_event_fired(bench: MakeBench) -> None:
    made = bench(intent("greet"), intent("mail", "greeted"), bounds=QueueBounds(history=4))
    made.functions["greet"] = answers(b'{"sensors":[{"name":"greeted"}]}')
    events: list[SensorEvent] = []
    for _ in range(5):
        events.append(made.fire())
        made.run_all()
        made.clock.now += 1
    made.engine.tend()
    assert [made.engine.event(event.id) is not None for event in events] == [False, False, False, True, True]
    assert len(made.engine.report().recent) == 4
    assert made.report().counts.done == 5  # counts outlive history


def test_history_is_kept_to_its_age(bench: MakeBench) -> None:
    made = bench(intent(), bounds=QueueBounds(history_seconds=100))
    event = made.fire()
    made.run_all()
    made.clock.now = 99
    made.engine.tend()
    assert made.engine.event(event.id) is not None
    made.clock.now = 100
    made.engine.tend()
    assert made.engine.event(event.id) is None


def test_unfinished_events_are_never_history(bench: MakeBench) -> None:
    made = bench(intent(), bounds=QueueBounds(history=1, history_seconds=1))
    events = [made.fire() for _ in range(5)]
    made.clock.now = 1000
    made.engine.tend()
    assert all(made.engine.event(event.id) for event in events)
    assert made.run_all() == 5


def test_skipped_events_are_bounded_as_history(bench: MakeBench) -> None:
    made = bench(intent(cooldown=1000), bounds=QueueBounds(history=3))
    for _ in range(50):
        made.fire()
    made.engine.tend()
    assert len(made.engine.report().recent) == 4  # three skipped ones, and the one that waits


@pytest.mark.parametrize("name", ["waiting", "payload_bytes", "stored_bytes", "history", "history_seconds"])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_a_bound_that_makes_no_sense_is_refused(name: str, value: float) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        QueueBounds(**{name: value})  # type: ignore[arg-type] # wrong on purpose
    assert caught.value.function == name


def test_a_flood_of_one_intent_starves_no_other(bench: MakeBench) -> None:
    made = bench(intent("flood", "a"), intent("rare", "b"), intent("late", "c"))
    for _ in range(100):
        made.fire("a")
    for _ in range(2):
        made.fire("b")
    for _ in range(6):
        made.engine.step()
    made.fire("c")
    for _ in range(2):
        made.engine.step()
    names = [name for name, _ in made.calls]
    assert names[:4].count("rare") == 2
    assert "late" in names[6:8]


def test_the_oldest_event_of_an_intent_comes_first(bench: MakeBench) -> None:
    made = bench(intent())
    for number in range(5):
        made.fire(payload=number)
    made.run_all()
    assert [payload for _, payload in made.calls] == [b"0", b"1", b"2", b"3", b"4"]


def test_a_report_on_a_big_queue_looks_at_a_few_rows() -> None:
    made = Workbench("memory:", intent("greet"), intent("count"))
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    for _ in range(2000):
        made.fire()
    connection = made.queue._transactions._connection  # pyright: ignore[reportPrivateUsage] # to count its work
    assert connection is not None
    connection.set_progress_handler(count, 100)
    assert made.engine.report().waiting == 4000
    connection.set_progress_handler(None, 0)
    assert steps < 100  # of 100 instructions each: 4,000 rows would need far more
    made.close()

"""What becomes of an event, step by step on a clock that the test moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.priostack.intents.workbench import SECOND, START, fails, intent

from plugbay.errors import ConfigInvalid, GuestError, GuestTrap, InputTooLarge, TrapFrame
from plugbay.message.identifier import id_from_text
from plugbay_adapters.priostack.errors import UnknownSensor
from plugbay_adapters.priostack.intents.bounds import QueueBounds

if TYPE_CHECKING:
    from tests.priostack.intents.conftest import MakeBench


def test_an_event_runs_each_intent_that_listens_with_its_payload(bench: MakeBench) -> None:
    made = bench(intent("greet"), intent("count"), intent("other", sensor="left"))
    event = made.fire(payload={"name": "Ada"})
    assert made.states(event) == {"greet": "waiting", "count": "waiting"}
    assert made.run_all() == 2
    assert made.calls == [("greet", b'{"name":"Ada"}'), ("count", b'{"name":"Ada"}')]
    after = made.event(event)
    assert made.states(event) == {"greet": "done", "count": "done"}
    assert after.finished
    assert [run.attempts for run in after.runs] == [1, 1]


def test_an_event_has_an_id_that_says_when_it_came(bench: MakeBench) -> None:
    made = bench(intent())
    first, second = made.fire(), made.fire()
    assert id_from_text(first.id) < id_from_text(second.id)
    assert (first.accepted, first.depth, first.finished) == (START, 0, False)


def test_bytes_are_passed_on_as_they_are(bench: MakeBench) -> None:
    made = bench(intent())
    made.fire(payload=b' {"n": 123456789012345678901234567890} ')
    made.run_all()
    assert made.calls == [("greet", b' {"n": 123456789012345678901234567890} ')]


def test_a_sensor_that_nobody_listens_to_is_refused(bench: MakeBench) -> None:
    with pytest.raises(UnknownSensor, match="'departed'") as caught:
        bench(intent()).fire("departed")
    assert caught.value.found == "departed"


@pytest.mark.parametrize("payload", [b"", b"{", b"NaN", b"\xff", object(), float, {1: 2}, "\ud800"])
def test_what_is_no_json_is_refused(bench: MakeBench, payload: object) -> None:
    made = bench(intent())
    with pytest.raises(ConfigInvalid):
        made.fire(payload=payload)
    assert made.engine.report().waiting == 0


def test_a_payload_over_the_bound_is_refused_and_one_at_the_bound_is_not(bench: MakeBench) -> None:
    made = bench(intent(), bounds=QueueBounds(payload_bytes=10))
    for payload in (b"1" * 11, "123456789"):
        with pytest.raises(InputTooLarge) as caught:
            made.fire(payload=payload)
        assert (caught.value.limit, caught.value.expected, caught.value.found) == ("payload_bytes", 10, 11)
    made.fire(payload="12345678")


def test_an_unknown_event_is_none(bench: MakeBench) -> None:
    made = bench(intent())
    for event_id in ("", "nobody", "\ud800", "0" * 10_000):
        assert made.engine.event(event_id) is None
    assert made.engine.wait("nobody") is None


def test_an_event_within_the_cooldown_is_skipped_and_told_when_it_is_over(bench: MakeBench) -> None:
    made = bench(intent(cooldown=60), intent("count"))
    made.fire()
    made.run_all()
    made.clock.now = 59.9
    second = made.fire()
    (greet, count) = second.runs
    assert (greet.state.text, greet.due) == ("skipped", START + 60 * SECOND)
    assert count.state.text == "waiting"
    assert made.report().cooldown_until == START + 60 * SECOND
    made.clock.now = 60
    assert made.report().cooldown_until is None
    assert made.fire().runs[0].state.text == "waiting"
    made.run_all()
    assert [name for name, _ in made.calls].count("greet") == 2
    assert made.report().counts.skipped == 1


def test_an_event_whose_runs_are_all_skipped_is_finished_at_once(bench: MakeBench) -> None:
    made = bench(intent(cooldown=60))
    made.fire()
    made.run_all()
    assert made.fire().finished


def test_a_run_that_has_not_started_yet_takes_the_cooldown(bench: MakeBench) -> None:
    made = bench(intent(cooldown=60))
    made.fire()
    made.clock.now = 100
    (run,) = made.fire().runs
    assert (run.state.text, run.due) == ("skipped", START + 160 * SECOND)
    assert made.run_all() == 1


def test_a_cooldown_counts_from_the_first_start_and_not_from_retries(bench: MakeBench) -> None:
    made = bench(intent(cooldown=10, retries=5))
    made.functions["greet"] = fails()
    made.fire()
    made.run_all()
    made.clock.now = 9
    made.run_all()
    made.clock.now = 10
    assert made.fire().runs[0].state.text == "waiting"


def test_a_cooldown_that_a_reload_brought_holds_back_what_was_accepted(bench: MakeBench) -> None:
    made = bench(intent())
    for _ in range(3):
        made.fire()
    made.intents[:] = [intent(cooldown=10)]
    for now, started in ((0, 1), (9.9, 0), (10, 1), (20, 1), (40, 0)):
        made.clock.now = now
        assert made.run_all() == started


def test_a_failed_run_is_tried_again_with_growing_pauses_and_then_failed(bench: MakeBench) -> None:
    made = bench(intent(retries=3))
    made.functions["greet"] = fails("no connection")
    event = made.fire()
    for now, due in ((0, 1), (1, 3), (3, 7)):
        made.clock.now = now
        assert made.run_all() == 1
        (run,) = made.event(event).runs
        assert (run.state.text, run.due) == ("retrying", START + due * SECOND)
        made.clock.now = due - 0.001
        assert made.run_all() == 0
    made.clock.now = 7
    assert made.run_all() == 1
    (run,) = made.event(event).runs
    assert (run.state.text, run.attempts, run.error) == ("failed", 4, "RuntimeError: no connection")
    assert made.event(event).finished
    report = made.report()
    assert (report.counts.failed, report.last_error) == (1, "RuntimeError: no connection")
    assert report.last_error_at == START + 7 * SECOND


def test_a_run_that_succeeds_at_last_is_done_and_keeps_what_went_wrong_before(bench: MakeBench) -> None:
    made = bench(intent(retries=1))
    made.functions["greet"] = fails()
    event = made.fire()
    made.run_all()
    made.functions.clear()
    made.clock.now = 1
    made.run_all()
    (run,) = made.event(event).runs
    assert (run.state.text, run.attempts, run.error) == ("done", 2, "RuntimeError: broken")


def test_an_error_of_plugbay_is_kept_by_its_code(bench: MakeBench) -> None:
    def function(_: bytes) -> bytes:
        raise GuestError("email is missing \ud800", plugin="users")

    made = bench(intent())
    made.functions["greet"] = function
    event = made.fire()
    made.run_all()
    assert made.event(event).runs[0].error == "guest-error: email is missing ?"


def test_the_backtrace_of_a_trap_is_in_the_log_with_the_event(
    bench: MakeBench, caplog: pytest.LogCaptureFixture
) -> None:
    def function(_: bytes) -> bytes:
        raise GuestTrap("unreachable", plugin="users", frames=[TrapFrame("createUser", 0x1F)])

    made = bench(intent())
    made.functions["greet"] = function
    with caplog.at_level("INFO", "plugbay.intents"):
        event = made.fire()
        made.run_all()
    assert f"intent greet raised (event {event.id}): users: unreachable\n  at createUser @ 0x1f\n" in caplog.text
    assert "Traceback" not in caplog.text  # 30 lines of ours in each try would tell nobody anything
    assert "intent greet failed for good after 1 attempt: guest-trap: unreachable" in caplog.text


def test_the_traceback_of_an_error_that_is_none_of_plugbays_is_in_the_log(
    bench: MakeBench, caplog: pytest.LogCaptureFixture
) -> None:
    made = bench(intent())
    made.functions["greet"] = fails("broken")
    with caplog.at_level("INFO", "plugbay.intents"):
        event = made.fire()
        made.run_all()
    assert f"intent greet raised (event {event.id})\nTraceback" in caplog.text


def test_errors_are_kept_to_a_bounded_length(bench: MakeBench) -> None:
    made = bench(intent())
    made.functions["greet"] = fails("x" * 1_000_000)
    event = made.fire()
    made.run_all()
    assert len(made.event(event).runs[0].error or "") == 2_000


@pytest.mark.parametrize("error", [SystemExit(1), GeneratorExit(), MemoryError(), RecursionError()])
def test_whatever_a_function_raises_is_its_runs_failure(bench: MakeBench, error: BaseException) -> None:
    def function(_: bytes) -> bytes:
        raise error

    made = bench(intent())
    made.functions["greet"] = function
    event = made.fire()
    made.run_all()
    assert made.states(event) == {"greet": "failed"}


def test_a_retry_holds_up_nobody(bench: MakeBench) -> None:
    made = bench(intent(retries=1))
    made.functions["greet"] = fails()
    first = made.fire(payload=1)
    made.run_all()
    made.functions.clear()
    second = made.fire(payload=2)
    made.run_all()
    assert (made.states(first), made.states(second)) == ({"greet": "retrying"}, {"greet": "done"})


def test_what_is_not_started_in_time_expires(bench: MakeBench) -> None:
    made = bench(intent(expires_in=60))
    late = made.fire(payload=1)
    made.clock.now = 1
    in_time = made.fire(payload=2)
    made.clock.now = 60
    assert made.run_all() == 1
    assert (made.states(late), made.states(in_time)) == ({"greet": "expired"}, {"greet": "done"})
    assert made.event(late).finished
    assert made.event(late).runs[0].error == "was not started in time"
    assert made.report().counts.expired == 1


def test_care_expires_what_no_worker_comes_to(bench: MakeBench) -> None:
    made = bench(intent(expires_in=60))
    event = made.fire()
    made.clock.now = 59.9
    made.engine.tend()
    assert made.states(event) == {"greet": "waiting"}
    made.clock.now = 60
    made.engine.tend()
    assert made.states(event) == {"greet": "expired"}


def test_an_expired_run_does_not_take_the_cooldown(bench: MakeBench) -> None:
    made = bench(intent(expires_in=60, cooldown=600))
    made.fire()
    made.clock.now = 60
    assert made.fire().runs[0].state.text == "waiting"


def test_a_run_that_started_in_time_keeps_its_retries(bench: MakeBench) -> None:
    made = bench(intent(retries=1, expires_in=0.5))
    made.functions["greet"] = fails()
    event = made.fire()
    made.run_all()
    made.clock.now = 1
    made.run_all()
    assert made.states(event) == {"greet": "failed"}


def test_a_run_that_takes_longer_than_expected_is_slow_and_counts(
    bench: MakeBench, caplog: pytest.LogCaptureFixture
) -> None:
    made = bench(intent(expected_duration=2))

    def function(_: bytes) -> bytes:
        made.stopwatch += 2.5
        return b"{}"

    made.functions["greet"] = function
    event = made.fire()
    made.run_all()
    (run,) = made.event(event).runs
    assert (run.state.text, run.slow, run.seconds) == ("done", True, 2.5)
    assert (made.report().counts.slow, made.report().counts.done) == (1, 1)
    assert "took 2.5 s, 2 s are expected" in caplog.text


def test_a_run_that_is_slow_by_little_is_not_told_as_long_as_expected(
    bench: MakeBench, caplog: pytest.LogCaptureFixture
) -> None:
    made = bench(intent(expected_duration=0.001))

    def function(_: bytes) -> bytes:
        made.stopwatch += 0.00102
        return b"{}"

    made.functions["greet"] = function
    made.fire()
    made.run_all()
    assert "took 0.00102 s, 0.001 s are expected" in caplog.text


def test_a_run_that_takes_as_long_as_expected_is_not_slow(bench: MakeBench) -> None:
    made = bench(intent(expected_duration=2))

    def function(_: bytes) -> bytes:
        made.stopwatch += 2
        return b"{}"

    made.functions["greet"] = function
    event = made.fire()
    made.run_all()
    assert not made.event(event).runs[0].slow


@pytest.mark.parametrize("result", [b"", b"no json", b"null", b"[1]", b'"sensors"', b'{"sensors": null}', b"\xff"])
def test_any_result_is_a_success(bench: MakeBench, result: bytes) -> None:
    made = bench(intent())
    made.functions["greet"] = lambda _: result
    event = made.fire()
    made.run_all()
    (run,) = made.event(event).runs
    assert (run.state.text, run.problems) == ("done", ())


def test_runs_wait_for_an_intent_that_is_gone_to_come_back(bench: MakeBench) -> None:
    made = bench(intent())
    event = made.fire()
    back = made.intents.copy()
    made.intents.clear()
    assert made.run_all() == 0
    report = made.report()
    assert (report.service, report.handler, report.counts.waiting) == (None, None, 1)
    assert report.to_dict()["orphaned"] is True
    made.intents.extend(back)
    assert made.run_all() == 1
    assert made.event(event).finished


def test_runs_of_a_gone_intent_expire_as_history_does(bench: MakeBench) -> None:
    made = bench(intent(retries=1), bounds=QueueBounds(history_seconds=100))
    made.functions["greet"] = fails()
    failed = made.fire()
    made.run_all()
    waiting = made.fire()
    made.intents.clear()
    made.clock.now = 99
    made.engine.tend()
    assert (made.states(failed), made.states(waiting)) == ({"greet": "retrying"}, {"greet": "waiting"})
    made.clock.now = 101
    made.engine.tend()
    assert (made.states(failed), made.states(waiting)) == ({"greet": "expired"}, {"greet": "expired"})
    assert made.engine.report().intents == ()


def test_an_intent_is_run_as_it_is_now(bench: MakeBench) -> None:
    made = bench(intent(retries=0))
    made.functions["greet"] = fails()
    event = made.fire()
    made.intents[:] = [intent(retries=1)]
    made.run_all()
    assert made.states(event) == {"greet": "retrying"}


def test_bundle_answers_that_fail_are_no_intents(bench: MakeBench, caplog: pytest.LogCaptureFixture) -> None:
    made = bench(intent())
    event = made.fire()

    class Broken(list[object]):
        def __iter__(self) -> object:  # type: ignore[override] # it only raises
            raise RuntimeError("no bundle")

    kept, made.intents = made.intents, Broken()  # type: ignore[assignment] # broken on purpose
    assert made.run_all() == 0
    assert "the intents of the sensor 'arrived' can't be told" in caplog.text
    made.intents = kept
    assert made.run_all() == 1
    assert made.event(event).finished

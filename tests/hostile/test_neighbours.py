"""One bad guest never harms another, however hard both are driven."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from plugbay import Host, Limits, Message, Outcome, Plugin
from plugbay.errors import BatchError, DeadlineExceeded, GuestTrap, OutOfMemory, PlugbayError

BODIES = {
    "trap": ("(unreachable)", GuestTrap),
    "scribble": ("(memory.fill (i32.const 0) (i32.const 255) (i32.const 65537)) (unreachable)", GuestTrap),
    "bomb": ("(loop $on (br_if $on (i32.ne (i32.const -1) (memory.grow (i32.const 1))))) (unreachable)", OutOfMemory),
    "loop": ("(loop $on (br $on)) (unreachable)", DeadlineExceeded),
}
ROUNDS = 60


def _hammer_hostile(plugin: Plugin, evil: Message, rounds: int) -> list[PlugbayError | None]:
    return [plugin.process(evil).error for _ in range(rounds)]


def _hammer_honest(plugin: Plugin, good: Message) -> int:
    encoded = good.to_cbor()
    served = 0
    for _ in range(ROUNDS):
        served += plugin.call("process", encoded) == encoded
        served += plugin.call_many("process", [encoded] * 20) == [encoded] * 20
        served += [outcome.messages for outcome in plugin.process_many([good] * 5)] == [(("out", good),)] * 5
    return served


def test_hostile_and_honest_guests_in_many_threads(
    arena: Host, guest: Callable[..., bytes], hasty: Limits, evil: Message, good: Message
) -> None:
    honest = [arena.load(guest(), name=f"honest-{index}", instances=2) for index in range(2)]
    hostile = {
        name: arena.load(guest(body), name=name, instances=2, limits=hasty) for name, (body, _) in BODIES.items()
    }
    with ThreadPoolExecutor(8) as threads:
        harm = {
            name: threads.submit(_hammer_hostile, plugin, evil, 5 if name == "loop" else 200)
            for name, plugin in hostile.items()
        }
        served = [threads.submit(_hammer_honest, plugin, good) for plugin in [*honest, *honest]]
        assert [done.result() for done in served] == [3 * ROUNDS] * 4
        for name, (_, expected) in BODIES.items():
            assert {type(error) for error in harm[name].result()} == {expected}
    for plugin in [*honest, *hostile.values()]:
        assert plugin.process(good).messages == (("out", good),)


def test_honest_and_hostile_messages_to_one_guest_in_many_threads(
    arena: Host, guest: Callable[..., bytes], evil: Message, good: Message
) -> None:
    plugin = arena.load(guest("(unreachable)"), name="both", instances=3)
    batch = [good, evil, good, good, evil]

    def work(_: int) -> list[Outcome]:
        return [outcome for _ in range(40) for outcome in plugin.process_many(batch)]

    with ThreadPoolExecutor(4) as threads:
        for outcomes in threads.map(work, range(4)):
            failed = [outcome.error is not None for outcome in outcomes]
            assert failed == [message is evil for message in batch] * 40
            assert all(outcome.messages == (("out", good),) for outcome in outcomes if outcome.error is None)


def test_a_thousand_failures_in_one_batch_are_a_thousand_errors(
    arena: Host, guest: Callable[..., bytes], evil: Message, good: Message
) -> None:
    plugin = arena.load(guest("(unreachable)"), name="thousand")
    encoded = [evil.to_cbor(), good.to_cbor()] * 1000
    with pytest.raises(BatchError) as raised:
        plugin.call_many("process", encoded)
    results = raised.value.results
    assert [isinstance(result, GuestTrap) for result in results] == [True, False] * 1000
    assert list(results[1::2]) == encoded[1::2]

"""One and two threads: a gear that computes, and one that does next to nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from guests import PASSTHROUGH, computing_gear
from results import TIMES, Section, Target, microseconds, ratio
from timing import Peer, Timing, compare, seconds_of

from plugbay import Host

if TYPE_CHECKING:
    from effort import Effort

    from plugbay import Plugin

THREADS: Final = 2
BATCH: Final = 20
TINY_PER_TURN: Final = 10_000
TIMED: Final = (
    "The same number of messages by one thread and by two that share them, through one Plugin with instances=2; "
    "wall-clock time per message. The computing gear takes about 1 ms of integer work per message; call_many "
    f"takes {BATCH} of them at once. Tiny calls are echoes of 256 bytes (call) and 1,000 of them (call_many). The "
    "last row is what two threads reach here with C code that gives up the interpreter lock: SHA-256 of 1 MB."
)


def measure(effort: Effort) -> Section:
    """Every kind of work with one thread and with two, all in turns."""
    with ExitStack() as stack:
        host = stack.enter_context(Host())
        pool = stack.enter_context(ThreadPoolExecutor(THREADS))
        computing = stack.enter_context(host.load(computing_gear(), instances=THREADS, name="computing"))
        echo = stack.enter_context(host.load(PASSTHROUGH, instances=THREADS))
        work = _one_millisecond(computing)
        block, tiny, tinies = bytes(1_000_000), bytes(256), [bytes(256)] * 1000
        count = max(2 * BATCH, effort.threaded_messages)
        kinds: list[tuple[str, Callable[[], object], int, int]] = [
            ("computing, call", lambda: computing.call("process", work), count, 1),
            ("computing, call_many", lambda: computing.call_many("process", [work] * BATCH), count // BATCH, BATCH),
            ("tiny, call", lambda: echo.call("process", tiny), TINY_PER_TURN, 1),
            ("tiny, call_many", lambda: echo.call_many("process", tinies), TINY_PER_TURN // 100, 1000),
            ("SHA-256 of 1 MB", lambda: hashlib.sha256(block).digest(), count, 1),
        ]
        peers = [
            Peer(name, _shared(pool, run, times, threads), times * messages)
            for name, run, times, messages in kinds
            for threads in (1, THREADS)
        ]
        timings = compare(peers, rounds=max(1, effort.rounds // 2), slice_seconds=0)
    return _section({one.name: (one, two) for one, two in zip(timings[::2], timings[1::2], strict=True)})


def _section(found: dict[str, tuple[Timing, Timing]]) -> Section:
    times = {name: two.times(one) for name, (one, two) in found.items()}
    return Section(
        "threads",
        "Two threads",
        TIMED,
        ("work", "one thread", "two threads", "as fast"),
        [
            [name, microseconds(one.us), microseconds(two.us), ratio(times[name], two.times_spread(one))]
            for name, (one, two) in found.items()
        ],
        [
            Target("two threads on a computing gear, call", 1.7, times["computing, call"], TIMES),
            Target("two threads on a computing gear, call_many", 1.7, times["computing, call_many"], TIMES),
        ],
        {name: {"one_us": one.us, "two_us": two.us, "times": times[name]} for name, (one, two) in found.items()},
    )


def _shared(pool: ThreadPoolExecutor, run: Callable[[], object], times: int, threads: int) -> Callable[[], None]:
    def share() -> None:
        for _ in range(times // threads):
            run()

    def all_shares() -> None:
        for future in [pool.submit(share) for _ in range(threads)]:
            future.result()

    return all_shares


def _one_millisecond(computing: Plugin) -> bytes:
    """The payload that keeps the gear busy for about a millisecond on this machine."""
    rounds = 1_000_000
    took = min(seconds_of(lambda: computing.call("process", rounds.to_bytes(4, "little"))) for _ in range(3))
    return int(rounds * 1e-3 / took).to_bytes(4, "little")

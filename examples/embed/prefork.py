"""One parent loads the plugin, forked workers share the work, as under gunicorn's --preload.

The module is compiled once, before the fork; each worker has its own copy of the instance from then on.
"""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
from typing import Any

from plugbay import Host, Limits, Message, Plugin

GEAR = Path(__file__).parent.parent / "passthrough" / "passthrough.wasm"
WORKERS = 2


def work(plugin: Plugin, count: int) -> tuple[int, int]:
    """A worker: process some messages; returns who did how many."""
    messages = [Message.new({"number": number}) for number in range(count)]
    outcomes = plugin.process_many(messages)
    return os.getpid(), sum(outcome.error is None for outcome in outcomes)


def main() -> None:
    """Load, fork, collect."""
    with Host(limits=Limits(deadline=0.5)) as host:
        plugin = host.load(GEAR)
        fork = multiprocessing.get_context("fork")
        results: Any = fork.SimpleQueue()
        workers = [fork.Process(target=lambda: results.put(work(plugin, 1000))) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        done: dict[int, int] = dict(results.get() for _ in workers)
        for worker in workers:
            worker.join()
        print(f"{len(done)} workers processed {sum(done.values())} messages")


if __name__ == "__main__":
    main()

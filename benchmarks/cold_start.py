"""From a file to the first answer: compiling, and from the ahead-of-time cache."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import cold_steps
from guests import large_gear
from processes import processes
from results import TIMES, Section, Target, microseconds, ratio
from timing import Timing, seconds_of

from plugbay import Host
from plugbay.engines.wasmtime.cache import ArtifactCache

if TYPE_CHECKING:
    from effort import Effort

TIMED: Final = (
    "Host.load(path) to the end of the first call, with a fresh Host each time: compiling with the cache empty, "
    "against loading from it. In the same process a load that is not timed comes between, since the first one "
    "after compiling pays for the memory that compiling left behind. In a new process everything else is done for "
    "the first time too; the whole process is python -c … that imports plugbay, loads, calls once and ends. The "
    "steps are timed one by one."
)
PROCESS: Final = """
import sys
from time import perf_counter
from plugbay import Host
with Host() as host:
    started = perf_counter()
    host.load(sys.argv[1]).call("process", bytes(256))
    print(perf_counter() - started)
"""
_PAYLOAD: Final = bytes(256)


def measure(effort: Effort) -> Section:
    """Compiled and cached in turns, in this process and in new ones; then the steps of the cached way."""
    with TemporaryDirectory() as folder, _own_cache(Path(folder) / "cache") as cache, processes() as python:
        module = Path(folder) / "large.wasm"
        module.write_bytes(large_gear(effort.module_functions))

        def process() -> tuple[float, ...]:
            inside: list[float] = []
            whole = seconds_of(lambda: inside.append(float(python.run("-c", PROCESS, module))))
            return inside[0], whole

        here = _in_turns(effort.cold_rounds, cache, lambda: (_load_and_call(module),))
        inside, whole = _in_turns(effort.processes, cache, process)
        bare = _timing("nothing", [seconds_of(lambda: python.run("-c", "pass")) for _ in range(effort.processes)])
        steps = cold_steps.measure(module, _PAYLOAD, effort)
        sizes = module.stat().st_size, cache.info().used_bytes
    return _section(here[0], inside, whole, bare, steps, sizes)


Turns = tuple[Timing, Timing]
"""Compiled and cached."""


def _section(
    here: Turns, inside: Turns, whole: Turns, bare: Timing, steps: list[Timing], sizes: tuple[int, int]
) -> Section:
    ways = {
        "load and first call": here,
        "the same in a new process": inside,
        "that whole process": whole,
    }
    title, step_share = f"{sizes[0] / 1000:,.0f} KB", here[1].us
    return Section(
        "cold_start",
        f"Cold start of a module of {title} ({sizes[1] / 1000:,.0f} KB compiled)",
        TIMED,
        ("what", "compiling", "from the cache", "ratio"),
        [
            *(_row(name, *turns) for name, turns in ways.items()),
            ["a process that does nothing", "", microseconds(bare.us), ""],
            *([f"· {step.name}", "", microseconds(step.us), f"{step.us / step_share:.0%} of a load"] for step in steps),
        ],
        [Target(f"cold start of {title} from the cache against compiling", 50, here[1].times(here[0]), TIMES)],
        {
            "module_bytes": sizes[0],
            "ways_us": {name: {"compiled": turns[0].us, "cached": turns[1].us} for name, turns in ways.items()},
            "bare_process_us": bare.us,
            "steps_us": {step.name: step.us for step in steps},
        },
    )


def _row(name: str, compiled: Timing, cached: Timing) -> list[str]:
    times = ratio(cached.times(compiled), cached.times_spread(compiled))
    return [name, microseconds(compiled.us), microseconds(cached.us), times]


def _in_turns(rounds: int, cache: ArtifactCache, load: Callable[[], tuple[float, ...]]) -> list[Turns]:
    """What ``load`` times, with the cache empty and filled in turns: what one turn compiles, the next one loads."""
    load()
    compiled: list[tuple[float, ...]] = []
    cached: list[tuple[float, ...]] = []
    for _ in range(rounds):
        cache.clear()
        compiled.append(load())
        load()
        cached.append(load())
    return [
        (_timing("compiled", before), _timing("cached", after))
        for before, after in zip(zip(*compiled, strict=True), zip(*cached, strict=True), strict=True)
    ]


def _timing(name: str, seconds: Iterable[float]) -> Timing:
    return Timing(name, tuple(value * 1e6 for value in seconds))


def _load_and_call(module: Path) -> float:
    with Host() as host:
        return seconds_of(lambda: host.load(module).call("process", _PAYLOAD))


@contextmanager
def _own_cache(folder: Path) -> Generator[ArtifactCache]:
    """A cache folder of our own for every Host made meanwhile, and for the processes that are started."""
    before = os.environ.get("PLUGBAY_CACHE_DIR")
    os.environ["PLUGBAY_CACHE_DIR"] = str(folder)
    try:
        yield ArtifactCache(folder)
    finally:
        if before is None:
            del os.environ["PLUGBAY_CACHE_DIR"]
        else:
            os.environ["PLUGBAY_CACHE_DIR"] = before

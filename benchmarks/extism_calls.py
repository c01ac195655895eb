"""Extism plugins, called through plugbay and through Extism's Python SDK: the same modules, the same bytes."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from guests import EXTISM_CONFIG_VAR, EXTISM_ECHO
from peers import extism_plugin
from results import TIMES, Section, Target, microseconds, ratio
from timing import Peer, Timing, compare

from plugbay import Host

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from effort import Effort

BATCH: Final = 1000
COLUMNS: Final = ("plugin", "call", "call_many", "Extism", "call / Extism", "call_many / Extism")
TIMED: Final = (
    "One call, from the Python bytes of the input to those of the output. The plugins are benchmarks/guests (Rust, "
    "extism-pdk): echo returns its input; config and variable reads a config value and adds it to a variable on every "
    f"call. plugbay: Plugin.call, and Plugin.call_many with {BATCH:,} inputs, per input, on wasmtime beside plugbay's "
    "own kernel, with its deadline and limits. Extism: Plugin.call of its Python SDK on the same file, with its "
    "defaults: no timeout, no limit."
)


@dataclass(frozen=True, slots=True)
class Case:
    """Calls to measure: a function of a module with an input."""

    module: Path
    function: str
    payload: bytes
    config: Mapping[str, str] = field(default_factory=dict[str, str])
    steady: bool = True
    """Whether equal inputs have equal outputs."""


_CONFIG_VAR: Final = "config and variable"
_ECHO: Final = "echo of 256 B"


def measure(effort: Effort) -> Section:
    """Every case, the peers in turns."""
    return _section({name: compare_calls(case, effort) for name, case in _cases().items()})


def compare_calls(case: Case, effort: Effort, *, wasi: bool = False) -> list[Timing]:
    """``call``, ``call_many`` and Extism's SDK on the same calls; what they return is compared first."""
    payload, batch = case.payload, [case.payload] * BATCH
    with ExitStack() as opened:
        host = opened.enter_context(Host())
        plugin = opened.enter_context(host.load(case.module, config=case.config))
        extism = opened.enter_context(extism_plugin(case.module.read_bytes(), wasi=wasi, config=case.config))
        output = extism.call(case.function, payload)
        assert plugin.call(case.function, payload) == output, "the peers do not do the same"
        assert not case.steady or plugin.call_many(case.function, batch) == [output] * BATCH
        return compare(
            [
                Peer("call", lambda: plugin.call(case.function, payload)),
                Peer("call_many", lambda: plugin.call_many(case.function, batch), BATCH),
                Peer("extism", lambda: extism.call(case.function, payload)),
            ],
            rounds=effort.rounds,
            slice_seconds=effort.slice_seconds,
        )


def row(name: str, timings: list[Timing]) -> list[str]:
    """A row under ``COLUMNS``."""
    call, many, extism = timings
    times = (ratio(own.times(extism), own.times_spread(extism)) for own in (call, many))
    return [name, *(microseconds(timing.us) for timing in timings), *times]


def figures(found: Mapping[str, list[Timing]]) -> dict[str, dict[str, object]]:
    """The timings as plain values."""
    return {
        name: {timing.name: {"us": timing.us, "spread": timing.spread} for timing in timings}
        for name, timings in found.items()
    }


def _cases() -> dict[str, Case]:
    sizes = {"empty": 0, "256 B": 256, "4 KiB": 4096, "64 KiB": 65536}
    echoes = {
        f"echo of {name}": Case(EXTISM_ECHO, "echo", bytes(at % 251 for at in range(size)))
        for name, size in sizes.items()
    }
    return {**echoes, _CONFIG_VAR: Case(EXTISM_CONFIG_VAR, "count", b"", {"step": "3"}, steady=False)}


def _section(found: dict[str, list[Timing]]) -> Section:
    return Section(
        "extism_calls",
        "A call of an Extism plugin",
        TIMED,
        COLUMNS,
        [row(name, timings) for name, timings in found.items()],
        [
            Target(f"{_ECHO}, an Extism plugin, against Extism's SDK", 6, _times(found[_ECHO]), TIMES),
            Target("config and variable in every call, against Extism's SDK", 3, _times(found[_CONFIG_VAR]), TIMES),
        ],
        figures(found),
    )


def _times(timings: list[Timing]) -> float:
    call, _, extism = timings
    return call.times(extism)

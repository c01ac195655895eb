"""One call: raw bytes in, the same bytes out, beside wasmtime-py's ordinary calls and Extism's SDK."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from guests import PASSTHROUGH, extism_echo
from peers import OrdinaryGear, extism_plugin
from results import TIMES, Section, Target, microseconds, ratio
from timing import Peer, Timing, compare

from plugbay import Host

if TYPE_CHECKING:
    from effort import Effort

    from plugbay import Plugin

Echo = Callable[[bytes], bytes]

SIZES: Final = (0, 256, 4096, 65536)
BATCH: Final = 1000
COLUMNS: Final = (
    "bytes",
    "call",
    "call_many",
    "wasmtime-py",
    "Extism",
    "call / wasmtime-py",
    "call / Extism",
    "call_many / wasmtime-py",
)
TIMED: Final = (
    "One echo of a message, from the Python bytes of the input to those of the output. The gear is "
    "examples/passthrough (Zig, general-purpose allocator): alloc, copy, process, copy, free, free. plugbay: "
    f"Plugin.call, and Plugin.call_many with {BATCH:,} messages, per message. wasmtime-py: the same file and the "
    "same six steps by its ordinary calls. Extism: Plugin.call of its Python SDK on an echo plugin. An empty "
    "result means a dropped message to a gear, so 0 B is a message dropped."
)


def measure(effort: Effort) -> Section:
    """Every size, all peers in turns."""
    with (
        Host() as host,
        host.load(PASSTHROUGH) as plugin,
        OrdinaryGear(PASSTHROUGH.read_bytes()) as ordinary,
        extism_plugin(extism_echo()) as extism,
    ):
        echoes: tuple[Echo, ...] = (
            lambda payload: plugin.call("process", payload),
            ordinary.call,
            lambda payload: extism.call("process", payload),
        )
        return _section({size: _compare(size, plugin, echoes, effort) for size in SIZES})


def _compare(size: int, plugin: Plugin, echoes: tuple[Echo, ...], effort: Effort) -> list[Timing]:
    payload = bytes(index % 251 for index in range(size))
    batch = [payload] * BATCH
    assert all(bytes(echo(payload)) == payload for echo in echoes), "the peers do not do the same"
    assert plugin.call_many("process", batch) == batch
    call, ordinary, extism = echoes
    return compare(
        [
            Peer("call", lambda: call(payload)),
            Peer("call_many", lambda: plugin.call_many("process", batch), BATCH),
            Peer("wasmtime-py", lambda: ordinary(payload)),
            Peer("extism", lambda: extism(payload)),
        ],
        rounds=effort.rounds,
        slice_seconds=effort.slice_seconds,
    )


def _section(found: dict[int, list[Timing]]) -> Section:
    call, many, wasmtime_py, extism = found[256]
    return Section(
        "calls",
        "A call",
        TIMED,
        COLUMNS,
        [_row(size, timings) for size, timings in found.items()],
        [
            Target("call of 256 B against wasmtime-py's ordinary calls", 40, call.times(wasmtime_py), TIMES),
            Target("call of 256 B against Extism's SDK", 6, call.times(extism), TIMES),
            Target("call_many of 256 B, per message, against wasmtime-py", 150, many.times(wasmtime_py), TIMES),
        ],
        {str(size): {timing.name: {"us": timing.us, "spread": timing.spread} for timing in timings}
         for size, timings in found.items()},
    )  # fmt: skip


def _row(size: int, timings: list[Timing]) -> list[str]:
    call, many, wasmtime_py, extism = timings
    return [
        f"{size:,}",
        *(microseconds(timing.us) for timing in timings),
        ratio(call.times(wasmtime_py), call.times_spread(wasmtime_py)),
        ratio(call.times(extism), call.times_spread(extism)),
        ratio(many.times(wasmtime_py), many.times_spread(wasmtime_py)),
    ]

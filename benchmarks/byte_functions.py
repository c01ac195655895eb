"""PrioStack byte functions, called through plugbay and step by step through wasmtime-py: the same modules and bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from guests import BYTE_FUNCTIONS, USERS
from results import TIMES, Section, Target, microseconds, ratio
from timing import Peer, Timing, compare

from plugbay import Host
from plugbay.peers import Subject
from plugbay.peers.priostack import ordinary_byte_functions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from effort import Effort

BATCH: Final = 1000
COLUMNS: Final = ("function", "call", "call_many", "wasmtime-py", "call / wasmtime-py", "call_many / wasmtime-py")
REQUEST: Final = (
    b'{"email":"ada.lovelace@analytical-engine.example","name":"Augusta Ada King, Countess of Lovelace",'
    b'"referrer":"https://example.com/newsletter/2026-11/the-first-programmer","consent":true,"plan":"free"}'
)
TIMED: Final = (
    "One call of a byte function, from the Python bytes of the input to those of the output. echo: 256 bytes. "
    f"create_user: the user service of examples/users with a request of {len(REQUEST)} bytes, which it parses, checks "
    f"and answers. plugbay: Plugin.call, and Plugin.call_many with {BATCH:,} inputs, per input. wasmtime-py: the same "
    "file and the steps of its convention by ordinary calls (allocate, write, run, read, free, and what pinning or the "
    "stack needs)."
)
_HOUR: Final = 3600.0
_ECHO: Final = "echo"
_CONVENTIONS: Final = {
    "packed, Rust": (BYTE_FUNCTIONS, _ECHO),
    "wasm-bindgen, Rust": (USERS["rust-bindgen"], _ECHO),
    "wasm-bindgen with a return pointer, Rust": (USERS["rust-bindgen-retptr"], _ECHO),
    "AssemblyScript": (USERS["assemblyscript"], _ECHO),
}


def measure(effort: Effort) -> Section:
    """Every case, the peers in turns."""
    payload = bytes(at % 251 for at in range(256))
    echoes = {f"echo, {name}": _compare(*case, payload, effort) for name, case in _CONVENTIONS.items()}
    services = {
        f"create_user, {language}": _compare(module, "createUser", REQUEST, effort)
        for language, module in USERS.items()
    }
    return _section(echoes, services)


def _compare(module: Path, name: str, payload: bytes, effort: Effort) -> list[Timing]:
    """``call``, ``call_many`` and wasmtime-py on the same calls; what they return is compared first.

    A function may be spelled in either of the two ways that languages spell it.
    """
    data, batch = module.read_bytes(), [payload] * BATCH
    with Host() as host, host.load(module, abi="priostack") as plugin:
        subject = Subject(data, plugin.info, plugin.limits)
        function = name if name in plugin.functions else "create_user"
        with ordinary_byte_functions(subject, _HOUR) as ordinary:
            output = ordinary(function, payload)
            assert plugin.call(function, payload) == output, "the peers do not do the same"
            assert plugin.call_many(function, batch) == [output] * BATCH
            return compare(
                [
                    Peer("call", lambda: plugin.call(function, payload)),
                    Peer("call_many", lambda: plugin.call_many(function, batch), BATCH),
                    Peer("wasmtime-py", lambda: ordinary(function, payload)),
                ],
                rounds=effort.rounds,
                slice_seconds=effort.slice_seconds,
            )


def _section(echoes: Mapping[str, list[Timing]], services: Mapping[str, list[Timing]]) -> Section:
    found = {**echoes, **services}
    return Section(
        "byte_functions",
        "A call of a PrioStack function",
        TIMED,
        COLUMNS,
        [_row(name, timings) for name, timings in found.items()],
        [
            Target(f"{name}, 256 B, against wasmtime-py's ordinary calls", 15, call.times(ordinary), TIMES)
            for name, (call, _, ordinary) in echoes.items()
        ],
        {
            name: {timing.name: {"us": timing.us, "spread": timing.spread} for timing in timings}
            for name, timings in found.items()
        },
    )


def _row(name: str, timings: list[Timing]) -> list[str]:
    call, many, ordinary = timings
    times = (ratio(own.times(ordinary), own.times_spread(ordinary)) for own in (call, many))
    return [name, *(microseconds(timing.us) for timing in timings), *times]

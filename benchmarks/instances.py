"""What it costs to have a host, a plugin and an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from guests import PASSTHROUGH
from processes import Processes, processes
from results import Section, microseconds
from timing import Peer, Timing, compare, seconds_of

from plugbay import Host, Permissions, Trust
from plugbay.detection import AUTO, choose
from plugbay.module.binary import read_module
from plugbay.module.verified import verify
from plugbay.services import HostServices, HttpClient

if TYPE_CHECKING:
    from effort import Effort

TIMED: Final = (
    "An instance: store, guest, driver and trampoline of the pass-through gear, made and freed. A load: Host.load "
    "and close of that gear, from the cache. A host: Host() and close, entry points included. The imports: in new "
    "processes, less what a process that imports nothing takes."
)


def measure(effort: Effort) -> Section:
    """Instances, loads and hosts in turns; then imports."""
    with Host() as host:
        source = verify(host.read(PASSTHROUGH), Trust())
        info = read_module(source.data, source.digest)
        options = host.options("echo", host.limits, None, (), Permissions())
        adapter, _ = choose(host.plugins.adapters, info, options, AUTO)
        engine = host.plugins.engines[adapter.engines[0]]
        compiled = adapter.compile(source, info, engine, options)
        services = HostServices("echo", Permissions(), host.limits, host.state, HttpClient())
        timings = compare(
            [
                Peer("an instance", lambda: compiled.instantiate(services).close()),
                Peer("a load", lambda: host.load(PASSTHROUGH).close()),
                Peer("a host", lambda: Host().close()),
            ],
            rounds=effort.rounds,
            slice_seconds=effort.slice_seconds,
        )
    with processes() as python:
        imports = [_import(python, name, effort.processes) for name in ("plugbay", "wasmtime", "plugbay.cli")]
    return Section(
        "instances",
        "A host, a plugin, an instance",
        TIMED,
        ("what", "time"),
        [[timing.name, microseconds(timing.us)] for timing in (*timings, *imports)],
        figures={timing.name: {"us": timing.us} for timing in (*timings, *imports)},
    )


def _import(python: Processes, module: str, rounds: int) -> Timing:
    python.run("-c", f"import {module}")
    seconds = [
        (seconds_of(lambda: python.run("-c", "pass")), seconds_of(lambda: python.run("-c", f"import {module}")))
        for _ in range(rounds)
    ]
    return Timing(f"import {module}", tuple((loaded - bare) * 1e6 for bare, loaded in seconds))

"""Measures how fast a plugin answers, in every way of calling it, beside a peer that does the same steps."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import cycle
from time import perf_counter, perf_counter_ns
from typing import TYPE_CHECKING, Any

from plugbay.errors import ConfigInvalid
from plugbay.peers import PeerFailed, Subject, find_peer

if TYPE_CHECKING:
    from plugbay.module.source import WasmSource
    from plugbay.plugin import Plugin

Call = Callable[[str, bytes], object]
"""A function's name and a payload, as :meth:`Plugin.call` takes them."""
OnStep = Callable[[str], None]
"""Told what is measured next."""

BATCH = 1000
"""Messages of one ``call_many``, unless so many would take longer than the measurement."""
_MOST_SAMPLES = 500_000
_SINGLE = "single calls"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One way of calling. Times are microseconds per message, as a caller sees them: in a batch, its share of it.

    ``batch`` is how many messages went in at once; ``messages`` how many were sent in all.
    """

    way: str
    threads: int
    batch: int
    messages: int
    mean_us: float
    p50_us: float
    p99_us: float
    messages_per_second: float


@dataclass(frozen=True, slots=True)
class BenchReport:
    """What was measured of one plugin. ``peer`` is something else that answers the same calls; when there is none,
    ``peer_note`` says why."""

    plugin: str
    abi: str
    digest: str
    function: str
    payload_bytes: float
    measurements: tuple[Measurement, ...]
    peer: Measurement | None = None
    peer_note: str | None = None

    def ratio(self, measurement: Measurement) -> float | None:
        """How many times as many messages a second as the peer; None without a peer."""
        return measurement.messages_per_second / self.peer.messages_per_second if self.peer else None

    def to_dict(self) -> dict[str, object]:
        """The report as plain values for JSON."""
        return {
            "plugin": self.plugin,
            "abi": self.abi,
            "digest": self.digest,
            "function": self.function,
            "payload_bytes": self.payload_bytes,
            "measurements": [{**asdict(item), "times_peer": self.ratio(item)} for item in self.measurements],
            "peer": asdict(self.peer) if self.peer else None,
            "peer_note": self.peer_note,
        }


def bench_plugin(
    plugin: Plugin,
    source: WasmSource,
    payloads: Sequence[bytes],
    *,
    function: str | None = None,
    seconds: float = 1.0,
    threads: int = 2,
    config: Mapping[str, Any] | None = None,
    on_step: OnStep | None = None,
) -> BenchReport:
    """Measure single calls and batches, with one thread and with ``threads``, and the peer, ``seconds`` each.

    The payloads are sent in turn, again and again. ``config`` is the plugin's, for the peer. Raises :class:`CallError`
    or :class:`BatchError` when the plugin fails on one, :class:`ConfigInvalid` for a measurement that makes no sense.
    """
    if not 0.01 <= seconds <= 3600 or not 1 <= threads <= 64 or not payloads:
        raise ConfigInvalid(
            "a measurement takes 0.01 to 3600 seconds, 1 to 64 threads, and at least one payload",
            found=f"{seconds} s, {threads} threads, {len(payloads)} payloads",
        )
    function = function if function is not None else plugin.default_function
    tell = on_step if on_step is not None else _nobody
    measurements: list[Measurement] = []
    for count in (1, threads) if threads > 1 else (1,):
        tell(_way(_SINGLE, count))
        single = measure_calls(plugin.call, function, payloads, seconds=seconds, threads=count)
        size = max(1, min(BATCH, int(seconds / single.mean_us * 1e6)))
        tell(_batches(size, count))
        batch = measure_batches(plugin, function, payloads, size=size, seconds=seconds, threads=count)
        measurements += (single, batch)
    subject = Subject(source.data, plugin.info, plugin.limits, config or {})
    peer, note = _measure_peer(plugin.claim.abi, subject, payloads, function, seconds, tell)
    mean_bytes = sum(map(len, payloads)) / len(payloads)
    return BenchReport(
        plugin.name, plugin.claim.abi, source.digest, function, mean_bytes, tuple(measurements), peer, note
    )


def _measure_peer(
    abi: str, subject: Subject, payloads: Sequence[bytes], function: str, seconds: float, tell: OnStep
) -> tuple[Measurement | None, str | None]:
    peer = find_peer(abi, subject)
    if isinstance(peer, str):
        return None, peer
    tell(peer.name)
    try:
        with peer.open(subject, seconds) as call:
            return measure_calls(call, function, payloads, seconds=seconds, way=peer.name), None
    except PeerFailed as error:
        return None, str(error)


def measure_calls(
    call: Call, function: str, payloads: Sequence[bytes], *, seconds: float, threads: int = 1, way: str | None = None
) -> Measurement:
    """Single calls: half of the time with no clock between them, for the mean, half of it timed one by one."""

    def run() -> _Sample:
        messages, elapsed = _untimed(call, function, payloads, seconds / 2)
        return _Sample(messages, elapsed, _timed(call, function, payloads, seconds / 2))

    return _measurement(way or _way(_SINGLE, threads), 1, _in_threads(run, threads))


def measure_batches(
    plugin: Plugin, function: str, payloads: Sequence[bytes], *, size: int, seconds: float, threads: int = 1
) -> Measurement:
    """Batches of ``size`` messages; the time of each is shared out evenly among its messages."""
    feed = cycle(payloads)
    batch = [next(feed) for _ in range(size)]

    def run() -> _Sample:
        durations = array("d")
        started = now = perf_counter_ns()
        while now - started < seconds * 1e9:
            plugin.call_many(function, batch)
            before, now = now, perf_counter_ns()
            durations.append((now - before) / size)
        return _Sample(len(durations) * size, (now - started) / 1e9, durations)

    return _measurement(_batches(size, threads), size, _in_threads(run, threads))


@dataclass(frozen=True, slots=True)
class _Sample:
    """What one thread saw: messages and seconds without a clock between calls, and timed durations in nanoseconds."""

    messages: int
    seconds: float
    durations: array[float]


def _untimed(call: Call, function: str, payloads: Sequence[bytes], seconds: float) -> tuple[int, float]:
    done = at = 0
    size = 1  # doubled as long as time is left, so that slow plugins overrun by their own last calls at most
    started = perf_counter()
    while (elapsed := perf_counter() - started) < seconds:
        part = payloads[at : at + size]
        for payload in part:
            call(function, payload)
        done += len(part)
        at = (at + len(part)) % len(payloads)
        size = min(2 * size, BATCH)
    return done, elapsed


def _timed(call: Call, function: str, payloads: Sequence[bytes], seconds: float) -> array[float]:
    durations = array("d")
    started = now = perf_counter_ns()
    for payload in cycle(payloads):
        before = perf_counter_ns()
        call(function, payload)
        now = perf_counter_ns()
        durations.append(now - before)
        if now - started > seconds * 1e9 or len(durations) == _MOST_SAMPLES:
            break
    return durations


def _in_threads(run: Callable[[], _Sample], threads: int) -> list[_Sample]:
    if threads == 1:
        return [run()]
    with ThreadPoolExecutor(threads) as pool:
        return [future.result() for future in [pool.submit(run) for _ in range(threads)]]


def _measurement(way: str, batch: int, samples: list[_Sample]) -> Measurement:
    durations = sorted(duration for sample in samples for duration in sample.durations)
    messages = sum(sample.messages for sample in samples)
    return Measurement(
        way=way,
        threads=len(samples),
        batch=batch,
        messages=messages,
        mean_us=1e6 * sum(sample.seconds for sample in samples) / messages,
        p50_us=durations[len(durations) // 2] / 1e3,
        p99_us=durations[len(durations) * 99 // 100] / 1e3,
        messages_per_second=sum(sample.messages / sample.seconds for sample in samples),
    )


def _way(what: str, threads: int) -> str:
    return what if threads == 1 else f"{what}, {threads} threads"


def _batches(size: int, threads: int) -> str:
    return _way(f"batches of {size:,}", threads)


def _nobody(step: str) -> None:
    """Hears a step when nobody asked to."""

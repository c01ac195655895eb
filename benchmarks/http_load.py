"""HTTP: plugbay's server beside a bare starlette handler, while modules are replaced, and beside a slow function."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final
from urllib.request import urlopen

import orjson
from http_servers import MODULE, Loaded, bare_server, load, plugbay_server, write_bundle
from results import TIMES, Section, Target, ratio
from timing import Timing

if TYPE_CHECKING:
    from effort import Effort

CONNECTIONS: Final = 32
TURNS: Final = 10
REPLACED_EVERY: Final = 0.5
SLOW_SECONDS: Final = 1.0
_TRIED_ROUNDS: Final = 100_000_000
BODY: Final = b'{"email":"ada@example.com","name":"Ada Lovelace","note":"%s"}' % (b"x" * 140)
"""200 bytes."""
TIMED: Final = (
    "POST of 200 bytes of JSON that are answered with the same bytes, on loopback, from a load generator in a process "
    f"of its own with {CONNECTIONS} connections, each of which sends its next request when the last one is answered. "
    "bare: a starlette handler on uvicorn (uvloop, httptools, no access log). plugbay: bundle serve with one worker on "
    "the same uvicorn, a function in Rust, and its access log to a file, metrics and goals on. The two take turns; the "
    "ratio is of each turn with its neighbour. Replaced: the module that answers is replaced by another file of it "
    f"every {REPLACED_EVERY} s, with --watch. Beside a slow one: another function computes for {SLOW_SECONDS:.0f} s "
    "again and again, over 8 connections to the fast one. A latency is that of every answer, none is sampled."
)


@dataclass(frozen=True, slots=True)
class _Found:
    """What one server did in all of its turns together."""

    name: str
    turns: Sequence[Loaded]

    @property
    def latencies(self) -> list[float]:
        return sorted(seconds for turn in self.turns for seconds in turn.latencies)

    @property
    def failed(self) -> int:
        return sum(turn.failed for turn in self.turns)

    @property
    def sent(self) -> int:
        return sum(turn.sent for turn in self.turns)

    @property
    def timing(self) -> Timing:
        return Timing(self.name, tuple(turn.seconds / max(turn.answers, 1) * 1e6 for turn in self.turns))

    def quantile_ms(self, share: float) -> float:
        """By nearest rank."""
        latencies = self.latencies
        return latencies[min(len(latencies) - 1, int(share * len(latencies)))] * 1e3

    @property
    def rate(self) -> float:
        """Requests per second, the median of the turns."""
        return 1e6 / self.timing.us

    def shown(self) -> list[str]:
        """Its latencies and failures, for a row."""
        times = [f"{self.quantile_ms(share):,.2f} ms" for share in (0.5, 0.99, 0.999)]
        return [*times, f"{self.failed:,} of {self.sent:,}"]

    def figures(self) -> dict[str, Any]:
        return {
            "requests_per_second": self.rate,
            "p50_ms": self.quantile_ms(0.5),
            "p99_ms": self.quantile_ms(0.99),
            "p999_ms": self.quantile_ms(0.999),
            "sent": self.sent,
            "failed": self.failed,
        }


def measure(effort: Effort) -> Section:
    """All of it; 100,000 requests to each server in a full run."""
    requests = effort.memory_messages // 10
    with TemporaryDirectory() as name:
        folder = Path(name)
        body = folder / "body.json"
        body.write_bytes(BODY)
        bare, plain = _side_by_side(folder, body, requests)
        replaced, reloads = _while_replaced(folder, body, requests)
        beside, slow = _beside_a_slow_one(folder, body, seconds=max(requests / 10_000, SLOW_SECONDS))
    return _section(bare, plain, replaced, reloads, beside, slow)


def _side_by_side(folder: Path, body: Path, requests: int) -> tuple[_Found, _Found]:
    bundle = write_bundle(folder / "plain")
    found: dict[str, list[Loaded]] = {"bare": [], "plugbay": []}
    with bare_server() as bare, plugbay_server(bundle, folder / "plain.log") as ours:
        for turn in range(-1, TURNS):
            for name, port in (("bare", bare), ("plugbay", ours)):
                loaded = _echo(port, body, requests // TURNS)
                if turn >= 0:  # the first is to warm up
                    found[name].append(loaded)
    return _Found("bare", found["bare"]), _Found("plugbay", found["plugbay"])


def _while_replaced(folder: Path, body: Path, requests: int) -> tuple[_Found, int]:
    bundle = write_bundle(folder / "replaced")
    with plugbay_server(bundle, folder / "replaced.log", "--watch") as port, _replacing(bundle / "wasm" / "echo.wasm"):
        turns = [_echo(port, body, requests // TURNS) for _ in range(TURNS)]
        reloads = _metric(port, 'plugbay_reloads_total{result="ok"}')
    return _Found("plugbay, module replaced twice a second", turns), int(reloads)


def _beside_a_slow_one(folder: Path, body: Path, *, seconds: float) -> tuple[_Found, _Found]:
    bundle = write_bundle(folder / "slow")
    rounds, limit = folder / "rounds.json", ("--seconds", str(seconds))
    with plugbay_server(bundle, folder / "slow.log", "--deadline", "60") as port, ThreadPoolExecutor(1) as pool:
        _echo(port, body, CONNECTIONS)
        rounds.write_bytes(_rounds(_TRIED_ROUNDS))
        tried = load(port, "/api/burn", rounds, "--connections", "1", "--requests", "3")
        rounds.write_bytes(_rounds(int(_TRIED_ROUNDS * SLOW_SECONDS / min(tried.latencies))))
        slow = pool.submit(load, port, "/api/burn", rounds, "--connections", "1", *limit)
        while _metric(port, "plugbay_requests_in_flight") < 2:  # the slow one, and the question itself
            time.sleep(0.01)
        fast = load(port, "/api/echo", body, "--expect", str(body), "--connections", "8", *limit)
        return _Found("plugbay, beside a slow function", [fast]), _Found("the slow function", [slow.result()])


def _section(bare: _Found, plain: _Found, replaced: _Found, reloads: int, beside: _Found, slow: _Found) -> Section:
    share, spread = plain.timing.times(bare.timing), plain.timing.times_spread(bare.timing)
    servers = (bare, plain, replaced, beside, slow)
    return Section(
        "http",
        "HTTP",
        TIMED,
        ("server", "requests/s", "of bare", "p50", "p99", "p99.9", "failed"),
        [
            [found.name, f"{found.rate:,.0f}", ratio(share, spread) if found is plain else "", *found.shown()]
            for found in servers
        ],
        [
            Target("requests/s of plugbay against a bare starlette handler", 1 / 1.4, share, TIMES),
            Target("requests answered well", plain.sent, plain.sent - plain.failed, ""),
            Target("the same while a module is replaced", replaced.sent, replaced.sent - replaced.failed, ""),
            Target("p99 of a fast function beside a slow one", 50, beside.quantile_ms(0.99), " ms", at_most=True),
        ],
        {**{found.name: found.figures() for found in servers}, "reloads": reloads, "of_bare": share},
    )


def _echo(port: int, body: Path, requests: int) -> Loaded:
    sent = ("--connections", str(CONNECTIONS), "--requests", str(requests))
    return load(port, "/api/echo", body, "--expect", str(body), *sent)


@contextmanager
def _replacing(module: Path) -> Generator[None]:
    """Replace a module again and again, each time by one that differs in a custom section."""
    ended = Event()

    def replace() -> None:
        content, turn = MODULE.read_bytes(), 0
        beside = module.parents[2] / "next.wasm"
        while not ended.wait(REPLACED_EVERY):
            turn += 1
            beside.write_bytes(content + b"\x00\x09\x04turn" + turn.to_bytes(4, "little"))
            beside.replace(module)

    thread = Thread(target=replace)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _metric(port: int, sample: str) -> float:
    """One sample of /metrics."""
    with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        for line in answer.read().decode().splitlines():
            name, _, value = line.rpartition(" ")
            if name == sample:
                return float(value)
    raise LookupError(f"/metrics has no {sample}")


def _rounds(count: int) -> bytes:
    return orjson.dumps({"rounds": count})

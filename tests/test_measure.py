"""Measurements are of what they say; how long anything takes is nobody's business here."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plugbay import Host, Plugin
from plugbay.errors import BatchError, ConfigInvalid, GuestTrap, PlugbayError
from plugbay.measure import BATCH, BenchReport, bench_plugin, measure_batches, measure_calls
from plugbay.module.source import WasmSource, read_source

QUICK = 0.02


def source_of(data: bytes) -> WasmSource:
    return read_source(data, max_bytes=len(data))


def bench(plugin: Plugin, data: bytes, payloads: list[bytes], *, threads: int = 1) -> BenchReport:
    return bench_plugin(plugin, source_of(data), payloads, seconds=QUICK, threads=threads)


def test_every_payload_is_sent_in_turn() -> None:
    seen: list[tuple[str, bytes]] = []
    measured = measure_calls(
        lambda function, payload: seen.append((function, payload)), "f", [b"a", b"b"], seconds=QUICK
    )
    assert {function for function, _ in seen} == {"f"}
    assert [payload for _, payload in seen[:4]] == [b"a", b"b", b"a", b"b"]
    assert measured.batch == measured.threads == 1
    assert 0 < measured.messages < len(seen)


def test_figures_hang_together(echo: Plugin) -> None:
    measured = measure_calls(echo.call, "process", [b"x"], seconds=QUICK)
    assert measured.messages_per_second == pytest.approx(1e6 / measured.mean_us)
    assert 0 < measured.p50_us <= measured.p99_us


def test_batches_have_the_size_that_was_asked_for(echo: Plugin) -> None:
    measured = measure_batches(echo, "process", [b"x", b"y"], size=7, seconds=QUICK)
    assert measured.batch == 7
    assert measured.messages % 7 == 0
    assert measured.way == "batches of 7"


def test_a_report_has_every_way(host: Host, echo_gear: bytes) -> None:
    steps: list[str] = []
    with host.load(echo_gear, instances=2) as plugin:
        report = bench_plugin(
            plugin, source_of(echo_gear), [b"x" * 10, b"y" * 20], seconds=QUICK, threads=2, on_step=steps.append
        )
    assert [(item.threads, item.batch > 1) for item in report.measurements] == [
        (1, False), (1, True), (2, False), (2, True),
    ]  # fmt: skip
    assert steps == [*(item.way for item in report.measurements), "wasmtime-py, ordinary calls"]
    assert report.payload_bytes == 15
    assert report.peer is not None
    assert all((report.ratio(item) or 0) > 0 for item in report.measurements)


def test_a_slow_plugin_gets_smaller_batches(host: Host, gear: Callable[..., bytes]) -> None:
    slow = gear(
        "(local $i i32) (local.set $i (i32.const 4000000))"
        " (loop $on (br_if $on (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))"
        " (call $copy (local.get $p) (local.get $n))"
    )
    with host.load(slow) as plugin:
        report = bench(plugin, slow, [b"x"])
    assert all(item.batch < BATCH for item in report.measurements)


def test_without_a_peer_a_note_says_why(host: Host, gear: Callable[..., bytes]) -> None:
    data = gear(imports='(import "env" "emit" (func (param i32 i32)))')
    with host.load(data) as plugin:
        report = bench(plugin, data, [b"x"])
    assert report.peer is None
    assert report.peer_note == "the plugin imports env.emit; the peer serves only env.log"
    assert report.ratio(report.measurements[0]) is None
    assert report.to_dict()["peer"] is None


@pytest.mark.parametrize(("body", "error"), [("unreachable", GuestTrap)])
def test_a_plugin_that_fails_raises(
    host: Host, gear: Callable[..., bytes], body: str, error: type[PlugbayError]
) -> None:
    data = gear(body)
    with host.load(data) as plugin:
        with pytest.raises(error):
            bench(plugin, data, [b"x"])
        with pytest.raises(BatchError):
            measure_batches(plugin, "process", [b"x"], size=2, seconds=QUICK)


@pytest.mark.parametrize(("seconds", "threads", "count"), [(0, 1, 1), (1e9, 1, 1), (QUICK, 0, 1), (QUICK, 1, 0)])
def test_measurements_that_make_no_sense_are_refused(
    echo: Plugin, echo_gear: bytes, seconds: float, threads: int, count: int
) -> None:
    with pytest.raises(ConfigInvalid):
        bench_plugin(echo, source_of(echo_gear), [b"x"] * count, seconds=seconds, threads=threads)

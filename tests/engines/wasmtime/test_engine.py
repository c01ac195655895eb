from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from plugbay.engines.wasmtime.cache import ArtifactCache
from plugbay.engines.wasmtime.engine import MOST_OWN, CodeSettings, WasmtimeEngine
from plugbay.engines.wasmtime.epoch import TICK_SECONDS, EpochTicker
from plugbay.errors import InvalidBinary, PluginClosed, TooLarge
from plugbay.limits import Limits
from plugbay.module.binary import read_module
from plugbay.module.source import read_source
from plugbay.module.verified import Trust, VerifiedModule, verify

SETTINGS = CodeSettings.of(Limits())


@pytest.fixture
def engine(tmp_path: Path) -> WasmtimeEngine:
    return WasmtimeEngine(ArtifactCache(tmp_path / "cache"))


def verified(data: bytes) -> VerifiedModule:
    return verify(read_source(data, max_bytes=10**7), Trust())


def test_code_settings_are_what_the_limits_bake_into_code() -> None:
    assert CodeSettings.of(Limits()) == CodeSettings.of(Limits(memory_pages=1, deadline=9))
    assert CodeSettings.of(Limits()) != CodeSettings.of(Limits(fuel=1))
    assert CodeSettings.of(Limits(fuel=1)) == CodeSettings.of(Limits(fuel=2))


def test_there_is_one_native_engine_per_setting(engine: WasmtimeEngine) -> None:
    assert engine.native(SETTINGS) is engine.native(SETTINGS)
    assert engine.native(SETTINGS) is not engine.native(CodeSettings.of(Limits(fuel=1)))


def test_a_module_of_our_own_is_compiled_once(engine: WasmtimeEngine) -> None:
    assert engine.compile_own("(module)", SETTINGS) is engine.compile_own("(module)", SETTINGS)


def test_of_modules_of_our_own_the_last_are_kept(engine: WasmtimeEngine) -> None:
    first = engine.compile_own("(module $first)", SETTINGS)
    for number in range(MOST_OWN - 1):
        engine.compile_own(f"(module $m{number})", SETTINGS)
    assert engine.compile_own("(module $first)", SETTINGS) is first
    last = engine.compile_own("(module $last)", SETTINGS)
    assert engine.compile_own("(module $last)", SETTINGS) is last
    assert engine.compile_own("(module $first)", SETTINGS) is not first, "it made room, and is compiled again"


def test_threads_may_compile_at_once(engine: WasmtimeEngine, echo_gear: bytes) -> None:
    module = verified(echo_gear)
    info = read_module(module.data, module.digest)
    done: list[int] = []

    def work() -> None:
        for pages in range(1, 6):
            engine.compile_guest(module, info, Limits(memory_pages=pages))
        done.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 4
    assert engine.cache.info().entries == 5


def test_the_shift_of_code_offsets_is_known(engine: WasmtimeEngine, gear: Callable[..., bytes]) -> None:
    module = verified(gear(pages="1 4"))
    info = read_module(module.data, module.digest)
    assert engine.compile_guest(module, info, Limits()).code_shift == 0
    grown = verified(gear())
    info = read_module(grown.data, grown.digest)
    assert engine.compile_guest(grown, info, Limits()).code_shift > 0


def test_a_module_that_does_not_validate_is_an_invalid_binary(engine: WasmtimeEngine) -> None:
    # A function whose body leaves nothing for its result; its sections are in order.
    module = verified(b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\x03\x02\x01\0\x0a\x04\x01\x02\0\x0b")
    with pytest.raises(InvalidBinary):
        engine.compile_guest(module, read_module(module.data, module.digest), Limits())
    assert engine.cache.info().entries == 0


def test_a_cached_module_is_still_judged_by_its_memory(engine: WasmtimeEngine, gear: Callable[..., bytes]) -> None:
    module = verified(gear(pages="4"))
    info = read_module(module.data, module.digest)
    engine.compile_guest(module, info, Limits(memory_pages=4))
    with pytest.raises(TooLarge):
        engine.compile_guest(module, info, Limits(memory_pages=3))


def test_a_closed_engine_makes_no_code_and_ticks_no_epoch(
    engine: WasmtimeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticker = EpochTicker()
    monkeypatch.setattr("plugbay.engines.wasmtime.engine.process_ticker", lambda: ticker)
    native = engine.native(SETTINGS)
    assert ticker.alive
    engine.close()
    engine.close()
    ends = time.monotonic() + 20
    while ticker.alive and time.monotonic() < ends:
        time.sleep(TICK_SECONDS)
    assert not ticker.alive
    assert native is not None
    with pytest.raises(PluginClosed):
        engine.native(SETTINGS)


def test_its_version_is_the_installed_packages(engine: WasmtimeEngine) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", "import importlib.metadata as m; print(m.version('wasmtime'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert engine.version == shown.stdout.strip()

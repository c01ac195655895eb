"""Where a load from the cache spends its time, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import wasmtime
from timing import Peer, Timing, compare

from plugbay import Host, Permissions, Trust
from plugbay.detection import AUTO, choose
from plugbay.engines.wasmtime.cache import ArtifactCache
from plugbay.engines.wasmtime.engine import CodeSettings, WasmtimeEngine
from plugbay.module.binary import read_module
from plugbay.module.rewrite import prepare_guest
from plugbay.module.verified import verify
from plugbay.services import HostServices, HttpClient

if TYPE_CHECKING:
    from effort import Effort


def measure(module: Path, payload: bytes, effort: Effort) -> list[Timing]:
    """Each step alone, in turns; the module must be in the cache."""
    with Host() as host:
        host.load(module).close()
        source = host.read(module)
        verified = verify(source, Trust())
        info = read_module(source.data, source.digest)
        options = host.options("large", host.limits, None, (), Permissions())
        adapter, _ = choose(host.plugins.adapters, info, options, AUTO)
        engine = host.plugins.engines[WasmtimeEngine.name]
        assert isinstance(engine, WasmtimeEngine)
        settings = CodeSettings.of(host.limits)
        artifact = max(engine.cache.folder.glob("*.cwasm"), key=lambda path: path.stat().st_size)
        cache = ArtifactCache(engine.cache.folder)
        compiled = adapter.compile(verified, info, engine, options)
        services = HostServices("large", Permissions(), host.limits, host.state, HttpClient())
        native = engine.native(settings)
        pages = host.limits.memory_pages

        def instantiate() -> None:
            compiled.instantiate(services).close()

        def first_call() -> None:
            instance = compiled.instantiate(services)
            instance.call("process", payload)
            instance.close()

        return compare(
            [
                Peer("read the file, SHA-256", lambda: host.read(module)),
                Peer("read_module", lambda: read_module(source.data, source.digest)),
                Peer("detect", lambda: choose(host.plugins.adapters, info, options, AUTO)),
                Peer("write the memory limit in", lambda: prepare_guest(source.data, info, memory_pages=pages)),
                Peer("read the artifact, SHA-256", lambda: cache.find(artifact.stem)),
                Peer("deserialize the guest", lambda: wasmtime.Module.deserialize_file(native, str(artifact))),
                Peer("adapter.compile (the three above, drivers kept)",
                     lambda: adapter.compile(verified, info, engine, options)),
                Peer("instantiate, close", instantiate),
                Peer("instantiate, first call, close", first_call),
            ],
            rounds=effort.rounds,
            slice_seconds=effort.slice_seconds,
        )  # fmt: skip

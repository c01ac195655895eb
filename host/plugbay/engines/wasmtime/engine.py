"""The wasmtime engine: one native engine per code setting, a cache of compiled modules, a pinned validator."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import wasmtime

from plugbay.engines.wasmtime.cache import ArtifactCache
from plugbay.engines.wasmtime.epoch import process_ticker
from plugbay.engines.wasmtime.features import check_features
from plugbay.engines.wasmtime.unchecked import check_bindings
from plugbay.engines.wasmtime.version import wasmtime_version
from plugbay.errors import InvalidBinary, PluginClosed
from plugbay.forks import mend_after_fork
from plugbay.limits import PAGE_BYTES
from plugbay.module.rewrite import check_tables, prepare_guest

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay.limits import Limits
    from plugbay.module.info import ModuleInfo
    from plugbay.module.verified import VerifiedModule

MOST_OWN = 256
"""Modules of the host's own that an engine keeps. Some have names of a guest's in them: there is no end to those."""
_RESERVATION_BYTES = 65536 * PAGE_BYTES


@dataclass(frozen=True, slots=True)
class CodeSettings:
    """What is baked into compiled code: whether fuel is metered, and the stack that wasm may use, in bytes."""

    fuel: bool
    stack_bytes: int

    @classmethod
    def of(cls, limits: Limits) -> CodeSettings:
        """The settings that the limits ask for."""
        return cls(limits.fuel is not None, limits.stack_bytes)


@dataclass(frozen=True, slots=True)
class GuestCode:
    """A compiled guest. Its code offsets are ``code_shift`` bytes beyond those of the file that it came from."""

    module: wasmtime.Module
    code_shift: int


class WasmtimeEngine:
    """Compiles modules for the drivers. Thread-safe; usable after ``fork``."""

    name = "wasmtime"

    def __init__(self, cache: ArtifactCache | None = None) -> None:
        check_bindings()
        self.cache = cache if cache is not None else ArtifactCache()
        self._natives: dict[CodeSettings, wasmtime.Engine] = {}
        self._own: dict[tuple[CodeSettings, str | bytes], wasmtime.Module] = {}
        self._lock = Lock()
        self._closed = False
        mend_after_fork(self)

    @property
    def version(self) -> str:
        """The installed wasmtime's."""
        return wasmtime_version()

    def native(self, settings: CodeSettings) -> wasmtime.Engine:
        """The native engine for those settings, made at the first call."""
        with self._lock:
            if self._closed:
                raise PluginClosed("the engine is closed")
            engine = self._natives.get(settings)
            if engine is None:
                engine = self._natives[settings] = wasmtime.Engine(_config(settings))
                process_ticker().register(engine)
            return engine

    def compile_guest(
        self, module: VerifiedModule, info: ModuleInfo, limits: Limits, features: frozenset[str] = frozenset()
    ) -> GuestCode:
        """A guest's module with its memory limit written in, from the cache or compiled.

        ``features`` names wasm proposals allowed beyond core 2.0. Raises :class:`TooLarge` when the module starts with
        more memory or table elements than allowed, :class:`InvalidBinary` or :class:`UnsupportedFeature` when it does
        not validate.
        """
        check_tables(info, table_elements=limits.table_elements)
        settings = CodeSettings.of(limits)
        wanted = f"guest {module.digest} pages={limits.memory_pages} features={','.join(sorted(features))}"
        prepared = prepare_guest(module.data, info, memory_pages=limits.memory_pages)

        def build() -> bytes:
            check_features(module.data, features, shown=info.features, origin=module.origin)
            return prepared

        return GuestCode(self._cached(settings, wanted, build), len(prepared) - len(module.data))

    def compile_own(self, source: str | bytes, settings: CodeSettings) -> wasmtime.Module:
        """A module of the host's own, in text or binary; the last :data:`MOST_OWN` of them are kept."""
        key = (settings, source)
        module = self._own.get(key)
        if module is None:
            digest = hashlib.sha256(source.encode() if isinstance(source, str) else source).hexdigest()
            module = self._cached(
                settings,
                f"own {digest}",
                lambda: bytes(wasmtime.wat2wasm(source)) if isinstance(source, str) else source,
            )
            with self._lock:
                while len(self._own) >= MOST_OWN:
                    del self._own[next(iter(self._own))]
                self._own[key] = module
        return module

    def after_fork(self) -> None:
        """In a child: another thread may have held the lock when the parent forked."""
        self._lock = Lock()

    def close(self) -> None:
        """Stop the epoch and free the native engines; stores that are still open keep theirs alive."""
        with self._lock:
            self._closed = True
            for engine in self._natives.values():
                process_ticker().unregister(engine)
            self._natives.clear()
            self._own.clear()

    def _cached(self, settings: CodeSettings, wanted: str, build: Callable[[], bytes]) -> wasmtime.Module:
        engine = self.native(settings)
        identity = f"wasmtime {self.version} {settings} {wanted}"
        key = hashlib.sha256(identity.encode()).hexdigest()
        path = self.cache.find(key)
        if path is not None:
            try:
                return wasmtime.Module.deserialize_file(engine, str(path))
            except wasmtime.WasmtimeError:
                self.cache.drop(key)  # another processor's, or evicted meanwhile
        wasm = build()
        try:
            module = wasmtime.Module(engine, wasm)
        except wasmtime.WasmtimeError as error:
            raise InvalidBinary(f"does not compile: {error}") from error
        self.cache.add(key, bytes(module.serialize()))
        return module


def _config(settings: CodeSettings) -> wasmtime.Config:
    config = wasmtime.Config()
    config.epoch_interruption = True
    config.consume_fuel = settings.fuel
    config.max_wasm_stack = settings.stack_bytes
    config.wasm_multi_memory = True
    # Compile threads do not survive fork: a child that compiled with them would wait for ever.
    config.parallel_compilation = False
    # The mailbox is read through its address, so no memory may move when it grows.
    config.memory_reservation = _RESERVATION_BYTES
    config.memory_may_move = False
    return config

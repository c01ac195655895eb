"""The host: loads modules of any ABI and gives them what they may use."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

from plugbay.contracts import AbiAdapter, CompiledPlugin, Engine, PluginOptions
from plugbay.detection import AUTO, choose
from plugbay.engines.wasmtime.engine import CodeSettings, WasmtimeEngine
from plugbay.errors import ConfigInvalid, PlugbayError, PluginClosed
from plugbay.forks import mend_after_fork
from plugbay.functions import FunctionTable, HostFunction
from plugbay.limits import Limits
from plugbay.message.scanner import Scanner
from plugbay.module.source import BYTES_ORIGIN, ModuleSource, WasmSource, read_source
from plugbay.module.verified import Trust, VerifiedModule, verify
from plugbay.package import Package, PackageReader
from plugbay.permissions import Permissions
from plugbay.plugin import Plugin
from plugbay.plugins import PlugbayPlugins
from plugbay.pool import Pool
from plugbay.services import HostServices, HttpClient
from plugbay.state import MemoryStore, StateStore
from plugbay.version import Version

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from plugbay.manifest import PluginManifest

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


class Host:
    """Hosts plugins. Close it, or use it as a context manager.

    ``state`` is a store or the URL of one (``memory:``, ``sqlite:PATH``, …); a store that was passed in stays open when
    the host closes. ``limits`` and ``permissions`` hold for every plugin that does not bring its own. ``functions`` are
    offered to plugins beside those of installed packages; each must be granted by name. ``plugins`` are the adapters,
    engines and so on to use; those of the installed packages by default.
    """

    def __init__(
        self,
        *,
        engine: str | None = None,
        state: StateStore | str | None = None,
        permissions: Permissions | None = None,
        limits: Limits | None = None,
        trust: Trust | None = None,
        functions: Iterable[HostFunction] = (),
        plugins: PlugbayPlugins | None = None,
    ) -> None:
        self._owns_plugins = plugins is None
        self.plugins = plugins if plugins is not None else PlugbayPlugins()
        self.permissions = permissions if permissions is not None else Permissions()
        self.limits = limits if limits is not None else Limits()
        self.trust = trust if trust is not None else Trust()
        self._engine = engine
        self._owns_state = state is None or isinstance(state, str)
        self.state = self._open_state(state)
        self._http = HttpClient()
        self.functions = FunctionTable((*self.plugins.functions, *functions))
        self.packages = PackageReader(self.read, self._read_manifest, self.trust)
        self._open: dict[int, Plugin] = {}
        self._lock = Lock()
        self._closed = False
        mend_after_fork(self)

    def load(
        self,
        source: ModuleSource | Mapping[str, Any],
        *,
        abi: str = AUTO,
        engine: str | None = None,
        limits: Limits | None = None,
        permissions: Permissions | None = None,
        config: Mapping[str, Any] | None = None,
        instances: int = 1,
        name: str | None = None,
        features: Iterable[str] = (),
    ) -> Plugin:
        """Load a module or manifest from a path, bytes or a URI, or a manifest as a map, and start one instance of it.

        ``instances`` is how many may run at once. ``name`` is also the namespace of the plugin's state; by default the
        file's stem, or the digest's first digits for bytes. ``features`` allows wasm proposals beyond core 2.0.

        Raises :class:`ModuleError` when the module can't be hosted, :class:`ConfigInvalid` for options that make no
        sense, :class:`CallError` when its start-up goes over a limit.
        """
        limits = limits if limits is not None else self.limits
        if not 1 <= instances <= limits.instances:
            raise ConfigInvalid(
                f"instances must be from 1 to {limits.instances}", limit="instances", expected=limits.instances,
                found=instances, hint="raise Limits.instances",
            )  # fmt: skip
        if self._closed:
            raise PluginClosed("the host is closed")
        source = self.read(source, limits) if isinstance(source, bytes) else source
        name = _checked_name(name) if name is not None else self._default_name(source, limits)
        granted = permissions if permissions is not None else self.permissions
        options = self.options(name, limits, config, features, granted)

        def load_version(source: ModuleSource | Mapping[str, Any]) -> Version:
            return self._load_version(source, abi, engine, options, instances)

        plugin = Plugin(
            name,
            load_version,
            source,
            new_scanner=self.new_scanner,
            observers=self.plugins.observers,
            on_close=self._forget,
        )
        with self._lock:
            if not self._closed:
                self._open[id(plugin)] = plugin
                return plugin
        plugin.close()
        raise PluginClosed("the host was closed while the plugin was loading")

    def options(
        self,
        name: str,
        limits: Limits,
        config: Mapping[str, Any] | None,
        features: Iterable[str],
        permissions: Permissions,
    ) -> PluginOptions:
        """What adapters are told about one plugin of this host."""
        return PluginOptions(name, limits, dict(config or {}), frozenset(features), permissions, self.functions)

    def new_scanner(self) -> Scanner:
        """A scanner of CBOR streams, from the engine's cache; the caller closes it."""
        return Scanner(self._load_scanner)

    def close(self) -> None:
        """Close every plugin, then what the host opened. Closing twice is fine."""
        with self._lock:
            self._closed = True
            plugins = list(self._open.values())
            self._open.clear()
        for plugin in plugins:
            plugin.close()
        self.functions.close()
        if self._owns_plugins:
            self.plugins.close()
        if self._owns_state:
            self.state.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, source: ModuleSource, limits: Limits | None = None) -> WasmSource:
        """The bytes of a source, at most ``limits.module_bytes``; nothing is verified or compiled."""
        most = (limits or self.limits).module_bytes
        return read_source(
            source,
            max_bytes=most,
            fetch=lambda uri: self.plugins.hook.plugbay_module_source(uri=uri, max_bytes=most),
        )

    def engine_for(self, adapter: AbiAdapter, name: str | None) -> Engine:
        """The engine of that name, else the host's, else the adapter's preferred one.

        Raises :class:`ConfigInvalid` for one that the adapter can't use.
        """
        name = name or self._engine or adapter.engines[0]
        if name not in adapter.engines or name not in self.plugins.engines:
            able = [known for known in adapter.engines if known in self.plugins.engines]
            raise ConfigInvalid(
                f"the {adapter.name} adapter can't use the engine {name}",
                expected=", ".join(able),
                found=name,
                hint=f"it runs on: {', '.join(able)}" if able else "install an engine that it can use",
            )
        return self.plugins.engines[name]

    def after_fork(self) -> None:
        """In a child: another thread may have held the lock when the parent forked."""
        self._lock = Lock()

    def _forget(self, plugin: Plugin) -> None:
        with self._lock:
            self._open.pop(id(plugin), None)

    def _load_version(
        self,
        source: ModuleSource | Mapping[str, Any],
        abi: str,
        engine: str | None,
        options: PluginOptions,
        instances: int,
    ) -> Version:
        package = self.packages.open(source, options)
        module, options = verify(package.source, self.trust), package.options
        adapter, claim = choose(self.plugins.adapters, package.info, options, abi)
        compiled = compile_plugin(adapter, module, package, self.engine_for(adapter, engine))
        pool = Pool(
            lambda: compiled.instantiate(self._services(options)),
            size=instances,
            patience=options.limits.deadline,
            plugin=options.name,
        )
        return Version(package.info, claim, compiled, pool, options.limits)

    def _services(self, options: PluginOptions) -> HostServices:
        return HostServices(options.name, options.permissions, options.limits, self.state, self._http)

    def _read_manifest(self, document: Mapping[str, Any], folder: Path) -> PluginManifest | None:
        manifest: PluginManifest | None = self.plugins.hook.plugbay_manifest(document=document, folder=folder)
        return manifest

    def _default_name(self, source: ModuleSource | Mapping[str, Any], limits: Limits) -> str:
        if isinstance(source, Mapping):
            manifest = self.packages.manifest(source)
            assert manifest is not None, "a map is a manifest"
            main = manifest.modules[-1].source
            source = self.read(main, limits) if isinstance(main, bytes) else main
        assert not isinstance(source, bytes), "bytes were read before"
        return _default_name(source)

    def _open_state(self, state: StateStore | str | None) -> StateStore:
        if state is None:
            return MemoryStore()
        if not isinstance(state, str):
            return state
        store: StateStore | None = self.plugins.hook.plugbay_state_store(url=state)
        if store is None:
            raise ConfigInvalid(
                f"no installed plugin opens the state store {state}",
                found=state,
                hint="memory: and sqlite:PATH are built in",
            )
        return store

    def _load_scanner(self, wasm: bytes) -> tuple[Any, Any]:
        engine = self.plugins.engines[WasmtimeEngine.name]
        assert isinstance(engine, WasmtimeEngine)
        settings = CodeSettings.of(self.limits.with_changes(fuel=None))
        return engine.native(settings), engine.compile_own(wasm, settings)


def compile_plugin(adapter: AbiAdapter, module: VerifiedModule, package: Package, engine: Engine) -> CompiledPlugin:
    """A package's module, verified, made ready for instances. Raises :class:`ModuleError` or :class:`ConfigInvalid`."""
    try:
        return adapter.compile(module, package.info, engine, package.options)
    except PlugbayError as error:
        error.plugin = error.plugin or package.options.name  # the stages of compiling know modules, not plugins
        raise


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ConfigInvalid(
            f"{name!r} can't be a plugin's name", found=name, hint="letters, digits, dots, dashes, underscores"
        )
    return name


def _default_name(source: str | os.PathLike[str] | WasmSource) -> str:
    """The file's stem; for bytes the start of their digest, so that modules without names don't share their state."""
    if isinstance(source, WasmSource) and source.origin == BYTES_ORIGIN:
        return f"module-{source.digest[:12]}"
    origin = source.origin if isinstance(source, WasmSource) else os.fspath(source)
    stem = origin.replace("\\", "/").rstrip("/").rsplit("/", maxsplit=1)[-1].split("?")[0]
    for ending in (".wasm", ".wat", ".json"):
        stem = stem.removesuffix(ending)
    return _NOT_IN_NAMES.sub("-", stem).strip("-._")[:128] or "plugin"

"""Registering plugins of plugbay itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest
from pluggy import HookimplMarker

from plugbay import (
    AbiAdapter,
    Claim,
    CompiledPlugin,
    Decline,
    Engine,
    Host,
    PlugbayPlugins,
    PluginOptions,
)
from plugbay.errors import ConfigInvalid, PluginRegistrationError, SourceNotFound
from plugbay.hookspecs import hookimpl
from plugbay.module.info import ModuleInfo
from plugbay.module.verified import VerifiedModule
from plugbay.state import MemoryStore, StateStore


class NullAdapter:
    """Claims nothing."""

    engines = ("wasmtime",)

    def __init__(self, name: str) -> None:
        self.name = name

    def claim(self, info: ModuleInfo, options: PluginOptions) -> Claim | Decline:
        return Decline(self.name, ("claims nothing",))

    def compile(
        self, module: VerifiedModule, info: ModuleInfo, engine: Engine, options: PluginOptions
    ) -> CompiledPlugin:
        raise NotImplementedError


class NullEngine:
    """Runs nothing."""

    version = "0"

    def __init__(self, name: str) -> None:
        self.name = name
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Adapters:
    def __init__(self, *names: str) -> None:
        self._names = names

    @hookimpl
    def plugbay_adapters(self) -> list[AbiAdapter]:
        return [NullAdapter(name) for name in self._names]


class Engines:
    def __init__(self, *engines: NullEngine) -> None:
        self._engines = engines

    @hookimpl
    def plugbay_engines(self) -> list[Engine]:
        return list(self._engines)


def test_the_installed_packages_bring_the_engine_the_stores_and_the_adapters() -> None:
    plugins = PlugbayPlugins()
    assert "fluxrig" in plugins.adapters
    assert "wasmtime" in plugins.engines
    assert isinstance(plugins.hook.plugbay_state_store(url="memory:"), MemoryStore)
    plugins.close()


def test_without_entry_points_only_what_is_given_counts() -> None:
    plugins = PlugbayPlugins([Adapters("mine")], entry_points=False)
    assert list(plugins.adapters) == ["mine"]
    assert plugins.engines == {}


def test_each_host_has_plugins_of_its_own() -> None:
    one, two = PlugbayPlugins([Adapters("mine")]), PlugbayPlugins()
    assert "mine" in one.adapters
    assert "mine" not in two.adapters
    assert one.engines["wasmtime"] is not two.engines["wasmtime"]
    one.close()
    two.close()


def test_close_closes_the_engines() -> None:
    engine = NullEngine("null")
    PlugbayPlugins([Engines(engine)], entry_points=False).close()
    assert engine.closed


def test_two_adapters_of_one_name_are_refused() -> None:
    with pytest.raises(PluginRegistrationError, match="two plugins register an adapter called mine"):
        PlugbayPlugins([Adapters("mine"), Adapters("mine")], entry_points=False)
    with pytest.raises(PluginRegistrationError, match="called fluxrig"):
        PlugbayPlugins([Adapters("fluxrig")])


def test_two_engines_of_one_name_are_refused() -> None:
    with pytest.raises(PluginRegistrationError, match="engine called null"):
        PlugbayPlugins([Engines(NullEngine("null"), NullEngine("null"))], entry_points=False)


def test_the_same_plugin_twice_is_refused() -> None:
    mine = Adapters("mine")
    with pytest.raises(PluginRegistrationError, match="already registered"):
        PlugbayPlugins([mine, mine], entry_points=False)


def test_a_misspelt_hook_is_refused() -> None:
    class Misspelt:
        @hookimpl
        def plugbay_adaptors(self) -> list[AbiAdapter]:
            return []

    with pytest.raises(PluginRegistrationError, match="plugbay_adaptors"):
        PlugbayPlugins([Misspelt()], entry_points=False)


def test_a_hook_with_an_unknown_argument_is_refused() -> None:
    class Wrong:
        @hookimpl
        def plugbay_state_store(self, uri: str) -> StateStore | None:
            return None

    with pytest.raises(PluginRegistrationError, match="uri"):
        PlugbayPlugins([Wrong()], entry_points=False)


def test_a_marker_of_another_project_registers_nothing() -> None:
    other = HookimplMarker("pytest")

    class Other:
        @other
        def plugbay_adapters(self) -> list[AbiAdapter]:
            return [NullAdapter("mine")]

    assert PlugbayPlugins([Other()], entry_points=False).adapters == {}


@pytest.mark.parametrize("answer", [None, 5, [object()], "fluxrig"])
def test_a_hook_that_answers_nonsense_is_refused(answer: object) -> None:
    class Nonsense:
        @hookimpl
        def plugbay_adapters(self) -> object:
            return answer

    if answer is None:  # pluggy leaves out those who have nothing to say
        assert PlugbayPlugins([Nonsense()], entry_points=False).adapters == {}
        return
    with pytest.raises(PluginRegistrationError):
        PlugbayPlugins([Nonsense()], entry_points=False)


def test_a_hook_that_raises_is_refused_with_its_error() -> None:
    class Broken:
        @hookimpl
        def plugbay_engines(self) -> list[Engine]:
            raise RuntimeError("no library")

    with pytest.raises(PluginRegistrationError, match="no library"):
        PlugbayPlugins([Broken()], entry_points=False)


@pytest.fixture
def broken_package(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An entry point whose module fails to import in a way that is the test's parameter."""
    name = "plugbay_test_broken"

    class Loader:
        @staticmethod
        def load(_point: EntryPoint) -> ModuleType:
            raise TypeError("broken at import")

    monkeypatch.setattr(EntryPoint, "load", Loader.load)
    yield name
    sys.modules.pop(name, None)


def test_a_package_that_fails_to_import_is_refused(broken_package: str) -> None:
    with pytest.raises(PluginRegistrationError, match="broken at import") as caught:
        PlugbayPlugins()
    assert "uninstall" in (caught.value.hint or "")
    assert broken_package


def test_a_store_is_opened_by_whoever_knows_its_scheme() -> None:
    class Stores:
        def __init__(self) -> None:
            self.asked: list[str] = []

        @hookimpl
        def plugbay_state_store(self, url: str) -> StateStore | None:
            self.asked.append(url)
            return MemoryStore() if url.startswith("mine://") else None

    stores = Stores()
    plugins = PlugbayPlugins([stores])
    with Host(state="mine://x", plugins=plugins) as host:
        assert isinstance(host.state, MemoryStore)
    assert stores.asked == ["mine://x"]
    with pytest.raises(ConfigInvalid, match="no installed plugin opens the state store other://x"):
        Host(state="other://x", plugins=plugins)
    plugins.close()


def test_a_module_is_read_by_whoever_knows_its_scheme(echo_gear: bytes) -> None:
    class Sources:
        @hookimpl
        def plugbay_module_source(self, uri: str, max_bytes: int) -> bytes | None:
            return echo_gear if uri == "mine://echo" and max_bytes >= len(echo_gear) else None

    plugins = PlugbayPlugins([Sources()])
    with Host(plugins=plugins) as host:
        plugin = host.load("mine://echo")
        assert plugin.name == "echo"
        assert plugin.call("process", b"x") == b"x"
        with pytest.raises(SourceNotFound):
            host.load("mine://other")
    plugins.close()

"""Looks at an installation: what is there, and whether its limits hold."""

from __future__ import annotations

import os
import platform
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from plugbay.doctor.attacks import EXTISM, FLUXRIG, HONEST, PRIOSTACK, guest_module
from plugbay.doctor.child import in_forked_child
from plugbay.doctor.clinic import Clinic
from plugbay.doctor.report import AdapterReport, AttackResult, DoctorReport, EngineReport, Place, PluginReport
from plugbay.engines.wasmtime.cache import ArtifactCache
from plugbay.engines.wasmtime.engine import CodeSettings, WasmtimeEngine
from plugbay.engines.wasmtime.epoch import process_ticker
from plugbay.errors import PlugbayError
from plugbay.limits import Limits
from plugbay.plugins import PlugbayPlugins

if TYPE_CHECKING:
    from collections.abc import Iterator

DEADLINE: Final = 0.25
"""Seconds that a guest gets when no limits are given: enough on a busy machine, and over soon."""
PACKAGES: Final = ("plugbay", "wasmtime", "extism-sys", "cbor2", "pluggy", "httpcore")
"""Packages whose versions are reported."""
MISSING: Final = "missing"
"""The version of what is not there."""
_PATIENCE: Final = 5.0
"""Seconds that a forked child gets beyond its deadlines."""


def examine(plugins: PlugbayPlugins | None = None, limits: Limits | None = None) -> DoctorReport:
    """Examine the installation; never hangs, and no failing check is raised: the report has it.

    ``plugins`` are those of the installed packages by default. The hostile guests run under ``limits`` (the defaults,
    but for a short deadline, when None), here and in a forked child of this process.
    """
    started = perf_counter()
    limits = limits if limits is not None else Limits(deadline=DEADLINE)
    owned = PlugbayPlugins() if plugins is None else None
    plugins = owned or plugins
    assert plugins is not None
    try:
        findings = _Findings()
        if FLUXRIG in plugins.adapters:
            findings.run(plugins, limits)
        else:
            findings.problems.append(f"no adapter to test with: the hostile guests speak {FLUXRIG}")
        findings.notes += [
            f"no adapter for {abi}: its hostile guests were left out"
            for abi in (EXTISM, PRIOSTACK)
            if abi not in plugins.adapters
        ]
        engines = tuple(_engines(plugins, findings.problems))
        cache = _cache_of(plugins).info()
        if cache.problem is not None:
            findings.problems.append(f"the cache can't be used: {cache.problem}")
        return DoctorReport(
            tuple(_versions()),
            engines,
            tuple(AdapterReport(adapter.name, tuple(adapter.engines)) for adapter in plugins.adapters.values()),
            tuple(_registered(plugins)),
            cache,
            findings.ticker_alive,
            tuple(findings.attacks),
            tuple(findings.problems),
            tuple(findings.notes),
            perf_counter() - started,
        )
    finally:
        if owned is not None:
            owned.close()


class _Findings:
    """What the hostile guests showed."""

    def __init__(self) -> None:
        self.attacks: list[AttackResult] = []
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.ticker_alive = False

    def run(self, plugins: PlugbayPlugins, limits: Limits) -> None:
        """Attack in this process, then in a child forked from it, whose engine was used by then."""
        try:
            with Clinic(plugins, limits) as clinic:
                self._take(clinic.examine(Place.PROCESS))
                self.ticker_alive = process_ticker().alive
                if hasattr(os, "fork"):
                    self._run_in_child(clinic)
                else:
                    self.notes.append("this platform has no fork: nothing was tried in a child")
        except PlugbayError as error:
            self.problems.append(f"the hostile guests could not be tried: {error}")
        if self.attacks and not self.ticker_alive:
            self.problems.append("the epoch ticker does not run: deadlines would not hold")

    def _run_in_child(self, clinic: Clinic) -> None:
        def work() -> list[AttackResult]:
            _compile_anew(clinic.limits)
            return clinic.examine(Place.CHILD)

        self._take(in_forked_child(work, seconds=_PATIENCE + 4 * clinic.limits.deadline))

    def _take(self, results: list[AttackResult]) -> None:
        self.attacks += results
        self.problems += [
            f"{result.guest} in {result.place}: {_what_is_wrong(result)}" for result in results if not result.passed
        ]


def _compile_anew(limits: Limits) -> None:
    """Compile a module with a new engine and an empty cache, which a forked child can't take for granted."""
    with tempfile.TemporaryDirectory(prefix="plugbay-doctor-") as folder:
        engine = WasmtimeEngine(ArtifactCache(Path(folder)))
        engine.compile_own(guest_module(HONEST), CodeSettings.of(limits))
        engine.close()


def _what_is_wrong(result: AttackResult) -> str:
    if not result.next_served:
        return "the next message was not served"
    return f"it was to be stopped by {result.meets}, but: {result.detail}"


def _cache_of(plugins: PlugbayPlugins) -> ArtifactCache:
    engine = plugins.engines.get(WasmtimeEngine.name)
    return engine.cache if isinstance(engine, WasmtimeEngine) else ArtifactCache()


def _versions() -> Iterator[tuple[str, str]]:
    yield "python", f"{platform.python_implementation()} {platform.python_version()}"
    yield "platform", platform.platform()
    for package in PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            yield package, MISSING


def _engines(plugins: PlugbayPlugins, problems: list[str]) -> Iterator[EngineReport]:
    for engine in plugins.engines.values():
        try:
            yield EngineReport(engine.name, engine.version)
        except PlugbayError as error:
            problems.append(error.reason)
            yield EngineReport(engine.name, MISSING)


def _registered(plugins: PlugbayPlugins) -> Iterator[PluginReport]:
    manager = plugins.manager
    packages: dict[Any, str] = {plugin: _package(found) for plugin, found in manager.list_plugin_distinfo()}
    for name, plugin in manager.list_name_plugin():
        if plugin is not None:
            hooks = sorted(caller.name for caller in manager.get_hookcallers(plugin) or ())
            yield PluginReport(name, packages.get(plugin), tuple(hooks))


def _package(found: Any) -> str:
    return f"{found.metadata['name']} {found.version}"

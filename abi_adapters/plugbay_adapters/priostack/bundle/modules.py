"""Loads the modules of a bundle's services, and finds the export that each handler means."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from plugbay.errors import ConfigInvalid, MissingExport, ModuleError, PlugbayError
from plugbay.module.source import WasmSource
from plugbay_adapters.priostack.bundle.files import MODULES, FileRefused
from plugbay_adapters.priostack.bundle.problem import Place, Problem
from plugbay_adapters.priostack.bundle.suggestions import suggestion
from plugbay_adapters.priostack.claim import ABI
from plugbay_adapters.priostack.names import resolve_export

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugbay.host import Host
    from plugbay.limits import Limits
    from plugbay.plugin import Plugin
    from plugbay_adapters.priostack.bundle.documents import Handler, Service
    from plugbay_adapters.priostack.bundle.files import BundleFiles
    from plugbay_adapters.priostack.bundle.reading import BundleReading

MESSAGE_ABIS: Final = {"fluxrig": "a fluxrig gear, which takes fluxMsgs in CBOR", "reflow": "an actor of Reflow's"}
"""ABIs whose functions take messages of their own, where a handler's takes and gives any bytes."""
_WASM: Final = ".wasm"
_MOST_EVIDENCE: Final = 600
"""Characters of what adapters found, in a problem."""


@dataclass(frozen=True, slots=True)
class Module:
    """A service's module, open."""

    plugin: Plugin
    digest: str


@dataclass(slots=True)
class ModulesReading:
    """What came of loading the modules."""

    modules: dict[str, Module] = field(default_factory=dict[str, Module])
    """By service."""
    exports: dict[Handler, str] = field(default_factory=dict["Handler", str])
    """The export that each handler means."""
    files: dict[str, str] = field(default_factory=dict[str, str])
    """The hex SHA-256 of each module's file."""
    opened: list[Plugin] = field(default_factory=list["Plugin"])
    """Plugins that were loaded anew; the caller closes them when it does not keep them."""
    problems: list[Problem] = field(default_factory=list[Problem])
    notes: list[Problem] = field(default_factory=list[Problem])


class ModuleRefused(Exception):
    """A module can be loaded, but no handler can call it; ``reason`` goes on after the file's name."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


class ModuleLoader:
    """Loads modules the same way every time. ``limits`` hold for each of them; ``instances`` may run at once."""

    def __init__(self, host: Host, *, limits: Limits, instances: int) -> None:
        self._host = host
        self._limits = limits
        self._instances = instances

    def load(self, reading: BundleReading, files: BundleFiles, known: Mapping[str, Module]) -> ModulesReading:
        """The modules of the services; one of ``known`` whose file has not changed is taken over as it is."""
        result = ModulesReading()
        try:
            self._load_all(reading, files, known, result)
        except BaseException:
            for plugin in result.opened:
                plugin.close()
            raise
        return result

    def _load_all(
        self, reading: BundleReading, files: BundleFiles, known: Mapping[str, Module], result: ModulesReading
    ) -> None:
        mentioned: dict[str, set[str]] = {}
        for handler, _ in reading.handlers:
            mentioned.setdefault(handler.service, set()).add(handler.function)
        services = {service.name: service for service in reading.document.services if service.name}
        there = [name for name in files.names(MODULES) if name.endswith(_WASM)]
        spare = [name for name in there if name.removesuffix(_WASM) not in services]
        for service in services.values():
            functions = mentioned.get(service.name, set())
            module = self._module(service, functions, files, known, spare, result)
            if module is not None:
                result.modules[service.name] = module
        result.problems.extend(_resolve(reading.handlers, result))
        if reading.complete:
            result.notes.extend(_spare_notes(spare, services))

    def _module(
        self,
        service: Service,
        functions: set[str],
        files: BundleFiles,
        known: Mapping[str, Module],
        spare: list[str],
        result: ModulesReading,
    ) -> Module | None:
        """The module of one service; None when it has none, which is a problem if a handler names it."""
        path = f"{MODULES}/{service.name}{_WASM}"
        try:
            data = files.read(path, self._limits.module_bytes)
            if data is None:
                if functions:
                    hint = _missing_hint(service.name, spare)
                    result.problems.append(Problem(service.place, f"the service has no module {path}", hint))
                return None
            digest = result.files[path] = hashlib.sha256(data).hexdigest()
            before = known.get(service.name)
            if before is not None and before.digest == digest:
                return before
            plugin = self._plugin(WasmSource(data, digest, path), service.name, functions)
        except (FileRefused, ModuleRefused) as refused:
            result.problems.append(Problem(service.place, f"{path} {refused.reason}", refused.hint))
        except PlugbayError as error:
            result.problems.append(Problem(service.place, f"{path} can't be hosted: {_told(error)}", _hint(error)))
        else:
            result.opened.append(plugin)
            return Module(plugin, digest)
        return None

    def _plugin(self, source: WasmSource, name: str, functions: set[str]) -> Plugin:
        if not source.data:
            raise ModuleRefused("is empty", "build the module again")
        plugin = self._load(source, name)
        spoken = MESSAGE_ABIS.get(plugin.claim.abi)
        if spoken is None:
            return plugin
        entrypoint, evidence = plugin.default_function, plugin.claim.evidence
        plugin.close()
        if entrypoint not in functions:  # else its other functions may well be byte functions
            try:
                return self._load(source, name, abi=ABI)
            except ModuleError:
                pass
        hint = f"a bundle takes functions of JSON: if {entrypoint} is one, give it another name"
        raise ModuleRefused(f"is {spoken}: {'; '.join(evidence)}", hint)

    def _load(self, source: WasmSource, name: str, **options: Any) -> Plugin:
        return self._host.load(source, name=name, limits=self._limits, instances=self._instances, **options)


def _resolve(handlers: Iterable[tuple[Handler, Place]], result: ModulesReading) -> Iterable[Problem]:
    for handler, place in handlers:
        module = result.modules.get(handler.service)
        if module is None:
            continue  # there is a problem already: the service or its module is missing
        try:
            result.exports[handler] = export_of(handler, module.plugin)
        except (MissingExport, ConfigInvalid) as error:
            yield Problem(place, f"{MODULES}/{handler.service}{_WASM}: {error.reason}", error.hint)


def export_of(handler: Handler, plugin: Plugin) -> str:
    """The export that a handler means.

    Raises :class:`MissingExport`, which tells the type of an export that is there but can't be called, and
    :class:`ConfigInvalid` when two may be meant.
    """
    try:
        return resolve_export(handler.function, plugin.functions, plugin=plugin.name)
    except MissingExport as missing:
        others = {item["name"]: item["type"] for item in plugin.metadata.get("other_functions", ())}
        try:
            other = resolve_export(handler.function, others)
        except (MissingExport, ConfigInvalid):
            raise missing from None
        convention = plugin.metadata.get("convention")
        reason = f"{other} is no byte function: it is {others[other]}, and the module's convention is {convention}"
        raise MissingExport(
            reason, plugin=plugin.name, function=handler.function, hint="plugbay inspect shows what is expected"
        ) from None


def _missing_hint(service: str, spare: list[str]) -> str:
    if not spare:
        return f"build it, and put it into the folder {MODULES}"
    return suggestion(f"{service}{_WASM}", spare, what="modules without a service")


def _spare_notes(spare: list[str], services: Mapping[str, Service]) -> Iterable[Problem]:
    for name in spare:
        hint = suggestion(name.removesuffix(_WASM), services, what="services")
        yield Problem(Place(f"{MODULES}/{name}"), "no service has this module", hint)


def _told(error: PlugbayError) -> str:
    """An error's reason on one line: where adapters say what they missed, PrioStack's first, and cut if too long."""
    first, *evidence = (line.strip() for line in error.reason.splitlines())
    evidence.sort(key=lambda line: not line.startswith(ABI))
    text = "; ".join([first.removesuffix(":"), *evidence])
    return text if len(text) <= _MOST_EVIDENCE else f"{text[:_MOST_EVIDENCE]}…"


def _hint(error: PlugbayError) -> str | None:
    if error.hint is not None and "--abi" in error.hint:  # a bundle has no such option
        return "plugbay inspect shows what each adapter found and missed"
    return error.hint

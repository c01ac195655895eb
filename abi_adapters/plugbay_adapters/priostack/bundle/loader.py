"""Makes a version of a bundle from its files: all of it, or an error that has every mistake."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugbay_adapters.priostack.bundle.files import MODULES
from plugbay_adapters.priostack.bundle.lane import CallWatch, Lane
from plugbay_adapters.priostack.bundle.modules import Module, ModuleLoader, ModulesReading
from plugbay_adapters.priostack.bundle.problem import Problem
from plugbay_adapters.priostack.bundle.reading import BundleReading, ordered, read_bundle
from plugbay_adapters.priostack.bundle.source import open_files
from plugbay_adapters.priostack.bundle.version import BundleVersion, Route, Target
from plugbay_adapters.priostack.errors import BundleInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plugbay.host import Host
    from plugbay.limits import Limits
    from plugbay_adapters.priostack.bundle.documents import Handler, Intent, Service


@dataclass(frozen=True, slots=True)
class Loaded:
    """A version, and what is no mistake in its files but may well not be meant."""

    version: BundleVersion
    notes: tuple[Problem, ...]


class BundleLoader:
    """Loads one bundle, again and again.

    ``instances`` calls of a service may run at once, and ``waiting`` more may wait. ``watch`` gives what counts the
    calls of a service; without it nothing does.
    """

    def __init__(
        self,
        source: str | os.PathLike[str],
        host: Host,
        *,
        limits: Limits,
        instances: int,
        waiting: int,
        watch: Callable[[str], CallWatch] | None = None,
    ) -> None:
        self._source = os.fspath(source)
        self._modules = ModuleLoader(host, limits=limits, instances=instances)
        self._instances = instances
        self._waiting = waiting
        self._watch = watch

    def load(self, old: BundleVersion | None = None) -> Loaded:
        """The bundle as its files are now; modules that are those of ``old`` are taken over with their lanes.

        Raises :class:`BundleUnusable` and :class:`BundleInvalid`; what was loaded for it is closed then.
        """
        known = {} if old is None else _modules_of(old)
        with open_files(self._source) as files:
            reading = read_bundle(files, self._source)
            loaded = self._modules.load(reading, files, known)
        problems = ordered([*reading.problems, *loaded.problems], reading.files)
        notes = ordered([*reading.notes, *loaded.notes], reading.files)
        if problems:
            for plugin in loaded.opened:
                plugin.close()
            raise BundleInvalid(self._source, problems, notes)
        return Loaded(self._version(reading, loaded, old), notes)

    def _version(self, reading: BundleReading, loaded: ModulesReading, old: BundleVersion | None) -> BundleVersion:
        lanes = {name: self._lane(name, module, old) for name, module in loaded.modules.items()}
        targets = {
            handler: Target(handler, handler.service, export, lanes[handler.service])
            for handler, export in loaded.exports.items()
        }
        services, files = reading.document.services, {**reading.files, **loaded.files}
        return BundleVersion(
            document=reading.document,
            routes=_routes(services, targets),
            targets=targets,
            plugins={name: module.plugin for name, module in loaded.modules.items()},
            lanes=lanes,
            digest=_digest(files),
            number=1 if old is None else old.number + 1,
            files=files,
            sensors=_sensors(services),
        )

    def _lane(self, name: str, module: Module, old: BundleVersion | None) -> Lane:
        lane = old.lanes.get(name) if old is not None else None
        if lane is not None and lane.plugin is module.plugin:
            return lane
        watch = None if self._watch is None else self._watch(name)
        return Lane(module.plugin, workers=self._instances, most_waiting=self._waiting, watch=watch)


def _modules_of(version: BundleVersion) -> dict[str, Module]:
    return {name: Module(plugin, version.files[f"{MODULES}/{name}.wasm"]) for name, plugin in version.plugins.items()}


def _routes(services: tuple[Service, ...], targets: Mapping[Handler, Target]) -> tuple[Route, ...]:
    return tuple(
        Route(endpoint, service.name, targets[endpoint.handler])
        for service in services
        for endpoint in service.endpoints
    )


def _sensors(services: tuple[Service, ...]) -> dict[str, tuple[Intent, ...]]:
    sensors: dict[str, tuple[Intent, ...]] = {}
    for service in services:
        for intent in service.intents:
            sensors[intent.sensor] = (*sensors.get(intent.sensor, ()), intent)
    return sensors


def _digest(files: Mapping[str, str]) -> str:
    lines = "".join(f"{digest}  {path}\n" for path, digest in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()

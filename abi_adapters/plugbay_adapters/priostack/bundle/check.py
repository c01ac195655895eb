"""Judges a bundle without serving it: the library behind ``plugbay bundle check``."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from plugbay_adapters.priostack.bundle.loader import BundleLoader
from plugbay_adapters.priostack.errors import BundleInvalid

if TYPE_CHECKING:
    from plugbay.host import Host
    from plugbay.limits import Limits
    from plugbay.plugin import Plugin
    from plugbay_adapters.priostack.bundle.documents import BundleDocument, Goal, Handler, Intent
    from plugbay_adapters.priostack.bundle.problem import Problem
    from plugbay_adapters.priostack.bundle.version import BundleVersion


@dataclass(frozen=True, slots=True)
class CheckedHandler:
    """A handler as the file spells it, and what it means."""

    handler: str
    export: str
    abi: str
    convention: str | None
    """How the function is called; None for a module that is hosted by another ABI than PrioStack's."""


@dataclass(frozen=True, slots=True)
class CheckedRoute:
    """An endpoint and its handler."""

    service: str
    name: str
    method: str
    path: str
    target: CheckedHandler


@dataclass(frozen=True, slots=True)
class CheckedIntent:
    """An intent and its handler."""

    intent: Intent
    target: CheckedHandler

    def to_dict(self) -> dict[str, object]:
        """The intent as plain values; times are seconds, and left out where the file names none."""
        facts: dict[str, object] = {
            "service": self.intent.service,
            "name": self.intent.name,
            "sensor": self.intent.sensor,
            "primitive": self.intent.primitive,
            "cooldown": self.intent.cooldown,
            "retries": self.intent.retries,
            "expected_duration": self.intent.expected_duration,
            "expires_in": self.intent.expires_in,
            "target": asdict(self.target),
        }
        return {name: value for name, value in facts.items() if value is not None}


@dataclass(frozen=True, slots=True)
class CheckedService:
    """A service and its module."""

    name: str
    version: str
    description: str
    module: str | None
    """The hex SHA-256 of its module; None when it has none of its own."""
    functions: tuple[str, ...]
    """The byte functions of the module, those that nothing names included."""


@dataclass(frozen=True, slots=True)
class BundleCheck:
    """What is in a bundle. Where there are problems, only they and the notes are known."""

    source: str
    document: BundleDocument | None
    services: tuple[CheckedService, ...] = ()
    routes: tuple[CheckedRoute, ...] = ()
    intents: tuple[CheckedIntent, ...] = ()
    goals: tuple[Goal, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    """What is no mistake, but may well not be meant."""
    digest: str | None = None
    """Hex SHA-256 of all files that the bundle is made of."""

    @property
    def good(self) -> bool:
        """Whether the bundle can be served."""
        return not self.problems

    def to_dict(self) -> dict[str, object]:
        """All of it as plain values."""
        facts: dict[str, object] = {
            "source": self.source,
            "good": self.good,
            "problems": [problem.to_dict() for problem in self.problems],
            "notes": [note.to_dict() for note in self.notes],
        }
        if self.document is None:
            return facts
        goal_keys = ("service", "name", "metric", "target", "description")
        return {
            **facts,
            "name": self.document.name,
            "version": self.document.version,
            "description": self.document.description,
            "digest": self.digest,
            "services": [asdict(service) for service in self.services],
            "routes": [asdict(route) for route in self.routes],
            "intents": [intent.to_dict() for intent in self.intents],
            "goals": [{key: getattr(goal, key) for key in goal_keys} for goal in self.goals],
        }


def check_bundle(source: str | os.PathLike[str], host: Host, *, limits: Limits | None = None) -> BundleCheck:
    """Read, load and resolve everything in a bundle as serving it would; nothing is called, all is closed again.

    Raises :class:`BundleUnusable` when there is no bundle at that path. Mistakes in it are in the answer.
    """
    path = os.fspath(source)
    limits = limits if limits is not None else host.limits
    loader = BundleLoader(path, host, limits=limits, instances=1, waiting=0)
    try:
        loaded = loader.load()
    except BundleInvalid as error:
        return BundleCheck(path, None, problems=error.problems, notes=error.notes)
    try:
        return _checked(path, loaded.version, loaded.notes)
    finally:
        for plugin in loaded.version.plugins.values():
            plugin.close()


def _checked(source: str, version: BundleVersion, notes: tuple[Problem, ...]) -> BundleCheck:
    services = version.document.services
    return BundleCheck(
        source,
        version.document,
        services=tuple(
            CheckedService(
                service.name,
                service.version,
                service.description,
                version.files.get(f"wasm/{service.name}.wasm"),
                _functions(version.plugins.get(service.name)),
            )
            for service in services
        ),
        routes=tuple(
            CheckedRoute(
                route.service,
                route.endpoint.name,
                route.endpoint.method,
                route.endpoint.path,
                _target(version, route.endpoint.handler),
            )
            for route in version.routes
        ),
        intents=tuple(
            CheckedIntent(intent, _target(version, intent.handler))
            for service in services
            for intent in service.intents
        ),
        goals=tuple(goal for service in services for goal in service.goals),
        notes=notes,
        digest=version.digest,
    )


def _functions(plugin: Plugin | None) -> tuple[str, ...]:
    return () if plugin is None else tuple(sorted(plugin.functions))


def _target(version: BundleVersion, handler: Handler) -> CheckedHandler:
    target = version.targets[handler]
    plugin = target.lane.plugin
    convention = plugin.metadata.get("convention")
    return CheckedHandler(
        str(handler), target.export, plugin.claim.abi, None if convention is None else str(convention)
    )

"""One loaded version of a bundle: what its files say, and the open plugins behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugbay.plugin import Plugin
    from plugbay_adapters.priostack.bundle.documents import BundleDocument, Endpoint, Handler, Intent
    from plugbay_adapters.priostack.bundle.lane import Lane


@dataclass(frozen=True, slots=True)
class Target:
    """What a handler means: an export of a service's module, and the lane that leads there."""

    handler: Handler
    service: str
    """The service whose module it is."""
    export: str
    lane: Lane


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint, and where its requests go."""

    endpoint: Endpoint
    service: str
    """The service whose file declares it."""
    target: Target


@dataclass(frozen=True, slots=True, eq=False)
class BundleVersion:
    """One loaded version of a bundle. It never changes; a reload makes another one."""

    document: BundleDocument
    routes: tuple[Route, ...]
    targets: Mapping[Handler, Target]
    """Every handler that the files name."""
    plugins: Mapping[str, Plugin]
    """The module of each service that has one."""
    lanes: Mapping[str, Lane]
    """The lane of each of them."""
    digest: str
    """Hex SHA-256 of all files that the bundle is made of."""
    number: int
    """Counts the versions of one :class:`Bundle`, from 1."""
    files: Mapping[str, str] = field(repr=False)
    """The hex SHA-256 of each file."""
    sensors: Mapping[str, tuple[Intent, ...]] = field(repr=False)
    """The intents of each sensor, in the order of the files."""

"""What a bundle's files say, checked: values that later stages need not doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugbay_adapters.priostack.bundle.problem import Place


@dataclass(frozen=True, slots=True)
class Handler:
    """A function of a service's module: ``wasm:SERVICE:FUNCTION``, or ``func:FUNCTION`` for the service's own."""

    service: str
    function: str
    """As the file spells it; the export may be its snake_case or camelCase (ABI sheet, "Names")."""

    def __str__(self) -> str:
        return f"wasm:{self.service}:{self.function}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One HTTP endpoint. ``path`` is the service's basePath and its own path, parameters spelled ``{name}``."""

    name: str
    method: str
    """GET, POST, PUT, DELETE or PATCH."""
    path: str
    parameters: tuple[str, ...]
    """Names of the path parameters, in order."""
    handler: Handler
    description: str
    place: Place


@dataclass(frozen=True, slots=True)
class Intent:
    """A function that runs when a sensor fires. Times are seconds; None where the file names none."""

    name: str
    service: str
    """The service whose file declares it; an intent's name is unique in the bundle."""
    sensor: str
    handler: Handler
    primitive: str
    cooldown: float | None
    """Least time between the starts of two runs: what fires meanwhile is skipped."""
    retries: int
    expected_duration: float | None
    expires_in: float | None
    """An accepted event that could not be started for so long is given up."""
    place: Place


@dataclass(frozen=True, slots=True)
class Goal:
    """A target that a service is measured by; ``target`` is what ``goals.target.parse_target`` takes."""

    name: str
    service: str
    metric: str
    target: str
    description: str
    place: Place


@dataclass(frozen=True, slots=True)
class Service:
    """One service. Its module is ``wasm/NAME.wasm``."""

    name: str
    description: str
    version: str
    base_path: str
    endpoints: tuple[Endpoint, ...]
    intents: tuple[Intent, ...]
    goals: tuple[Goal, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class BundleDocument:
    """All that a bundle's files say; names and routes are unique in it."""

    name: str
    description: str
    version: str
    services: tuple[Service, ...]

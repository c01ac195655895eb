"""What can be judged only beside the other services: names that must be unique in the bundle, and routes that meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay_adapters.priostack.bundle.paths import shape_of
from plugbay_adapters.priostack.bundle.problem import Place, Problem
from plugbay_adapters.priostack.bundle.suggestions import suggestion

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from plugbay_adapters.priostack.bundle.service_file import ServiceReading


def crosscheck(readings: Sequence[ServiceReading], *, complete: bool) -> Iterator[Problem]:
    """The mistakes between services. Without ``complete`` some could not be read, so that names may well be theirs."""
    yield from _twice(
        (reading.service.name, f"the service {reading.service.name}", reading.service.place)
        for reading in readings
        if reading.service.name
    )
    yield from _twice(
        (intent.name, f"the intent {intent.name}", place)
        for reading in readings
        for intent, place in reading.intents
        if intent.name
    )
    yield from _twice(
        ((endpoint.method, shape_of(endpoint.path)), f"the route {endpoint.method} {endpoint.path}", place)
        for reading in readings
        for endpoint, place in reading.routes
        if endpoint.method and endpoint.path
    )
    if complete:
        yield from _unknown_services(readings)


def _twice(items: Iterable[tuple[Hashable, str, Place]]) -> Iterator[Problem]:
    """A problem for each item whose key was there before."""
    first: dict[Hashable, Place] = {}
    for key, what, place in items:
        if key in first:
            yield Problem(place, f"{what} is there already: {first[key]}")
        else:
            first[key] = place


def _unknown_services(readings: Sequence[ServiceReading]) -> Iterator[Problem]:
    known = [reading.service.name for reading in readings]
    for reading in readings:
        for handler, place in reading.handlers:
            if handler.service not in known:
                hint = suggestion(handler.service, known, what="services")
                yield Problem(place, f"the bundle has no service {handler.service}", hint)

"""Finds the endpoint of a request: built once for each version of a bundle, and never changed.

The rules, which ``docs/serving.md`` tells users:

- A path is compared segment by segment, each percent-decoded as UTF-8 by itself, so ``%2F`` never separates segments.
- ``{name}`` takes exactly one segment that is not empty.
- One ``/`` at the end makes no difference, in a request as in a bundle.
- Where several endpoints fit, a literal segment wins over a parameter, from left to right; an endpoint without the
  request's method does not count for it. HEAD is answered as GET where no endpoint has it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from plugbay_adapters.priostack.serving.refusal import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from plugbay_adapters.priostack.bundle.version import Route


@dataclass(frozen=True, slots=True)
class Match:
    """The endpoint of a request, and what its path's parameters are."""

    route: Route
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NoMatch:
    """No endpoint fits. ``allowed`` has the methods of those whose path does, for ``Allow``; none is a 404."""

    allowed: tuple[str, ...] = ()


@dataclass(slots=True)
class _Node:
    """What may follow after some segments. ``routes`` end here, by method."""

    literals: dict[str, _Node] = field(default_factory=dict[str, "_Node"])
    parameter: _Node | None = None
    routes: dict[str, Route] = field(default_factory=dict[str, "Route"])


class Router:
    """Matches methods and raw paths against routes; safe to use from any thread."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        self._plain: dict[tuple[str, str], Match] = {}
        """Method and path of those without parameters: found by one look, whatever else a bundle has."""
        self._most_segments = 0
        for route in routes:
            self._add(route)

    def match(self, method: str, raw_path: str) -> Match | NoMatch:
        """What a request's path, percent-encoded as it came and without its query, leads to.

        Raises :class:`RequestRefused` (400) for percent-encoded bytes that are no UTF-8.
        """
        plain = self._plain.get((method, raw_path))
        return plain if plain is not None else self._search(method, raw_path)

    def _search(self, method: str, raw_path: str) -> Match | NoMatch:
        raw = _segments(raw_path)
        if len(raw) > self._most_segments:
            return NoMatch()
        allowed: set[str] = set()
        segments = [_decoded(segment) for segment in raw]
        wanted = (method, "GET") if method == "HEAD" else (method,)
        for node, values in _leaves(self._root, segments, 0, ()):
            for name in wanted:
                route = node.routes.get(name)
                if route is not None:
                    return Match(route, dict(zip(route.endpoint.parameters, values, strict=True)))
            allowed.update(node.routes)
        return NoMatch(_with_derived(allowed))

    def _add(self, route: Route) -> None:
        endpoint = route.endpoint
        segments = _segments(endpoint.path)
        self._most_segments = max(self._most_segments, len(segments))
        node = self._root
        for segment in segments:
            if is_parameter(segment):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, _Node())
        node.routes[endpoint.method] = route
        if not endpoint.parameters and "%" not in endpoint.path:
            path = "/" + "/".join(segments)
            for spelling in (path, path + "/") if segments else (path,):
                self._plain[endpoint.method, spelling] = Match(route, {})


def is_parameter(segment: str) -> bool:
    """Whether a segment of an endpoint's path is a parameter, as :class:`Endpoint` spells them."""
    return segment.startswith("{") and segment.endswith("}")


def _leaves(
    node: _Node, segments: Sequence[str], at: int, values: tuple[str, ...]
) -> Iterator[tuple[_Node, tuple[str, ...]]]:
    """The nodes where a path ends that has routes, those with literal segments first. No node is met twice."""
    if at == len(segments):
        if node.routes:
            yield node, values
        return
    segment = segments[at]
    literal = node.literals.get(segment)
    if literal is not None:
        yield from _leaves(literal, segments, at + 1, values)
    if node.parameter is not None and segment:
        yield from _leaves(node.parameter, segments, at + 1, (*values, segment))


def _segments(path: str) -> list[str]:
    trimmed = path.removeprefix("/").removesuffix("/")
    return trimmed.split("/") if trimmed else []


def _decoded(segment: str) -> str:
    if "%" not in segment:
        return segment
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise RequestRefused(400, "the path is not UTF-8") from None


def _with_derived(methods: set[str]) -> tuple[str, ...]:
    """With the methods that the server answers for any endpoint."""
    if not methods:
        return ()
    derived = {"OPTIONS", "HEAD"} if "GET" in methods else {"OPTIONS"}
    return tuple(sorted(methods | derived))

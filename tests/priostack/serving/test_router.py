"""The router against a naive reading of its rules."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.priostack.serving.conftest import route_of

from plugbay_adapters.priostack.serving.refusal import RequestRefused
from plugbay_adapters.priostack.serving.router import Match, NoMatch, Router

if TYPE_CHECKING:
    from plugbay_adapters.priostack.bundle.lane import Lane
    from plugbay_adapters.priostack.bundle.version import Route

NO_LANE = cast("Lane", None)
METHODS = ("GET", "POST", "DELETE")

segment = st.sampled_from(["a", "b", "ü", "a b", "{x}", "{y}"])
patterns = st.lists(
    st.tuples(st.sampled_from(METHODS), st.lists(segment, max_size=4)),
    max_size=8,
    unique_by=lambda pattern: (pattern[0], tuple("{}" if part.startswith("{") else part for part in pattern[1])),
)
paths = st.lists(st.sampled_from(["a", "b", "ü", "a b", "c", "", "a/b", "{x}"]), max_size=5)


def routes_of(found: list[tuple[str, list[str]]]) -> list[Route]:
    return [route_of(method, "/" + "/".join(parts), NO_LANE) for method, parts in found]


def naive(routes: list[Route], method: str, segments: list[str]) -> tuple[Route | None, dict[str, str], set[str]]:
    """The route with the most literal segments from the left, of those that have the method; and all methods."""
    fitting: list[tuple[list[bool], Route, dict[str, str]]] = []
    for route in routes:
        parts = [part for part in route.endpoint.path.strip("/").split("/") if part]
        if len(parts) != len(segments):
            continue
        pairs = list(zip(parts, segments, strict=True))
        if all((part.startswith("{") and given) or part == given for part, given in pairs):
            values = dict(
                zip(route.endpoint.parameters, [g for p, g in pairs if p.startswith("{")], strict=True)
            )  # fmt: skip
            fitting.append(([part.startswith("{") for part in parts], route, values))
    fitting.sort(key=lambda found: found[0])
    for _, route, values in fitting:
        if route.endpoint.method == method:
            return route, values, set()
    return None, {}, {route.endpoint.method for _, route, _ in fitting}


@given(patterns, st.sampled_from(METHODS), paths, st.booleans())
def test_it_finds_what_the_rules_say(
    found: list[tuple[str, list[str]]], method: str, segments: list[str], slash: bool
) -> None:
    routes = routes_of(found)
    raw = "/" + "/".join(quote(part, safe="{}") for part in segments) + ("/" if slash and segments else "")
    trimmed = raw.removeprefix("/").removesuffix("/")
    meant = [unquote(part) for part in trimmed.split("/")] if trimmed else []
    expected, values, allowed = naive(routes, method, meant)
    match = Router(routes).match(method, raw)
    if expected is None:
        assert isinstance(match, NoMatch)
        assert set(match.allowed) - {"HEAD", "OPTIONS"} == allowed
    else:
        assert isinstance(match, Match)
        assert match.route is expected
        assert match.parameters == values


@given(patterns, st.text(alphabet="/%aZ09{}ü\0.?#", max_size=20))
def test_any_path_has_an_answer(found: list[tuple[str, list[str]]], path: str) -> None:
    with suppress(RequestRefused):
        assert isinstance(Router(routes_of(found)).match("GET", path), Match | NoMatch)


def test_head_is_get_where_nothing_else_is_meant() -> None:
    router = Router(routes_of([("GET", ["a", "{x}"]), ("POST", ["b"])]))
    match = router.match("HEAD", "/a/1")
    assert isinstance(match, Match)
    assert match.parameters == {"x": "1"}
    assert router.match("HEAD", "/b") == NoMatch(("OPTIONS", "POST"))


def test_parameters_have_the_names_of_their_own_endpoint() -> None:
    router = Router(routes_of([("GET", ["{x}"]), ("POST", ["{y}"])]))
    found = [router.match(method, "/1") for method in ("GET", "POST")]
    assert [match.parameters for match in found if isinstance(match, Match)] == [{"x": "1"}, {"y": "1"}]


def test_an_empty_segment_is_no_parameter() -> None:
    router = Router(routes_of([("GET", ["a", "{x}", "b"]), ("GET", ["{x}"])]))
    assert router.match("GET", "/a//b") == NoMatch()
    assert router.match("GET", "//") == NoMatch()


def test_the_root_is_a_path_too() -> None:
    assert isinstance(Router(routes_of([("GET", [])])).match("GET", "/"), Match)
    assert Router(routes_of([("GET", ["a"])])).match("GET", "/") == NoMatch()


def test_bytes_that_are_no_utf_8_are_refused() -> None:
    with pytest.raises(RequestRefused, match="the path is not UTF-8"):
        Router(routes_of([("GET", ["{x}"])])).match("GET", "/%ff")

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay.errors import ConfigInvalid, PermissionDenied
from plugbay.functions import FunctionPattern, HostFunction, check_function, host_function, parse_function_patterns


def named(name: str, namespace: str = "extism:host/user") -> HostFunction:
    def function() -> None: ...

    return host_function(name=name, namespace=namespace)(function)


@pytest.mark.parametrize(
    ("grant", "granted"),
    [
        ("lookup", True),
        ("extism:host/user.lookup", True),
        ("*", True),
        ("look*", True),
        ("*.lookup", True),
        ("extism:*.lookup", True),
        ("extism:host/user.*", True),
        ("Lookup", False),
        ("look", False),
        ("store.lookup", False),
        ("extism:host/user.look", False),
        ("lookup*up", False),
    ],
)
def test_a_function_is_granted_by_name(grant: str, granted: bool) -> None:
    function, grants = named("lookup"), parse_function_patterns(["other", grant])
    assert any(pattern.matches(function) for pattern in grants) is granted
    if granted:
        check_function(function, grants, "gear")
    else:
        with pytest.raises(PermissionDenied):
            check_function(function, grants, "gear")


def test_the_last_dot_ends_the_namespace() -> None:
    grant = FunctionPattern.parse("my.store.read")
    assert (grant.namespace, grant.name) == ("my.store", "read")
    assert grant.matches(named("read", "my.store"))


def test_a_refusal_says_the_way_out() -> None:
    with pytest.raises(PermissionDenied) as caught:
        check_function(named("lookup"), (), "gear")
    error = caught.value
    assert (error.plugin, error.function) == ("gear", "extism:host/user.lookup")
    assert error.hint == "Permissions(functions=('lookup',)), or --allow-function lookup"


@pytest.mark.parametrize("text", ["", "a b", "a.", ".a", "a[b]", "a?", "a\n"])
def test_what_names_no_function_is_refused(text: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        parse_function_patterns([text])
    assert caught.value.found == text


def test_one_text_in_place_of_a_list_is_refused() -> None:
    with pytest.raises(ConfigInvalid, match="list of names"):
        parse_function_patterns("lookup")


@given(st.from_regex(r"[A-Za-z0-9_$-]+", fullmatch=True), st.from_regex(r"[A-Za-z0-9_$:/.-]+", fullmatch=True))
def test_every_function_is_granted_by_its_own_name_and_nothing_else_is(name: str, namespace: str) -> None:
    function = named(name, namespace)
    for text in (name, function.qualified_name):
        grant = FunctionPattern.parse(text)
        assert grant.matches(function)
        assert not grant.matches(named(f"{name}x", namespace))

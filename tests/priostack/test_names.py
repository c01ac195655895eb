"""Names of functions: which export they mean."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay.errors import ConfigInvalid, MissingExport
from plugbay_adapters.priostack.names import camel_case, resolve_export, snake_case

WORD = st.from_regex(r"[a-z][a-z0-9]{1,6}", fullmatch=True)
WORDS = st.lists(WORD, min_size=1, max_size=5)
ANY_NAME = st.text(min_size=1, max_size=20)


def camel(words: list[str]) -> str:
    return words[0] + "".join(word.capitalize() for word in words[1:])


@pytest.mark.parametrize(
    ("name", "functions", "found"),
    [
        ("createUser", {"createUser", "other"}, "createUser"),
        ("createUser", {"create_user"}, "create_user"),
        ("create_user", {"createUser"}, "createUser"),
        ("CreateUser", {"create_user"}, "create_user"),
        ("CreateUser", {"createUser"}, "createUser"),
        ("create_user", {"create_user"}, "create_user"),
        ("parseURL", {"parse_url"}, "parse_url"),
        ("HTTPServer", {"http_server"}, "http_server"),
        ("sha256Sum", {"sha256_sum"}, "sha256_sum"),
        ("_private_one", {"_privateOne"}, "_privateOne"),
        ("größe", {"größe"}, "größe"),
    ],
)
def test_a_name_finds_itself_or_its_other_spelling(name: str, functions: set[str], found: str) -> None:
    assert resolve_export(name, functions) == found


@pytest.mark.parametrize("name", ["createUser", "create_user", "CreateUser"])
def test_two_spellings_that_are_both_exported_are_an_error_that_names_them(name: str) -> None:
    with pytest.raises(ConfigInvalid, match="create_user") as caught:
        resolve_export(name, {"createUser", "create_user"}, plugin="users")
    assert "createUser" in caught.value.reason
    assert caught.value.plugin == "users"


def test_a_name_that_nothing_has_is_told_with_names_that_are_near() -> None:
    with pytest.raises(MissingExport, match="did you mean create_user") as caught:
        resolve_export("creatUser", {"create_user", "delete_user", "ping"})
    assert caught.value.function == "creatUser"


def test_a_name_that_is_near_to_nothing_is_told_with_what_there_is() -> None:
    names = {f"f{number}" for number in range(12)}
    with pytest.raises(MissingExport) as caught:
        resolve_export("entirely_else", names)
    assert caught.value.hint is not None
    assert caught.value.hint.endswith("and 4 more")
    with pytest.raises(MissingExport, match="no function to call"):
        resolve_export("entirely_else", set())


def test_near_names_are_looked_for_among_a_hundred_thousand_exports_without_delay() -> None:
    with pytest.raises(MissingExport):
        resolve_export("createUser", {f"function_{number}" for number in range(100_000)})


@given(WORDS)
def test_snake_case_and_camel_case_are_each_other_s_inverse(words: list[str]) -> None:
    if all(word[0].isalpha() for word in words):
        assert snake_case(camel(words)) == "_".join(words)
        assert camel_case("_".join(words)) == camel(words)


@given(WORDS)
def test_every_spelling_of_a_function_finds_the_one_that_is_exported(words: list[str]) -> None:
    spellings = {camel(words), "_".join(words)}
    for exported in spellings:
        for asked in spellings:
            assert resolve_export(asked, {exported, "unrelated_function_"}) == exported


@given(ANY_NAME)
def test_both_spellings_of_any_text_are_stable(name: str) -> None:
    assert camel_case(camel_case(name)) == camel_case(name)
    snake = snake_case(name)
    assert not re.search(r"[A-Z]", snake)
    assert snake_case(snake) == snake


@given(ANY_NAME, st.sets(ANY_NAME, max_size=8))
def test_what_is_found_is_one_of_the_functions_and_a_spelling_of_the_name(name: str, functions: set[str]) -> None:
    try:
        found = resolve_export(name, functions)
    except (MissingExport, ConfigInvalid):
        return
    assert found in functions
    assert found in {name, snake_case(name), camel_case(name)}

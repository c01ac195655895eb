"""The shared options cover all that a host takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay import Limits, Permissions
from plugbay.cli.options import Service, hosting_of, parse_config
from plugbay.errors import ConfigInvalid
from plugbay.services.paths import PathGrant

Cli = Callable[..., Any]
KEYS = st.text(min_size=1).filter(lambda key: "=" not in key)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def values(**changes: Any) -> dict[str, Any]:
    """Values of the options as they are when none is given."""
    found: dict[str, Any] = {limit.name: None for limit in fields(Limits)}
    found |= {"abi": "auto", "engine": None, "name": None, "state": None, "instances": 1}
    found |= {
        name: list[str]()
        for name in ("config", "feature", "allow", "deny", "allow_http", "allow_function", "allow_path")
    }
    return {**found, **changes}


@given(st.dictionaries(KEYS, JSON))
def test_config_values_that_are_json_are_taken_as_that(config: dict[str, Any]) -> None:
    assert parse_config(f"{key}={orjson.dumps(value).decode()}" for key, value in config.items()) == config


@pytest.mark.parametrize("text", ["plain", "a=b", "", "{", "NaN", "'x'"])
def test_config_values_that_are_not_json_are_text(text: str) -> None:
    assert parse_config([f"key={text}"]) == {"key": text}


@pytest.mark.parametrize("pairs", [["novalue"], ["=value"], [""], ["a=1", "a=2"]])
def test_config_without_a_key_or_with_one_twice_is_refused(pairs: list[str]) -> None:
    with pytest.raises(ConfigInvalid):
        parse_config(pairs)


def test_every_limit_has_an_option_with_its_default(cli: Cli) -> None:
    text = cli("call", "--help").text
    for limit in fields(Limits):
        assert f"--{limit.name.replace('_', '-')}" in text


def test_every_service_can_be_allowed_and_denied() -> None:
    assert {field.name for field in fields(Permissions)} == {*Service, "http", "functions", "paths"}


def test_without_options_everything_is_the_default() -> None:
    hosting = hosting_of(values())
    assert hosting.limits == Limits()
    assert hosting.permissions == Permissions()
    assert hosting.state == "memory:"


def test_limits_are_taken_over() -> None:
    assert hosting_of(values(deadline=0.5, fuel=10)).limits == Limits(deadline=0.5, fuel=10)


def test_more_instances_than_the_default_limit_raise_the_limit() -> None:
    hosting = hosting_of(values(instances=100))
    assert hosting.instances == hosting.limits.instances == 100


def test_permissions_are_taken_over() -> None:
    hosting = hosting_of(
        values(
            allow=[Service.STATE],
            deny=[Service.CLOCK],
            allow_http=["*.example.com"],
            allow_function=["lookup"],
            allow_path=["ro:reference:/reference", "work"],
        )
    )
    assert hosting.permissions == Permissions(
        state=True,
        clock=False,
        http=("*.example.com",),
        functions=("lookup",),
        paths=(PathGrant("reference", "/reference"), PathGrant("work", "work", writable=True)),
    )


def test_a_named_state_store_allows_state() -> None:
    assert hosting_of(values(state="sqlite:x.db")).permissions.state


@pytest.mark.parametrize("allow", [{"allow": [Service.STATE]}, {"state": "memory:"}])
def test_state_both_allowed_and_denied_is_refused(allow: dict[str, Any]) -> None:
    with pytest.raises(ConfigInvalid, match="both allowed and denied"):
        hosting_of(values(deny=[Service.STATE], **allow))


def test_a_state_store_of_no_plugin_is_wrong_usage(cli: Cli, echo_file: Path) -> None:
    result = cli("call", echo_file, "--state", "martian:base", "--json")
    assert result.code == 2
    assert result.json["error"]["found"] == "martian:base"


def test_unknown_names_are_wrong_usage(cli: Cli, echo_file: Path) -> None:
    for arguments in (("--abi", "martian"), ("--engine", "steam"), ("--feature", "magic"), ("--config", "nonsense")):
        result = cli("call", echo_file, *arguments, "--json")
        assert (result.code, result.json["error"]["code"]) == (2, "config-invalid"), arguments

from __future__ import annotations

import math
from typing import Any

import pytest

from plugbay.errors import ConfigInvalid, InvalidMetadata
from plugbay_adapters.reflow.config import ConfigSchema, read_verdict

SERVER = {
    "type": "object",
    "properties": {"host": {"type": "string"}, "port": {"type": "integer", "default": 80}},
    "required": ["host"],
}


def complete(schema: object, config: dict[Any, Any]) -> dict[str, Any]:
    return ConfigSchema(schema, plugin="actor").complete(config)


@pytest.mark.parametrize("schema", [None, True, {}])
def test_without_a_schema_any_object_passes(schema: object) -> None:
    assert complete(schema, {"a": [1, {"b": None}]}) == {"a": [1, {"b": None}]}


def test_defaults_fill_what_is_missing_and_leave_the_callers_config_alone() -> None:
    config: dict[str, Any] = {"server": {"host": "a"}}
    schema = {"properties": {"server": SERVER, "initial_value": {"default": 10}, "tags": {"default": ["x"]}}}
    assert complete(schema, config) == {"server": {"host": "a", "port": 80}, "initial_value": 10, "tags": ["x"]}
    assert config == {"server": {"host": "a"}}


def test_what_is_there_is_kept_though_it_be_null() -> None:
    assert complete({"properties": {"a": {"default": 1}}}, {"a": None}) == {"a": None}


def test_a_missing_object_is_not_made_up_unless_it_has_a_default() -> None:
    section = {"properties": {"port": {"default": 80}}}
    assert complete({"properties": {"server": section}}, {}) == {}
    assert complete({"properties": {"server": {**section, "default": {}}}}, {}) == {"server": {"port": 80}}


def test_defaults_are_found_in_items_and_through_references() -> None:
    schema = {
        "$defs": {"server": SERVER, "ports": {"items": {"$ref": "#/$defs/server"}}},
        "properties": {"servers": {"allOf": [{"$ref": "#/$defs/ports"}], "default": []}},
    }
    assert complete(schema, {}) == {"servers": []}
    assert complete(schema, {"servers": [{"host": "a"}]}) == {"servers": [{"host": "a", "port": 80}]}


def test_two_configs_do_not_share_a_default() -> None:
    schema = ConfigSchema({"properties": {"tags": {"default": []}}})
    schema.complete({})["tags"].append("mine")
    assert schema.complete({}) == {"tags": []}


def test_every_problem_is_named_with_its_path() -> None:
    schema = {
        "properties": {
            "initial_value": {"type": "integer"},
            "mode": {"enum": ["fast", "slow"]},
            "retries": {"items": {"properties": {"delay": {"minimum": 0}}}},
            "name": {"minLength": 3, "pattern": "^a"},
        },
        "required": ["server"],
        "additionalProperties": False,
    }
    config = {"initial_value": "ten", "mode": "odd", "retries": [{}, {"delay": -1}], "name": "x", "z": 1}
    with pytest.raises(ConfigInvalid) as caught:
        complete(schema, config)
    error = caught.value
    assert error.plugin == "actor"
    assert set(error.reason.split("; ")) == {
        "config.initial_value: expected integer, found text",
        "config.mode: expected one of 'fast', 'slow', found text",
        "config.retries[1].delay: expected at least 0, found integer -1",
        "config.name: expected a text of at least this many characters: 3, found text",
        "config.name: expected text that matches ^a, found text",
        "config: expected only the keys that the schema names, found z",
        "config.server: expected a value, found nothing",
    }
    assert error.reason.startswith(f"{error.function}: expected {error.expected}, found {error.found}")


def test_problems_without_words_of_their_own_are_named_by_their_keyword() -> None:
    with pytest.raises(ConfigInvalid, match=r"config\.a: expected what uniqueItems asks for \(.*\), found array"):
        complete({"properties": {"a": {"uniqueItems": True}}}, {"a": [1, 1]})


def test_twenty_problems_are_enough() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        complete({"additionalProperties": {"type": "string"}}, {f"k{index}": index for index in range(100)})
    assert caught.value.reason.count("expected string") == 20
    assert caught.value.reason.endswith("; and more")


def test_texts_of_the_config_are_not_repeated() -> None:
    schema = {"properties": {"key": {"anyOf": [{"type": "integer"}, {"const": "k"}]}, "more": {"format": "ipv4"}}}
    with pytest.raises(ConfigInvalid) as caught:
        complete(schema, {"key": "s3cret", "more": "s3cret"})
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("config", "where"),
    [
        ({"a": [math.nan]}, "config.a[0]"),
        ({"a": b"x"}, "config.a"),
        ({"a": 2**64}, "config.a"),
        ({1: 2}, "config"),
        ({"a": "\ud800"}, "config"),
    ],
)
def test_a_config_that_is_no_json_is_refused(config: dict[Any, Any], where: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        complete(None, config)
    assert caught.value.function == where


def test_integers_of_64_bits_are_judged_exactly() -> None:
    schema = {"properties": {"n": {"maximum": 2**63}}}
    assert complete(schema, {"n": 2**63}) == {"n": 2**63}
    with pytest.raises(ConfigInvalid, match="at most 9223372036854775808, found integer 9223372036854775809"):
        complete(schema, {"n": 2**63 + 1})


def test_a_default_that_breaks_the_schema_is_the_metadatas_fault() -> None:
    with pytest.raises(InvalidMetadata, match=r"default of config\.a breaks the schema: expected integer, found text"):
        ConfigSchema({"properties": {"a": {"type": "integer", "default": "x"}}})
    with pytest.raises(InvalidMetadata, match=r"default of config\.server\.host breaks the schema: expected a value"):
        ConfigSchema({"properties": {"server": {**SERVER, "default": {}}}})


def test_a_default_deep_inside_is_judged_when_a_config_meets_it() -> None:
    inner = {"properties": {"b": {"type": "integer", "default": "x"}}}
    schema = ConfigSchema({"properties": {"a": inner}})
    assert schema.complete({"a": {"b": 1}}) == {"a": {"b": 1}}
    with pytest.raises(InvalidMetadata, match=r"default of config\.a\.b breaks the schema"):
        schema.complete({"a": {}})


def test_no_config_passes_false() -> None:
    with pytest.raises(ConfigInvalid):
        complete(False, {})


@pytest.mark.parametrize(
    ("schema", "where", "reason"),
    [
        ([], "config_schema", "object, boolean or null, found array"),
        ({"type": 5}, "config_schema.type", "found integer 5"),
        ({"properties": {"a": 1}}, "config_schema.properties.a", "found integer 1"),
        ({"$schema": "http://127.0.0.1:9/draft"}, "config_schema", "Unknown meta-schema"),
        ({"properties": {"a": {"pattern": "("}}}, "config_schema.properties.a.pattern", "regular expression"),
        ({"properties": {"a": {"pattern": "^(?=a)"}}}, "config_schema.properties.a.pattern", "without look-around"),
        ({"pattern": "((a{1000}){1000}){1000}"}, "config_schema.pattern", "not too large"),
        ({"default": {"a": 1}, "properties": {"a": {"default": 2**64 - 1, "maximum": 4}}}, "config.a", "at most 4"),
    ],
)
def test_an_invalid_schema_is_named(schema: object, where: str, reason: str) -> None:
    with pytest.raises(InvalidMetadata) as caught:
        ConfigSchema(schema, plugin="actor")
    assert (caught.value.plugin, caught.value.function) == ("actor", where)
    assert reason in caught.value.reason


@pytest.mark.parametrize("draft", ["draft-04", "draft-06", "draft-07", "2019-09", "2020-12"])
def test_the_drafts_in_use_are_known(draft: str) -> None:
    name = f"http://json-schema.org/{draft}/schema#"
    if draft[0] == "2":
        name = f"https://json-schema.org/draft/{draft}/schema"
    schema = {
        "$schema": name,
        "definitions": {"n": {"type": "integer"}},
        "properties": {"n": {"$ref": "#/definitions/n"}},
    }
    assert complete(schema, {"n": 1}) == {"n": 1}
    with pytest.raises(ConfigInvalid):
        complete(schema, {"n": "1"})


def test_the_actors_own_verdict_is_a_json_boolean() -> None:
    assert [read_verdict(b"true"), read_verdict(b" false")] == [True, False]
    for data in (b"", b"1", b'"true"', b"null"):
        with pytest.raises(InvalidMetadata, match="validate_config: expected true or false"):
            read_verdict(data)

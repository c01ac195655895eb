"""A schema is a guest's word. Those here would keep a validator busy for days, exhaust its memory or make it call home.

That they come back at all is the point: the suite's timeout is the clock.
"""

from __future__ import annotations

import http.server
import threading
from contextlib import suppress
from typing import Any

import pytest

from plugbay.errors import ConfigInvalid, InvalidMetadata
from plugbay_adapters.reflow.config import ConfigSchema

ANYTHING: dict[str, Any] = {}


def judge(schema: object, config: dict[str, Any] | None = None) -> dict[str, Any]:
    return ConfigSchema(schema).complete(config or {})


def doubling(levels: int, keyword: str, leaf: dict[str, Any]) -> dict[str, Any]:
    """A few hundred bytes that are two to the power of ``levels`` evaluations."""
    definitions: dict[str, Any] = {
        f"a{level}": {keyword: [{"$ref": f"#/$defs/a{level + 1}"}] * 2} for level in range(levels)
    }
    return {"$defs": {**definitions, f"a{levels}": leaf}, "$ref": "#/$defs/a0"}


def nested(depth: int, key: str) -> dict[str, Any]:
    config: dict[str, Any] = {}
    for _ in range(depth):
        config = {key: config}
    return config


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
@pytest.mark.parametrize("levels", [20, 40, 200])
def test_references_that_double_are_refused(keyword: str, levels: int) -> None:
    with pytest.raises(InvalidMetadata, match=r"judged in 2000000 evaluations|in a row"):
        judge(doubling(levels, keyword, {"type": "integer"}))


def test_a_few_of_them_are_judged_and_more_are_not_explained() -> None:
    with pytest.raises(ConfigInvalid, match="expected what anyOf asks for"):
        judge(doubling(8, "anyOf", {"type": "integer"}))
    with pytest.raises(ConfigInvalid, match="a config too large to say where it differs"):
        judge(doubling(15, "anyOf", {"type": "integer"}))


def test_references_that_double_with_the_configs_depth_are_refused_where_it_is_deep() -> None:
    node = {"properties": {"x": {"allOf": [{"$ref": "#/$defs/node"}] * 2}}}
    schema = ConfigSchema({"$defs": {"node": node}, "$ref": "#/$defs/node"})
    assert schema.complete(nested(5, "x")) == nested(5, "x")
    with pytest.raises(InvalidMetadata, match="judged in 2000000 evaluations"):
        schema.complete(nested(29, "x"))


def test_a_schema_of_trees_is_no_threat() -> None:
    tree = {"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}, "additionalProperties": False}
    assert judge(tree, nested(29, "left")) == nested(29, "left")
    with pytest.raises(ConfigInvalid, match=r"config\.right\.right: expected only the keys"):
        judge(tree, {"right": {"right": {"x": 1}}})


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}, {"type": "object"}]},
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"not": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"},
        {"$schema": "https://json-schema.org/draft/2019-09/schema", "$recursiveRef": "#"},
        {"properties": {"a": {"if": {"$ref": "#/properties/a"}}}},
    ],
)
def test_a_schema_that_leads_back_to_itself_for_one_value_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidMetadata, match="refers to itself for the same value"):
        judge(schema)


@pytest.mark.parametrize("key", ["properties", "allOf", "not", "x-anything"])
def test_a_schema_nested_100000_deep_is_refused(key: str) -> None:
    schema: dict[str, Any] = {}
    for _ in range(100_000):
        schema = {key: [schema] if key == "allOf" else {"a": schema} if key == "properties" else schema}
    try:
        with pytest.raises(InvalidMetadata, match="nested less than 255 deep"):
            judge(schema)
    finally:
        while schema:  # freed level by level: the interpreter's own way is as deep as the schema
            inner: Any = schema.pop(key)
            schema = inner[0] if key == "allOf" else inner.get("a", {}) if key == "properties" else inner


def test_a_long_chain_of_references_is_refused() -> None:
    chain: dict[str, Any] = {f"a{link}": {"$ref": f"#/$defs/a{link + 1}"} for link in range(5000)}
    with pytest.raises(InvalidMetadata, match="at most 100 schemas in a row"):
        judge({"$defs": {**chain, "a5000": {}}, "$ref": "#/$defs/a0"})


def test_patterns_take_linear_time() -> None:
    with pytest.raises(ConfigInvalid, match=r"config\.a: expected text that matches"):
        judge({"properties": {"a": {"pattern": "^(a+)+$"}}}, {"a": "a" * 100_000 + "!"})


def test_patterns_share_a_bound_of_memory() -> None:
    large = "[a-z]{9000}"  # some 400 KiB when compiled
    judge({"properties": {f"a{number}": {"pattern": f"{large}{number}"} for number in range(10)}}, {})
    judge({"properties": {f"a{number}": {"pattern": f"^[a-z]{{1,8}}{number}$"} for number in range(500)}}, {})
    many: dict[str, Any] = {f"{large}{number}": {} for number in range(1000)}
    with pytest.raises(InvalidMetadata, match="not too large"):
        judge({"patternProperties": many}, {})
    with pytest.raises(InvalidMetadata, match="not too large"):
        judge({"properties": {f"a{number}": {"pattern": pattern} for number, pattern in enumerate(many)}}, {})


@pytest.mark.parametrize("keyword", ["$ref", "$schema", "$dynamicRef", "$id"])
def test_no_schema_makes_the_host_fetch_anything(keyword: str) -> None:
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/schema"
        try:
            for schema in ({keyword: address}, {"properties": {"a": {keyword: address}}}):
                with suppress(InvalidMetadata):
                    judge(schema, {"a": 1})
        finally:
            server.shutdown()
    assert asked == []


@pytest.mark.parametrize(
    "reference",
    [
        "http://127.0.0.1:9/x",
        "file:///etc/passwd",
        "other.json",
        "#name",
        "#/$defs/none",
        "#/%24defs/a",
        "#/allOf/00",
        "",
    ],
)
def test_references_lead_to_parts_of_the_schema_only(reference: str) -> None:
    with pytest.raises(InvalidMetadata, match="expected reference to a part of the schema itself") as caught:
        judge({"$defs": {"a": {"$anchor": "name"}}, "allOf": [ANYTHING], "properties": {"a": {"$ref": reference}}})
    assert caught.value.function == "config_schema.$ref"


@pytest.mark.parametrize("reference", ["#/$defs/a~1b~0", "#/x-more/deep/1", "#/properties/b"])
def test_pointers_are_followed_wherever_they_lead(reference: str) -> None:
    integer = {"type": "integer"}
    schema = {
        "$defs": {"a/b~": integer},
        "x-more": {"deep": [{}, integer]},
        "properties": {"a": {"$ref": reference}, "b": integer},
    }
    assert judge(schema, {"a": 1}) == {"a": 1}
    with pytest.raises(ConfigInvalid, match=r"config\.a: expected integer"):
        judge(schema, {"a": "x"})


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"$id": "http://x/"}}},
        {"$defs": {"b": {"$id": "http://x/", "$defs": {"c": {}}}}, "properties": {"a": {"$ref": "#/$defs/b/$defs/c"}}},
        {"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"a": {"id": "http://x/"}}},
    ],
)
def test_parts_with_names_of_their_own_are_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidMetadata, match="at the top only"):
        judge(schema)


def test_the_top_may_have_a_name() -> None:
    schema = {
        "$id": "https://example.org/counter",
        "properties": {"id": {"$ref": "#/$defs/a"}},
        "$defs": {"a": ANYTHING},
    }
    assert judge(schema, {"id": "x"}) == {"id": "x"}


def test_a_huge_enum_is_judged_and_its_error_is_short() -> None:
    schema = {"properties": {"a": {"enum": list(range(40_000))}}}
    assert judge(schema, {"a": 39_999}) == {"a": 39_999}
    with pytest.raises(ConfigInvalid) as caught:
        judge(schema, {"a": -1})
    assert len(str(caught.value)) < 500


def test_an_enum_that_every_branch_would_copy_into_its_error_is_refused() -> None:
    with pytest.raises(InvalidMetadata, match="judged in 2000000 evaluations"):
        judge({"$defs": {"e": {"enum": list(range(30_000))}}, "anyOf": [{"$ref": "#/$defs/e"}] * 3000})


def test_a_schema_over_its_size_is_refused() -> None:
    with pytest.raises(InvalidMetadata, match="at most 262144 bytes, found 300012 bytes"):
        judge({"title": "x" * 300_000})


def test_an_integer_beyond_64_bits_in_a_schema_is_refused() -> None:
    with pytest.raises(InvalidMetadata, match="schema of plain JSON"):
        judge({"maximum": 2**64})


@pytest.mark.parametrize("names", [["x"], ["x", "y"]])
def test_defaults_that_lead_to_each_other_are_refused(names: list[str]) -> None:
    with pytest.raises(InvalidMetadata, match="expected defaults that end"):
        judge({"properties": {name: {"$ref": "#", "default": ANYTHING} for name in names}})


def test_looking_for_defaults_ends() -> None:
    with pytest.raises(InvalidMetadata, match="steps of looking for defaults"):
        judge({**doubling(30, "allOf", {}), "properties": {"a": {"default": 1}}})


def test_defaults_that_multiply_are_bounded() -> None:
    item = {"properties": {"text": {"default": "x" * 10_000}}}
    with pytest.raises(InvalidMetadata, match="at most 1048576 bytes of defaults"):
        judge({"properties": {"list": {"default": [ANYTHING] * 1000, "items": item}}})


def test_defaults_nested_too_deep_are_refused() -> None:
    value: list[Any] = []
    for _ in range(40):
        value = [value]
    with pytest.raises(InvalidMetadata, match="at most 30 containers"):
        judge({"properties": {"a": {"default": value}}})

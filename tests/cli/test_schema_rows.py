"""The fields of a config's schema, in a few words."""

from __future__ import annotations

import pytest

from plugbay.cli.schema_rows import field_rows


@pytest.mark.parametrize(
    ("field", "takes"),
    [
        ({}, "any"),
        ({"type": "boolean"}, "boolean"),
        ({"type": ["integer", "null"]}, "integer or null"),
        ({"type": "integer", "minimum": 1, "maximum": 9}, "integer, 1 to 9"),
        ({"type": "number", "minimum": 0.5}, "number, at least 0.5"),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, "number, over 0, under 1"),
        ({"type": "string", "maxLength": 8, "format": "email"}, "string, at most 8 characters, email"),
        ({"type": "array", "minItems": 1, "maxItems": 3}, "array, 1 to 3 items"),
        ({"enum": ["fast", "safe", None]}, '"fast" or "safe" or null'),
        ({"const": 7}, "7"),
        ({"const": 10**30}, "1" + 30 * "0"),
        ({"$ref": "#/$defs/card"}, "any, #/$defs/card"),
        (True, "any"),
    ],
)
def test_a_field_says_what_it_takes(field: object, takes: str) -> None:
    (row,) = field_rows({"properties": {"it": field}})
    assert (row.name, row.takes) == ("it", takes)


def test_a_field_says_what_holds_without_it() -> None:
    properties = {"one": {"default": None}, "two": {}, "three": {"description": "why"}}
    rows = list(field_rows({"properties": properties, "required": ["two"]}))
    assert [row.without for row in rows] == ["default null", "required", ""]
    assert rows[2].description == "why"


def test_fields_of_objects_have_dotted_names() -> None:
    schema = {"properties": {"retry": {"type": "object", "properties": {"times": {"type": "integer"}}}}}
    assert [row.name for row in field_rows(schema)] == ["retry", "retry.times"]


def test_a_schema_without_an_end_is_cut() -> None:
    schema: dict[str, object] = {}
    for _ in range(1000):
        schema = {"properties": {"a": schema}}
    assert len(list(field_rows(schema))) == 4


@pytest.mark.parametrize("schema", [None, True, {}, {"properties": []}, {"properties": {"a": 3}, "required": 4}])
def test_a_schema_of_another_kind_has_no_more_than_names(schema: object) -> None:
    assert all(row.takes == "any" for row in field_rows(schema))

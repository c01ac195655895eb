from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from plugbay.errors import InvalidMetadata
from plugbay_adapters.reflow.metadata import MAX_METADATA_BYTES, ActorMetadata, Port, read_metadata, read_version
from plugbay_adapters.reflow.values import MessageType

COUNTER: dict[str, Any] = {
    "component": "Counter",
    "description": "Counts",
    "inports": [{"name": "increment", "description": "One more", "port_type": "Flow", "required": True}],
    "outports": [{"name": "count", "port_type": "Integer"}],
    "config_schema": {"type": "object", "properties": {"initial_value": {"type": "integer", "default": 0}}},
}


def read(**changes: object) -> ActorMetadata:
    return read_metadata(orjson.dumps({**COUNTER, **changes}), plugin="counter")


def test_metadata_is_read_and_given_back_as_plain_values() -> None:
    metadata = read_metadata(orjson.dumps(COUNTER), version="1.0.0")
    assert metadata.inports == (Port("increment", MessageType.FLOW, "One more", required=True),)
    assert metadata.outports == (Port("count", MessageType.INTEGER),)
    plain = metadata.to_dict()
    assert plain["version"] == "1.0.0"
    assert plain["outports"] == [{"name": "count", "port_type": "Integer", "description": "", "required": False}]
    assert read_metadata(orjson.dumps(plain), version="1.0.0") == metadata


def test_a_go_guest_may_send_it_in_base64() -> None:
    wrapped = orjson.dumps(base64.b64encode(orjson.dumps(COUNTER)).decode())
    assert read_metadata(wrapped) == read_metadata(orjson.dumps(COUNTER))


def test_fields_of_the_future_are_ignored_and_null_is_absent() -> None:
    metadata = read_metadata(b'{"component":"C","inports":null,"description":null,"config_schema":null,"new":[1]}')
    assert metadata == ActorMetadata("C")


@pytest.mark.parametrize("name", ["in", "a b", "größe", "a.b", "日本", "x" * 256])
def test_port_names_are_any_printable_text(name: str) -> None:
    assert read(inports=[{"name": name, "port_type": "Any"}]).inports[0].name == name


MALFORMED: list[tuple[dict[str, Any], str, str, str]] = [
    ({"component": ""}, "component", "a name", "an empty text"),
    ({"component": None}, "component", "text", "null"),
    ({"component": 5}, "component", "text", "integer 5"),
    ({"component": "x" * 257}, "component", "at most 256 bytes", "257 bytes"),
    ({"description": []}, "description", "text", "array"),
    ({"description": "ä" * 10_000}, "description", "at most 16384 bytes", "20000 bytes"),
    ({"inports": {}}, "inports", "array of ports", "object"),
    ({"inports": [4]}, "inports[0]", "port", "integer 4"),
    ({"inports": [{"port_type": "Any"}]}, "inports[0].name", "text", "null"),
    ({"inports": [{"name": "", "port_type": "Any"}]}, "inports[0].name", "a name", "an empty text"),
    ({"inports": [{"name": "a\nb", "port_type": "Any"}]}, "inports[0].name", "printable text", r"'a\nb'"),
    ({"inports": [{"name": "ä" * 129, "port_type": "Any"}]}, "inports[0].name", "at most 256 bytes", "258 bytes"),
    ({"outports": [{"name": "a"}]}, "outports[0].port_type", "one of Flow, Event", "null"),
    ({"outports": [{"name": "a", "port_type": "any"}]}, "outports[0].port_type", "one of Flow", "'any'"),
    ({"outports": [{"name": "a", "port_type": []}]}, "outports[0].port_type", "one of Flow", "array"),
    (
        {"inports": [{"name": "a", "port_type": "Any", "required": 1}]},
        "inports[0].required",
        "boolean",
        "integer 1",
    ),
    (
        {"inports": [{"name": "a", "port_type": "Any"}] * 2},
        "inports[1].name",
        "a name of its own",
        "'a', the name of",
    ),
    ({"inports": [{"name": "a", "port_type": "Any"}] * 1001}, "inports", "at most 1000 ports", "1001"),
    ({"config_schema": []}, "config_schema", "object, boolean or null", "array"),
    ({"config_schema": {"type": "whole"}}, "config_schema.type", "what anyOf asks for", "text"),
]


@pytest.mark.parametrize(("changes", "field", "expected", "found"), MALFORMED)
def test_what_is_malformed_is_named(changes: dict[str, object], field: str, expected: str, found: str) -> None:
    with pytest.raises(InvalidMetadata) as caught:
        read(**changes)
    error = caught.value
    assert error.plugin == "counter"
    assert error.function == field
    assert str(error.expected).startswith(expected)
    assert str(error.found).startswith(found)
    assert error.reason == f"{field}: expected {error.expected}, found {error.found}"


@pytest.mark.parametrize("data", [b"", b"\xff", b"{", b"[]", b"null", b'"%%%"', b" " * (MAX_METADATA_BYTES + 1)])
def test_what_is_no_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidMetadata, match="metadata: expected"):
        read_metadata(data)


def test_the_version_is_a_json_text() -> None:
    assert read_version(b'"1.0.0"') == "1.0.0"


@pytest.mark.parametrize("data", [b"1.0.0", b"1", b'""', b'"\\n"', b"", b" " * (MAX_METADATA_BYTES + 1)])
def test_a_version_that_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidMetadata, match="version: expected"):
        read_version(data)

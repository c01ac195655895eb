"""Cases for what an actor says about itself: its metadata, its version, its verdict on a config."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from plugbay_conformance.case import fail
from plugbay_conformance.engines.contract import CallStatus
from plugbay_conformance.extism.actor import PORT_LISTS, contexts_of, metadata_of, read_object
from plugbay_conformance.extism.interface import callable_exports
from plugbay_conformance.extism.json_values import difference, shown
from plugbay_conformance.extism.making import binary, guest, module
from plugbay_conformance.extism.message_types import TYPES
from plugbay_conformance.extism.plugin import as_array, as_object, open_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

    import jsonschema_rs

    from plugbay_conformance.case import Case, CaseContext

_PATTERN_BYTES: Final = 1024 * 1024
_OWN_NAMES: Final = tuple(name.lower() for name in TYPES)


def _exports(context: CaseContext) -> None:
    for name in ("get_metadata", "process"):
        if name not in callable_exports(context.subject.info):
            fail(
                f"an actor exports {name}, and this module does not",
                expected=f"an export {name} without parameters, with an i32 result or none",
                found=", ".join(callable_exports(context.subject.info)) or "no callable export",
            )


def _is_object(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        output = plugin.answer("get_metadata")
        metadata = read_object(output)
        if metadata is None:
            fail(
                "get_metadata did not answer a JSON object", expected="a JSON object", found=output[:300], output=output
            )


def _component(context: CaseContext) -> None:
    component = _metadata(context).get("component")
    if not isinstance(component, str) or not component.strip() or not component.isprintable():
        fail("the metadata names no component", expected="a printable text", found=shown(component))


def _ports(context: CaseContext) -> None:
    metadata = _metadata(context)
    for direction in PORT_LISTS:
        ports = metadata.get(direction)
        if ports is not None and as_array(ports) is None:
            fail(f"{direction} is no array of ports", expected="an array", found=shown(ports))
        for index, port in enumerate(as_array(ports) or []):
            name = (as_object(port) or {}).get("name")
            if not isinstance(name, str) or not name or not name.isprintable():
                fail(f"{direction}[{index}] has no name", expected="a printable text", found=shown(port))


def _port_types(context: CaseContext) -> None:
    for where, port in _each_port(context):
        if port.get("port_type") not in TYPES:
            fail(f"{where} has a type that there is not", expected=", ".join(TYPES), found=shown(port.get("port_type")))


def _unique_names(context: CaseContext) -> None:
    metadata = _metadata(context)
    for direction in PORT_LISTS:
        ports = as_array(metadata.get(direction)) or []
        counts = Counter(str((as_object(port) or {}).get("name")) for port in ports)
        twice = [name for name, count in counts.items() if count > 1]
        if twice:
            fail(f"two {direction} are called {twice[0]}", expected="each name once", found=", ".join(twice)[:300])


def _port_details(context: CaseContext) -> None:
    metadata = _metadata(context)
    for where, fields in (("the metadata", metadata), *_each_port(context)):
        description, required = fields.get("description"), fields.get("required")
        if description is not None and not isinstance(description, str):
            fail(f"the description of {where} is no text", expected="a text", found=shown(description))
        if required is not None and where != "the metadata" and not isinstance(required, bool):
            fail(f"required of {where} is no boolean", expected="true or false", found=shown(required))


def _config_schema(context: CaseContext) -> None:
    schema = _metadata(context).get("config_schema")
    if schema is None:
        return
    if not isinstance(schema, bool) and as_object(schema) is None:
        fail("config_schema is no JSON Schema", expected="an object, or null", found=shown(schema))
    import jsonschema_rs  # here: listing cases does without it

    try:
        jsonschema_rs.validator_for(_as_schema(schema), pattern_options=_patterns(), offline=True)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        fail("config_schema is no valid JSON Schema", expected="a valid schema", found=str(error)[:500])


def _as_schema(schema: object) -> dict[str, Any] | bool:
    return schema if isinstance(schema, bool) else dict(as_object(schema) or {})


def _patterns() -> jsonschema_rs.FancyRegexOptions:
    """Bounds for the regular expressions of a schema: a few characters can mean a gigabyte."""
    import jsonschema_rs

    return jsonschema_rs.FancyRegexOptions(size_limit=_PATTERN_BYTES, dfa_size_limit=_PATTERN_BYTES)


def _stays_the_same(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        first = plugin.answer("get_metadata")
        metadata = read_object(first)
        for payload in (b"", b"{}", b'"another input"'):
            plugin.require("get_metadata", payload, first, "the metadata changed from one call to the next")
        for payload in contexts_of(metadata or {}):
            if plugin.call("process", payload).status not in (CallStatus.OK, CallStatus.ERROR):
                return
            plugin.require("get_metadata", b"", first, "the metadata changed after a message")


def _version(context: CaseContext) -> None:
    if "get_version" in callable_exports(context.subject.info):
        with open_plugin(context) as plugin:
            version = plugin.answer_json("get_version")
        if not isinstance(version, str) or not version:
            fail("get_version did not answer a JSON text", expected='such as "1.0.0"', found=shown(version))


def _verdict(context: CaseContext) -> None:
    if "validate_config" not in callable_exports(context.subject.info):
        return
    with open_plugin(context) as plugin:
        for payload in (b"{}", b'{"something": {"unknown": [1, 2]}}'):
            outcome = plugin.call("validate_config", payload)
            if outcome.status is CallStatus.ERROR:
                continue
            verdict = plugin.answer_json("validate_config", payload)
            if not isinstance(verdict, bool):
                fail(
                    "validate_config did not answer a JSON boolean",
                    expected="true or false",
                    found=shown(verdict),
                    input=payload,
                )


def _of_the_contract(context: CaseContext) -> None:
    metadata = _metadata(context)
    if metadata.get("component") != "Conformance" or not metadata.get("description"):
        fail("component or description are not the contract's", expected="Conformance", found=shown(metadata))
    for direction, ending, more in (("inports", "_in", ("op", "Object")), ("outports", "_out", ("result", "Object"))):
        expected = {f"{name}{ending}": kind for name, kind in zip(_OWN_NAMES, TYPES, strict=True)} | dict([more])
        ports = [as_object(port) or {} for port in as_array(metadata.get(direction)) or []]
        found = {str(port.get("name")): port.get("port_type") for port in ports}
        different = difference(expected, found)
        if different is not None:
            fail(f"the {direction} are not the contract's: {different}", expected=shown(expected), found=shown(found))
        if any(port.get("required") for port in ports):
            fail(f"an entry of {direction} is required", expected="none required", found=shown(ports))


def _schema_of_the_contract(context: CaseContext) -> None:
    schema = as_object(_metadata(context).get("config_schema")) or {}
    properties = as_object(schema.get("properties")) or {}
    label, refuse = (as_object(properties.get(name)) or {} for name in ("label", "refuse"))
    found = [schema.get("type"), label.get("type"), label.get("default"), refuse.get("type")]
    if found != ["object", "string", "conformance", "boolean"]:
        fail(
            "config_schema is not the contract's",
            expected='an object with label (string, default "conformance") and refuse (boolean)',
            found=shown(schema),
        )


def _own_verdict(context: CaseContext) -> None:
    verdicts: tuple[tuple[dict[str, object], bool], ...] = (
        ({}, True),
        ({"refuse": True}, False),
        ({"refuse": False}, True),
        ({"label": "x", "refuse": True}, False),
        ({"label": "Grüße 🚀"}, True),
    )
    with open_plugin(context) as plugin:
        for config, verdict in verdicts:
            payload = json.dumps(config, ensure_ascii=False).encode()
            plugin.require_json("validate_config", payload, verdict, "validate_config decided otherwise")


def _own_version(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        plugin.require_json("get_version", b"", "1.0.0", "get_version answered another version")


def _metadata(context: CaseContext) -> dict[str, object]:
    with open_plugin(context) as plugin:
        return metadata_of(plugin)


def _each_port(context: CaseContext) -> Iterator[tuple[str, dict[str, object]]]:
    metadata = _metadata(context)
    for direction in PORT_LISTS:
        for port in as_array(metadata.get(direction)) or []:
            fields = as_object(port)
            if fields is not None:
                yield f"the {direction.removesuffix('s')} {shown(fields.get('name'))}", fields


CASES: Final[tuple[Case, ...]] = (
    binary(100, "exports", _exports),
    module(101, "json_object", _is_object),
    module(102, "component", _component),
    module(103, "ports", _ports),
    module(104, "port_types", _port_types),
    module(105, "unique_names", _unique_names),
    module(106, "details", _port_details),
    module(107, "config_schema", _config_schema),
    module(108, "always_the_same", _stays_the_same),
    module(109, "version", _version),
    module(110, "verdict", _verdict),
    guest(111, "ports", _of_the_contract),
    guest(111, "config_schema", _schema_of_the_contract),
    guest(112, "verdict", _own_verdict),
    guest(113, "version", _own_version),
)

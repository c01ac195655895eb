"""What an actor says about itself, read strictly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn, cast

from plugbay.errors import InvalidMetadata
from plugbay_adapters.reflow.config import ConfigSchema
from plugbay_adapters.reflow.jsontext import Misfit, loads, loads_from_guest, name_of
from plugbay_adapters.reflow.values import MessageType

MAX_METADATA_BYTES = 1024 * 1024
"""Bytes of the metadata's JSON; its config schema has a bound of its own."""
MAX_PORTS = 1000
"""Ports of one direction."""
MAX_NAME_BYTES = 256
"""Bytes of a name in UTF-8: of a port, the component, the version."""
MAX_DESCRIPTION_BYTES = 16 * 1024
"""Bytes of a description in UTF-8."""


@dataclass(frozen=True, slots=True)
class Port:
    """One inport or outport."""

    name: str
    port_type: MessageType
    description: str = ""
    required: bool = False
    """Whether the actor can't run without a value on it."""


@dataclass(frozen=True, slots=True)
class ActorMetadata:
    """An actor's name, ports and config.

    ``config_schema`` is a JSON Schema, checked, or None when any config will do. ``version`` is what ``get_version``
    said, None for actors without it.
    """

    component: str
    description: str = ""
    inports: tuple[Port, ...] = ()
    outports: tuple[Port, ...] = ()
    config_schema: dict[str, Any] | bool | None = None
    version: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The metadata as plain values, in the shape in which actors give it."""
        return {
            "component": self.component,
            "version": self.version,
            "description": self.description,
            "inports": [_port_to_dict(port) for port in self.inports],
            "outports": [_port_to_dict(port) for port in self.outports],
            "config_schema": self.config_schema,
        }


def read_metadata(data: bytes, *, plugin: str | None = None, version: str | None = None) -> ActorMetadata:
    """The output of ``get_metadata``, as JSON or as JSON in a base64 JSON text; ``version`` is passed on.

    Fields that nobody knows are ignored; ports and texts that are null count as absent. Raises
    :class:`~plugbay.errors.InvalidMetadata` that names the field (``inports[2].port_type``), what was
    expected and what found.
    """
    reader = _Reader(plugin)
    if len(data) > MAX_METADATA_BYTES:
        reader.refuse("metadata", f"at most {MAX_METADATA_BYTES} bytes", f"{len(data)} bytes")
    try:
        value = loads_from_guest(data)
    except Misfit as misfit:
        reader.refuse("metadata", misfit.expected, misfit.found)
    fields = reader.fields(value, "metadata")
    schema = fields.get("config_schema")
    ConfigSchema(schema, plugin=plugin)
    return ActorMetadata(
        component=reader.name(fields.get("component"), "component"),
        description=reader.description(fields.get("description"), "description"),
        inports=reader.ports(fields.get("inports"), "inports"),
        outports=reader.ports(fields.get("outports"), "outports"),
        config_schema=schema,
        version=version,
    )


def read_version(data: bytes, *, plugin: str | None = None) -> str:
    """The output of ``get_version``: a JSON text. Raises :class:`~plugbay.errors.InvalidMetadata`."""
    reader = _Reader(plugin)
    if len(data) > MAX_METADATA_BYTES:
        reader.refuse("version", f"at most {MAX_METADATA_BYTES} bytes", f"{len(data)} bytes")
    try:
        value = loads(data)
    except Misfit as misfit:
        reader.refuse("version", misfit.expected, misfit.found)
    return reader.name(value, "version")


class _Reader:
    """Reads the fields of one actor's metadata; every method takes the field's path."""

    def __init__(self, plugin: str | None) -> None:
        self._plugin = plugin

    def refuse(self, where: str, expected: str, found: str) -> NoReturn:
        raise InvalidMetadata(
            f"{where}: expected {expected}, found {found}",
            plugin=self._plugin,
            function=where,
            expected=expected,
            found=found,
        )

    def fields(self, value: object, where: str) -> dict[str, Any]:
        if type(value) is not dict:
            self.refuse(where, "object", name_of(value))
        return cast("dict[str, Any]", value)

    def name(self, value: object, where: str) -> str:
        """A text that can stand in a log line and in a key of a message's meta."""
        text = self._text(value, where, MAX_NAME_BYTES)
        if not text:
            self.refuse(where, "a name", "an empty text")
        if not text.isprintable():
            self.refuse(where, "printable text", ascii(text))
        return text

    def description(self, value: object, where: str) -> str:
        return "" if value is None else self._text(value, where, MAX_DESCRIPTION_BYTES)

    def ports(self, value: object, where: str) -> tuple[Port, ...]:
        if value is None:
            return ()
        if type(value) is not list:
            self.refuse(where, "array of ports", name_of(value))
        entries = cast("list[object]", value)
        if len(entries) > MAX_PORTS:
            self.refuse(where, f"at most {MAX_PORTS} ports", f"{len(entries)}")
        ports = tuple(self._port(entry, f"{where}[{index}]") for index, entry in enumerate(entries))
        seen: dict[str, int] = {}
        for index, port in enumerate(ports):
            first = seen.setdefault(port.name, index)
            if first != index:
                self.refuse(
                    f"{where}[{index}].name", "a name of its own", f"{port.name!r}, the name of {where}[{first}]"
                )
        return ports

    def _port(self, value: object, where: str) -> Port:
        if type(value) is not dict:
            self.refuse(where, "port", name_of(value))
        fields = cast("dict[str, Any]", value)
        required = fields.get("required")
        if required is not None and type(required) is not bool:
            self.refuse(f"{where}.required", "boolean", name_of(required))
        return Port(
            name=self.name(fields.get("name"), f"{where}.name"),
            port_type=self._port_type(fields.get("port_type"), f"{where}.port_type"),
            description=self.description(fields.get("description"), f"{where}.description"),
            required=required is True,
        )

    def _port_type(self, value: object, where: str) -> MessageType:
        kinds = {kind.value: kind for kind in MessageType}
        kind = kinds.get(value) if isinstance(value, str) else None
        if kind is None:
            found = repr(value[:40]) if isinstance(value, str) else name_of(value)
            self.refuse(where, f"one of {', '.join(kinds)}", found)
        return kind

    def _text(self, value: object, where: str, most: int) -> str:
        if type(value) is not str:
            self.refuse(where, "text", name_of(value))
        size = len(value.encode())
        if size > most:
            self.refuse(where, f"at most {most} bytes", f"{size} bytes")
        return value


def _port_to_dict(port: Port) -> dict[str, Any]:
    return {
        "name": port.name,
        "port_type": port.port_type.value,
        "description": port.description,
        "required": port.required,
    }

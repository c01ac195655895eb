"""Inputs to measure plugins with when the user names none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

import orjson

from plugbay.message import Message
from plugbay.peers.extism import REFLOW
from plugbay.peers.fluxrig import FLUXRIG

SAMPLES: Final = 1000
"""Payments of their own ids."""
_LETTERS: Final = b"plugbay " * 32
_VALUES: Final[Mapping[str, Any]] = {
    "Flow": None,
    "Event": {"kind": "card.payment"},
    "Boolean": True,
    "Integer": 1,
    "Float": 1.5,
    "String": "plugbay",
    "Object": {"amount": 1299, "currency": "EUR"},
    "Array": [1, 2, 3],
    "Stream": [1, 2, 3],
    "Optional": None,
    "Any": 1,
    "Error": "card declined",
}


def typical_payloads(
    abi: str, metadata: Mapping[str, Any] | None = None, config: Mapping[str, Any] | None = None
) -> list[bytes]:
    """Inputs for a plugin of that ABI: messages of a card payment, the context of an actor, else letters.

    An actor gets a value on each inport that needs one, or on its first where none does, and its config with the
    defaults at the schema's top; which other values it takes nobody can know.
    """
    if abi == FLUXRIG:
        return [_payment(index).to_cbor() for index in range(SAMPLES)]
    return [_context(metadata or {}, config or {})] if abi == REFLOW else [_LETTERS]


def _payment(index: int) -> Message:
    return Message.new(
        data={
            "payment": {"id": f"p-{index}", "amount": 1299 + index, "currency": "EUR", "channel": "pos"},
            "card": {"hash": f"{index:064x}", "bin": "400000", "country": "DE"},
            "merchant": {"id": "m-1017", "name": "Corner Shop", "mcc": "5411", "country": "DE"},
        },
        meta={"event.type": "card.payment"},
    )


def _context(metadata: Mapping[str, Any], config: Mapping[str, Any]) -> bytes:
    inports = metadata.get("inports", [])
    fed = [port for port in inports if port["required"]] or inports[:1]
    defaults = {name: value["default"] for name, value in _fields(metadata).items() if "default" in value}
    component = metadata.get("component", "")
    return orjson.dumps(
        {
            "payload": {port["name"]: {"type": port["port_type"], "data": _VALUES[port["port_type"]]} for port in fed},
            "config": {
                "node_id": component,
                "component": component,
                "resolved_env": {},
                "config": {**defaults, **config},
                "namespace": None,
            },
            "state": {},
        }
    )


def _fields(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields at the top of a config's schema; one may be ``true``, which says nothing."""
    schema = metadata.get("config_schema")
    fields: dict[str, Any] = cast("dict[str, Any]", schema).get("properties", {}) if isinstance(schema, dict) else {}
    return {name: value for name, value in fields.items() if isinstance(value, dict)}

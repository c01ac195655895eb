"""Inputs to measure with fit what they are given to."""

from __future__ import annotations

import orjson

from plugbay import Message
from plugbay.samples import SAMPLES, typical_payloads
from plugbay_adapters.reflow.metadata import read_metadata
from plugbay_adapters.reflow.values import MessageType, decode


def test_those_of_fluxrig_are_messages_of_their_own() -> None:
    messages = [Message.from_cbor(payload) for payload in typical_payloads("fluxrig")]
    assert len({message.id for message in messages}) == SAMPLES
    assert messages[0].get("payment.currency") == "EUR"


def test_those_of_other_abis_are_letters() -> None:
    assert all(payload.isascii() for payload in typical_payloads("other"))


def test_an_actor_gets_a_value_of_the_right_type_on_each_inport_that_needs_one() -> None:
    inports = [{"name": kind.value, "port_type": kind.value, "required": True} for kind in MessageType]
    metadata = read_metadata(orjson.dumps({"component": "All", "inports": inports, "outports": []})).to_dict()
    (payload,) = typical_payloads("reflow", metadata)
    values = orjson.loads(payload)["payload"]
    assert {name: decode(value).type for name, value in values.items()} == {kind.value: kind for kind in MessageType}


def test_an_actor_gets_its_config_over_the_defaults() -> None:
    schema = {
        "type": "object",
        "properties": {"step": {"default": 1}, "limit": {"default": 9}, "name": {}, "any": True},
    }
    (payload,) = typical_payloads("reflow", {"component": "Counter", "config_schema": schema}, {"step": 5})
    context = orjson.loads(payload)
    assert context["config"]["config"] == {"step": 5, "limit": 9}
    assert context["payload"] == {}


def test_an_actor_that_needs_nothing_gets_a_value_on_its_first_inport() -> None:
    ports = [{"name": name, "port_type": "Flow", "required": False} for name in ("reset", "go")]
    (payload,) = typical_payloads("reflow", {"component": "Counter", "inports": ports})
    assert orjson.loads(payload)["payload"] == {"reset": {"type": "Flow", "data": None}}

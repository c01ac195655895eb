"""The examples in Zig, as they are committed, on plugbay's own host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.sdk_guest.zig_guests import Load, loading

from plugbay import Disposition, Message, Plugin
from plugbay.errors import GuestError


@pytest.fixture
def load() -> Iterator[Load]:
    with loading() as load:
        yield load


def call_json(plugin: Plugin, function: str, payload: object) -> Any:
    return json.loads(plugin.call(function, json.dumps(payload).encode()))


def test_mask_hides_card_numbers_and_drops_test_cards(load: Load) -> None:
    gear = load("fluxrig-mask", pages=2)
    ((_, masked),) = gear.process(Message.new({"card": {"pan": "4929123412341234", "cvv": "123"}, "n": 1})).messages
    assert masked.data == {"card": {"pan": "492912******1234"}, "n": 1}
    assert gear.process(Message.new({"card": {"pan": "4111111111111111"}})).disposition is Disposition.DROP


def test_velocity_rejects_the_sixth_payment_of_a_minute(load: Load) -> None:
    gear = load("fluxrig-velocity")
    payment = replace(Message.new({"card": {"hash": "c0ffee"}}), ts=60 * 10**9)
    outcomes = [gear.process(payment) for _ in range(6)]
    assert [len(outcome.messages) for outcome in outcomes] == [1, 1, 1, 1, 2, 0]
    assert outcomes[-1].reason == "card c0ffee pays too often"
    assert gear.process(replace(payment, ts=120 * 10**9)).messages[0][1].data["velocity"] == 1


def test_convert_answers_requests_in_json(load: Load) -> None:
    gear = load("fluxrig-convert", pages=2)
    request = Message.new(raw=b'{"amount": 100, "from": "USD", "to": "EUR"}')
    ((_, converted),) = gear.process(request).messages
    assert (converted.ref_id, converted.raw) == (request.id, b'{"amount":86,"currency":"EUR"}')


def test_band_parts_readings_and_refuses_a_config_that_makes_no_sense(load: Load) -> None:
    actor = load("extism-band", config={"low": 1, "high": 3})
    ports = [actor.process(Message.new({"value": reading}), "reading").messages[0][0] for reading in (0, 1, 3, 4)]
    assert ports == ["outside", "inside", "inside", "outside"]


def test_average_remembers_readings_until_it_is_reset(load: Load) -> None:
    actor = load("extism-average")
    actor.process(Message.new({"value": 4}), "reading")
    assert dict(actor.process(Message.new({"value": 1}), "reading").messages[0][1].data) == {
        "count": 2,
        "sum": 5,
        "average": 2,
    }
    actor.process(Message.new(), "reset")
    ports = {port: message.data for port, message in actor.process(Message.new({"value": 7}), "reading").messages}
    assert ports["average"] == {"count": 1, "sum": 7, "average": 7}
    assert "record" in ports


def test_cart_adds_up_with_the_tax_of_the_config(load: Load) -> None:
    plugin = load("extism-cart", config={"tax_percent": "7"})
    lines_ = [{"sku": "bolt", "price": 25, "quantity": 4}, {"sku": "nut", "price": 10}]
    assert call_json(plugin, "total", {"lines": lines_}) == {"net": 110, "tax": 8, "gross": 118, "items": 5}


def test_redact_takes_addresses_out_of_log_records(load: Load) -> None:
    plugin = load("priostack-redact", pages=2)
    assert call_json(plugin, "redact", {"level": "info", "text": "to ada@example.com"})["text"] == "to [address]"
    assert plugin.call("redact", b'{"level": "debug", "text": ""}') == b""


def test_tickets_are_served_in_order(load: Load) -> None:
    plugin = load("priostack-tickets", pages=2)
    first, second = (call_json(plugin, "draw", None) for _ in range(2))
    with pytest.raises(GuestError, match="it is not your turn"):
        call_json(plugin, "serve", {"token": second["token"]})
    assert call_json(plugin, "serve", {"token": first["token"]})["number"] == 1


def test_users_are_made_of_requests(load: Load) -> None:
    plugin = load("priostack-users", pages=2)
    user = call_json(plugin, "createUser", {"email": "ada@example.com", "name": "Ada"})
    assert (user["name"], user["roles"]) == ("Ada", ["reader"])
    with pytest.raises(GuestError, match="ada is no mail address"):
        call_json(plugin, "create_user", {"email": "ada", "name": "Ada"})

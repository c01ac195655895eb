"""The examples in Go on plugbay's own host. A module is 2 to 3 MB, so they are built where Go is and not committed.

``sdk_guest/go/build.sh`` builds them to ``sdk_guest/dist``; ``PLUGBAY_GO_GUESTS`` names another folder.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from plugbay import Host, Message, Permissions
from plugbay.errors import GuestError, InvalidMessage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugbay import Plugin

SDK: Final = Path(__file__).parents[2] / "sdk_guest"
BUILT: Final = Path(os.environ.get("PLUGBAY_GO_GUESTS", SDK / "dist"))


@pytest.fixture
def host() -> Iterator[Host]:
    with Host(permissions=Permissions(state=True)) as host:
        yield host


def load(host: Host, name: str, config: dict[str, Any] | None = None) -> Plugin:
    module = BUILT / f"{name}-go.wasm"
    if not module.exists():
        pytest.skip("the examples are not built: run sdk_guest/go/build.sh")
    return host.load(module, config=config or {})


def test_every_example_is_built_and_tested_here() -> None:
    names = {folder.name for folder in (SDK / "go" / "examples").iterdir()}
    script = (SDK / "go" / "build.sh").read_text()
    here = Path(__file__).read_text()
    assert len(names) == 9
    assert {name for name in names if name in script and f'load(host, "{name}"' in here} == names


def test_filter_passes_large_payments_with_the_card_masked(host: Host) -> None:
    gear = load(host, "fluxrig-filter")
    large = Message.new({"amount": 1000, "card": {"pan": "4111111111111111"}, "note": None})
    ((_, answer),) = gear.process(large).raise_for_error().messages
    assert answer.data == {"amount": 1000, "card": {"pan": "411111******1111"}, "note": None}
    assert (answer.id, dict(answer.meta)) == (large.id, {"filter.masked": "card.pan"})
    assert gear.process(Message.new({"amount": 1, "card": {"pan": ""}})).disposition == "drop"
    assert gear.process(Message.new({"amount": 1})).reason == "data.card: expected map, found nothing"


def test_velocity_warns_of_the_fourth_payment_in_a_minute(host: Host) -> None:
    gear = load(host, "fluxrig-velocity")
    sent = [gear.process(Message.new({"card": {"token": "t"}})).raise_for_error() for _ in range(5)]
    assert [outcome.messages[-1][1].data["velocity"] for outcome in sent] == [1, 2, 3, 4, 5]
    assert [len(outcome.messages) for outcome in sent] == [1, 1, 1, 2, 1]
    assert sent[3].messages[0][1].data == {"alert": "velocity", "card": "t", "payments": 4}
    assert [line.text for line in sent[3].logs] == ["a card is used unusually often"]


def test_rates_answers_json_with_json(host: Host) -> None:
    gear = load(host, "fluxrig-rates")
    request = Message.new(raw=b'{"from": "EUR", "to": "JPY", "amount": 2}')
    ((_, answer),) = gear.process(request).raise_for_error().messages
    assert answer.raw == b'{"amount":326.4,"currency":"JPY"}'
    assert answer.ref_id == request.id
    assert (gear.process(Message.new(raw=b"{}")).reason or "").startswith("key ")


def test_threshold_passes_readings_outside(host: Host) -> None:
    actor = load(host, "extism-threshold", {"high": 10})
    outcomes = [actor.process(Message.new({"value": value}), "reading") for value in (10.0, 12.5, -1.0)]
    assert [[(port, m.data) for port, m in outcome.messages] for outcome in outcomes] == [
        [],
        [("outside", {"value": 2.5})],
        [("outside", {"value": 1.0})],
    ]
    assert isinstance(actor.process(Message.new({"value": "x"}), "reading").error, InvalidMessage)


def test_average_keeps_the_last_readings(host: Host) -> None:
    actor = load(host, "extism-average", {"window": 2})
    averages = [
        actor.process(Message.new({"value": value}), "reading").raise_for_error().messages[0][1].data["value"]
        for value in (1.0, 3.0, 5.0)
    ]
    assert averages == [1.0, 2.0, 4.0]
    assert json.loads(host.state.snapshot(actor.name)["readings"].value) == [3, 5]


def test_quote_counts_and_discounts(host: Host) -> None:
    plugin = load(host, "extism-quote", {"discount": "50"})
    first, second = (json.loads(plugin.call("quote", b'{"item": "nut", "quantity": 4}')) for _ in range(2))
    assert first == {"number": 1, "item": "nut", "cents": 20}
    assert second["number"] == 2
    with pytest.raises(GuestError) as failed:
        plugin.call("quote", b'{"item": "saw", "quantity": 1}')
    assert failed.value.reason == "there is no item saw"


def test_moderate_filters_comments(host: Host) -> None:
    functions = load(host, "priostack-moderate")
    assert functions.call("moderate", b"see  https://x.example NOW!") == b"see [link] now!"
    assert functions.call("moderate", b"free casino") == b""
    with pytest.raises(GuestError):
        functions.call("moderate", b"\xff")


def test_limiter_runs_out(host: Host) -> None:
    functions = load(host, "priostack-limiter")
    started = time.monotonic()
    allowed = [json.loads(functions.call("allow", b'{"caller": "a"}'))["allowed"] for _ in range(7)]
    assert allowed[:5] == [True] * 5
    assert time.monotonic() - started > 0.9 or not all(allowed)
    assert json.loads(functions.call("allow", b'{"caller": "b"}')) == {"allowed": True, "left": 4}


def test_cart_adds_up(host: Host) -> None:
    functions = load(host, "priostack-cart")
    cart = {"lines": [{"name": "a", "cents": 1000, "quantity": 2}], "coupon": 10}
    answer = json.loads(functions.call("total_cart", json.dumps(cart).encode()))
    assert answer == {"items": 2, "subtotal": 2000, "off": 200, "shipping": 490, "total": 2290}
    assert functions.call("totalCart", b'{"lines": []}')
    with pytest.raises(GuestError) as failed:
        functions.call("total_cart", b'{"lines": [{"name": "a", "cents": "10", "quantity": 1}]}')
    assert failed.value.reason == "key cents: expected an integer of int64, found string"

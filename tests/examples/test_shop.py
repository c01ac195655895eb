"""The demo bundle: what its functions answer, that its files fit together, and a day of customers."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugbay import Host, Plugin
from plugbay.errors import GuestError
from plugbay_adapters.priostack.bundle.bundle import Bundle

SHOP: Final = Path(__file__).parents[2] / "examples" / "shop"
SERVICES: Final = ("order-service", "user-service")
PRICES: Final = {
    "TEA-SENCHA": 1250,
    "TEA-ASSAM": 980,
    "TEA-MINT": 450,
    "CUP-BLUE": 1450,
    "POT-IRON": 6900,
    "HONEY-LIME": 790,
}

Ask = Callable[..., Any]
"""Calls a function with a value as JSON, or with bytes; gives the JSON of its output."""


@pytest.fixture(scope="module")
def plugins() -> Iterator[dict[str, Plugin]]:
    with Host() as host:
        yield {name: host.load(SHOP / "wasm" / f"{name}.wasm") for name in SERVICES}


def asking(plugin: Plugin) -> Ask:
    def ask(function: str, value: object) -> Any:
        return json.loads(plugin.call(function, value if isinstance(value, bytes) else json.dumps(value).encode()))

    return ask


@pytest.fixture(scope="module")
def users(plugins: dict[str, Plugin]) -> Ask:
    return asking(plugins["user-service"])


@pytest.fixture(scope="module")
def orders(plugins: dict[str, Plugin]) -> Ask:
    return asking(plugins["order-service"])


def refusal(ask: Ask, function: str, value: object) -> str:
    with pytest.raises(GuestError) as refused:
        ask(function, value)
    return refused.value.reason


def request(name: str) -> Any:
    return json.loads((SHOP / "requests" / f"{name}.json").read_bytes())


# ---- the folder ------------------------------------------------------------------------------------------------------


def test_the_committed_modules_have_their_digests() -> None:
    files = [SHOP / "wasm" / f"{name}.wasm" for name in SERVICES]
    lines = [f"{sha256(file.read_bytes()).hexdigest()}  wasm/{file.name}" for file in files]
    assert (SHOP / "DIGESTS").read_text().splitlines() == lines
    assert sorted((SHOP / "wasm").iterdir()) == files


def test_the_readme_says_the_size_of_each_module() -> None:
    said = re.findall(r"`(wasm/[a-z-]+\.wasm)` \| ([0-9,]+) bytes", (SHOP / "README.md").read_text())
    assert sorted(said) == [(f"wasm/{n}.wasm", f"{(SHOP / 'wasm' / f'{n}.wasm').stat().st_size:,}") for n in SERVICES]


@pytest.mark.parametrize("name", SERVICES)
def test_no_module_names_the_machine_that_built_it(name: str) -> None:
    assert not re.search(rb"/(home|root|tmp|work|Users|build|usr)/", (SHOP / "wasm" / f"{name}.wasm").read_bytes())


@pytest.mark.parametrize(("name", "convention"), [("user-service", "wasm-bindgen"), ("order-service", "packed")])
def test_each_service_is_hosted_by_its_convention(plugins: dict[str, Plugin], name: str, convention: str) -> None:
    assert plugins[name].claim.abi == "priostack"
    assert plugins[name].metadata["convention"] == convention


def test_the_comparison_finds_the_committed_modules_alike_and_changed_ones_not(tmp_path: Path) -> None:
    compare = [sys.executable, str(SHOP / "compare.py"), "--count", "200"]
    alike = subprocess.run([*compare, SHOP / "wasm"], capture_output=True, text=True, check=False, timeout=60)
    assert alike.returncode == 0, alike.stderr
    assert "200 calls, 0 answers differ" in alike.stdout
    for name in SERVICES:
        changed_bytes = (SHOP / "wasm" / f"{name}.wasm").read_bytes().replace(b"Lime blossom", b"Lime Blossom")
        (tmp_path / f"{name}.wasm").write_bytes(changed_bytes)
    changed = subprocess.run([*compare, tmp_path], capture_output=True, text=True, check=False, timeout=60)
    assert changed.returncode == 1
    assert "Lime Blossom" in changed.stderr


# ---- the bundle ------------------------------------------------------------------------------------------------------


def test_the_readme_lists_the_endpoints_and_intents_of_the_bundle() -> None:
    text = (SHOP / "README.md").read_text()
    with Bundle.load(SHOP) as bundle:
        version = bundle.version
    endpoints = re.findall(r"^\| `([A-Z]+) ([^`]+)` \| `(\w+)` \|", text, re.MULTILINE)
    assert sorted(endpoints) == sorted(
        (route.endpoint.method, route.endpoint.path.rstrip("/"), route.endpoint.handler.function)
        for route in version.routes
    )
    intents = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", text, re.MULTILINE)
    declared = [intent for service in version.document.services for intent in service.intents]
    assert sorted(intents) == sorted((intent.sensor, intent.name) for intent in declared)


def test_every_function_of_the_modules_is_used_by_the_bundle() -> None:
    with Bundle.load(SHOP) as bundle:
        used = {(target.service, target.export) for target in bundle.version.targets.values()}
        offered = {(name, export) for name, plugin in bundle.version.plugins.items() for export in plugin.functions}
    assert used == offered


def test_an_order_is_confirmed_reserved_and_reordered() -> None:
    with Bundle.load(SHOP) as bundle:
        answer = json.loads(bundle.call("wasm:order-service:createOrder", json.dumps(request("create-order")).encode()))
        (sensor,) = answer["sensors"]
        bundle.start()
        event = bundle.fire(sensor["name"], sensor["payload"])
        bundle.intents.wait(event.id, 30)
        (reorder,) = (run for run in bundle.intents.report().recent if run.intent == "reorderStock")
        bundle.intents.wait(reorder.event, 30)
        runs = bundle.intents.report().recent
    assert {run.intent: run.state.text for run in runs} == {
        "sendConfirmation": "done",
        "reserveStock": "done",
        "reorderStock": "done",
    }


@pytest.fixture
def url() -> Iterator[str]:
    """Where the shop is served, in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "plugbay",
        "bundle",
        "serve",
        str(SHOP),
        "--port",
        "0",
        "--json",
        "--no-access-log",
        "--queue",
        "memory:",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield json.loads(server.stdout.readline())["url"]
        finally:
            server.terminate()


def test_the_check_of_the_bundle_finds_nothing_to_say() -> None:
    command = [sys.executable, "-m", "plugbay", "bundle", "check", str(SHOP), "--json"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    report = json.loads(checked.stdout)
    assert (checked.returncode, report["good"], report["problems"], report["notes"]) == (0, True, [], [])


def drive(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SHOP / "drive.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_day_of_customers_is_served(url: str) -> None:
    day = drive(url, "--customers", "40", "--seed", "3")
    assert day.returncode == 0, day.stdout + day.stderr
    assert day.stdout.startswith("40 customers, ")
    for title in ("Requests", "Refused, with the reason", "Intents", "Goals"):
        assert f"\n{title}\n" in day.stdout
    (confirmed,) = re.findall(r"sendConfirmation +(\d+) done", day.stdout)
    (ordered,) = re.findall(r"createOrder +200 +(\d+)", day.stdout)
    assert int(confirmed) == int(ordered) > 0


def test_customers_that_find_no_server_say_so() -> None:
    closed = drive("http://127.0.0.1:1")
    assert (closed.returncode, closed.stdout) == (1, "")
    assert closed.stderr.startswith("drive.py: http://127.0.0.1:1 does not answer: ")
    assert "no address such as" in drive("127.0.0.1:8000").stderr


def test_the_demo_serves_the_shop_by_itself() -> None:
    demo = subprocess.run([sys.executable, SHOP / "day.py"], capture_output=True, text=True, check=False, timeout=100)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert demo.stdout.startswith("200 customers, ")


def test_a_day_that_nobody_reads_ends_without_a_traceback() -> None:
    with subprocess.Popen([sys.executable, SHOP / "day.py"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as demo:
        assert demo.stdout is not None
        demo.stdout.close()
        assert demo.wait(100) == 141
        assert demo.stderr is not None
        assert demo.stderr.read() == b""


def test_a_day_that_is_interrupted_ends_without_a_traceback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with subprocess.Popen([sys.executable, SHOP / "drive.py", url], stderr=subprocess.PIPE) as day:
            customer, _ = silent.accept()
            with customer:
                customer.recv(1)
                day.send_signal(signal.SIGINT)
                assert day.wait(100) == 130
            assert day.stderr is not None
            assert day.stderr.read() == b"interrupted\n"


# ---- users -----------------------------------------------------------------------------------------------------------


def test_a_user_is_created_as_in_priostacks_example(users: Ask) -> None:
    form = request("create-user")
    assert users("create_user", form) == {"id": "user_123", **form}
    assert refusal(users, "create_user", b"{") == "Invalid input"
    assert refusal(users, "create_user", {"email": "", "name": "Ada"}) == "Email and name are required"


def test_a_regular_is_found_by_the_id(users: Ask) -> None:
    ada = {"id": "user_1", "email": "ada@example.com", "name": "Ada Lovelace", "since": 2019}
    assert users("get_user", {"id": "user_1"}) == ada
    assert refusal(users, "get_user", {"id": "user_404"}) == 'There is no user "user_404"'
    assert refusal(users, "get_user", {}).startswith("Invalid input: missing field `id`")


GOOD_NAME: Final = "Ada Lovelace"
EMAILS: Final = [
    ("ada@example.com", None),
    ("a@b.c", None),
    ("größe@exämple.de", None),
    ("", "is required"),
    ("ada", "has no @"),
    ("@example.com", "has nothing before the @"),
    ("ada@", "has no domain after the @, such as example.com"),
    ("ada@example", "has no domain after the @, such as example.com"),
    ("ada@.com", "has no domain after the @, such as example.com"),
    ("ada lovelace@example.com", "has a space in it"),
    ("ada@example.com\n", "has a space in it"),
    ("a" * 250 + "@example.com", "is longer than 254 bytes"),
]


@pytest.mark.parametrize(("email", "problem"), EMAILS)
def test_an_email_is_judged(users: Ask, email: str, problem: str | None) -> None:
    problems = [] if problem is None else [{"field": "email", "problem": problem}]
    report = {"valid": not problems, "problems": problems}
    assert users("validate_user", {"email": email, "name": GOOD_NAME}) == report


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "is required"),
        (" \t", "is required"),
        ("Ada\0", "has a control character in it"),
        ("x" * 101, "is longer than 100 characters"),
        ("é" * 100, None),
    ],
)
def test_a_name_is_judged(users: Ask, name: str, problem: str | None) -> None:
    problems = [] if problem is None else [{"field": "name", "problem": problem}]
    assert users("validate_user", {"email": "a@b.c", "name": name})["problems"] == problems


def test_all_problems_of_a_form_are_told_at_once(users: Ask) -> None:
    assert [problem["field"] for problem in users("validate_user", request("validate-user"))["problems"]] == [
        "email",
        "name",
    ]
    assert [problem["problem"] for problem in users("validate_user", {})["problems"]] == ["is required"] * 2


def test_sessions_of_an_inactive_user_are_closed(users: Ask) -> None:
    assert users("cleanup_session", request("user-inactive")) == {"user": "user_2", "closed": 2}
    assert users("cleanup_session", {"user": "user_2"}) == {"user": "user_2", "closed": 0}
    assert refusal(users, "cleanup_session", []).startswith("Invalid input: ")


# ---- prices ----------------------------------------------------------------------------------------------------------


def test_the_catalogue_has_every_product_with_its_price(orders: Ask) -> None:
    listing = orders("list_products", {})
    assert listing["currency"] == "EUR"
    assert {product["sku"]: product["price"] for product in listing["products"]} == PRICES


def expected_price(items: dict[str, int], coupon: str | None = None) -> dict[str, int]:
    """Subtotal, discount, shipping and total in cents."""
    subtotal = sum(PRICES[sku] * quantity for sku, quantity in items.items())
    discount = {"SPRING10": (subtotal + 5) // 10, "TEATIME": 500}.get(coupon or "", 0)
    shipping = 0 if subtotal - discount >= 5000 or coupon == "FREESHIP" else 490
    total = subtotal - discount + shipping
    return {"subtotal": subtotal, "discount": discount, "shipping": shipping, "total": total}


ITEMS: Final = st.dictionaries(st.sampled_from(sorted(PRICES)), st.integers(1, 99), min_size=1)


@settings(max_examples=200, deadline=None)
@given(items=ITEMS, coupon=st.sampled_from([None, "SPRING10", "TEATIME", "FREESHIP"]))
def test_a_basket_costs_what_its_items_cost(orders: Ask, items: dict[str, int], coupon: str | None) -> None:
    basket: dict[str, Any] = {"items": [{"sku": sku, "quantity": quantity} for sku, quantity in items.items()]}
    if coupon is not None:
        basket["coupon"] = coupon
    expected = expected_price(items, coupon)
    if coupon == "TEATIME" and expected["subtotal"] < 3000:
        assert refusal(orders, "price_order", basket) == "the coupon is for orders of 30.00 EUR and more"
        return
    price = orders("price_order", basket)
    assert {name: price[name] for name in expected} == expected
    assert [(line["sku"], line["quantity"]) for line in price["lines"]] == list(items.items())
    assert all(line["total"] == line["price"] * line["quantity"] for line in price["lines"])


def test_a_quote_takes_the_texts_of_path_and_query(orders: Ask) -> None:
    quote = orders("get_quote", {"sku": "TEA-MINT", "quantity": "3", "coupon": "spring10"})
    expected = expected_price({"TEA-MINT": 3}, "SPRING10")
    assert {name: quote[name] for name in expected} == expected
    assert orders("get_quote", {"sku": "TEA-MINT"})["subtotal"] == PRICES["TEA-MINT"]
    assert orders("get_quote", {"sku": "TEA-MINT", "coupon": ""})["discount"] == 0


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"sku": "TEA-MINT", "quantity": "two"}, 'quantity is "two", not a whole number'),
        ({"sku": "TEA-MINT", "quantity": "-1"}, 'quantity is "-1", not a whole number'),
        ({"sku": "TEA-MINT", "quantity": "0"}, "quantity is 0, it may be 1 to 99"),
        ({"sku": "TEA-MINT", "quantity": "100"}, "quantity is 100, it may be 1 to 99"),
        ({"sku": "TEA-MINT", "quantity": "9" * 30}, f'quantity is "{"9" * 30}", not a whole number'),
        ({"sku": "TEA-MINT", "coupon": "XMAS"}, 'there is no coupon "XMAS"'),
        ({"sku": "tea-mint"}, 'there is no product "tea-mint"; did you mean TEA-MINT?'),
        ({"sku": "TEA-MNT"}, 'there is no product "TEA-MNT"; did you mean TEA-MINT?'),
        ({"sku": "TEAMINTS"}, 'there is no product "TEAMINTS"; did you mean TEA-MINT?'),
        ({"sku": "TEA-MANT"}, 'there is no product "TEA-MANT"; did you mean TEA-MINT?'),
        ({"sku": "COFFEE"}, 'there is no product "COFFEE"'),
        ({"sku": ""}, 'there is no product ""'),
        ({"sku": "😀"}, 'there is no product "😀"'),
    ],
)
def test_a_wrong_quote_says_what_is_wrong(orders: Ask, asked: object, reason: str) -> None:
    assert refusal(orders, "get_quote", asked) == reason


def test_a_parameter_that_comes_twice_is_refused(orders: Ask) -> None:
    reason = refusal(orders, "get_quote", {"sku": "TEA-MINT", "quantity": ["1", "2"]})
    assert reason.startswith("the input is not right: invalid type: sequence")


# ---- orders ----------------------------------------------------------------------------------------------------------


def test_an_order_says_what_it_costs_and_which_sensor_to_fire(orders: Ask) -> None:
    placed = orders("create_order", request("create-order"))
    expected = expected_price({"POT-IRON": 10, "TEA-MINT": 3}, "SPRING10")
    assert (placed["status"], placed["customer"], placed["total"]) == ("placed", "user_1", expected["total"])
    ((name, payload),) = [(sensor["name"], sensor["payload"]) for sensor in placed["sensors"]]
    assert name == "orderPlaced"
    assert payload["order"] == placed["order"]
    assert {key: payload[key] for key in expected} == expected


def test_the_same_order_has_the_same_number_and_others_have_others(orders: Ask) -> None:
    order = request("create-order")
    numbers = [orders("create_order", {**order, "customer": customer})["order"] for customer in ("a", "a", "b")]
    assert re.fullmatch("order_[0-9a-f]{16}", numbers[0])
    assert numbers[0] == numbers[1] != numbers[2]


def test_everything_that_is_wrong_with_an_order_is_told_at_once(orders: Ask) -> None:
    assert refusal(orders, "create_order", request("wrong-order")).split("; ") == [
        'items[0]: there is no product "TEA-MNT"',
        "did you mean TEA-MINT?",
        "items[1]: quantity is 100, it may be 1 to 99",
        "items[3]: TEA-ASSAM comes twice",
        "raise the quantity instead",
    ]


MINT: Final = {"sku": "TEA-MINT", "quantity": 1}


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"items": [MINT]}, "customer has 1 to 200 bytes, not 0"),
        ({"customer": " ", "items": [MINT]}, "customer has 1 to 200 bytes, not 0"),
        ({"customer": "x" * 201, "items": [MINT]}, "customer has 1 to 200 bytes, not 201"),
        ({"customer": "a", "items": []}, "an order has 1 to 50 items, this one has 0"),
        ({"customer": "a", "items": [MINT] * 51}, "an order has 1 to 50 items, this one has 51"),
        ({"customer": "a"}, "the input is not right: missing field `items`"),
        ({"customer": "a", "item": [MINT]}, "the input is not right: unknown field `item`"),
        ({"customer": "a", "items": [{**MINT, "price": 1}]}, "the input is not right: unknown field `price`"),
        ({"customer": "a", "items": [{**MINT, "quantity": -1}]}, "the input is not right: invalid value"),
        ({"customer": "a", "items": [{**MINT, "quantity": 1.5}]}, "the input is not right: invalid type"),
        (b"no JSON", "the input is not right: expected ident"),
        (b"", "the input is not right: EOF"),
    ],
)
def test_a_wrong_order_says_what_is_wrong(orders: Ask, order: object, reason: str) -> None:
    assert refusal(orders, "create_order", order).startswith(reason)


# ---- what follows an order -------------------------------------------------------------------------------------------


def test_the_confirmation_reads_well(orders: Ask) -> None:
    payload = orders("create_order", request("create-order"))["sensors"][0]["payload"]
    confirmation = orders("send_confirmation", payload)
    assert confirmation["to"] == "user_1"
    assert confirmation["subject"] == f"Your order {payload['order']}"
    assert confirmation["text"] == (
        "Thank you for your order.\n\n 10 x Cast iron teapot: 690.00 EUR\n  3 x Mint, 50 g: 13.50 EUR\n\n"
        "In all, with shipping: 633.15 EUR\n"
    )


def test_reserving_scarce_goods_fires_a_sensor_for_each(orders: Ask) -> None:
    payload = orders("create_order", request("create-order"))["sensors"][0]["payload"]
    reserved = orders("reserve_stock", payload)
    assert [(each["sku"], each["reserved"], each["left"]) for each in reserved["reservations"]] == [
        ("POT-IRON", 10, 2),
        ("TEA-MINT", 3, 57),
    ]
    assert reserved["sensors"] == [{"name": "stockLow", "payload": {"sku": "POT-IRON", "left": 2}}]


def test_more_than_there_is_can_not_be_reserved(orders: Ask) -> None:
    order = {"customer": "a", "items": [{"sku": "POT-IRON", "quantity": 13}]}
    payload = orders("create_order", order)["sensors"][0]["payload"]
    assert refusal(orders, "reserve_stock", payload) == "13 of POT-IRON were ordered and 12 are there"


def test_low_stock_is_ordered_from_the_supplier(orders: Ask) -> None:
    low = {"sku": "POT-IRON", "left": 2}
    assert orders("reorder_stock", low) == {"supplier": "Kiln Nine", "sku": "POT-IRON", "quantity": 10}
    assert orders("reorder_stock", {"sku": "POT-IRON", "left": 99})["quantity"] == 0
    assert refusal(orders, "reorder_stock", {"sku": "X", "left": 1}) == 'there is no product "X"'

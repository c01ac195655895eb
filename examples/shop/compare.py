"""Compares services of the shop that were built elsewhere with the committed ones: are they the same in behaviour?

Both get the same inputs, made from a seed, right ones and wrong ones. Equal bytes are not asked for, since another
version of a compiler makes other bytes; they are only reported.

    examples/shop/build.sh /tmp/shop && python examples/shop/compare.py /tmp/shop
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
from pathlib import Path
from typing import Any, Final

from plugbay import Host
from plugbay.errors import GuestError

WASM: Final = Path(__file__).parent / "wasm"
CALLS: Final = 1000
Choice = tuple[tuple[Any, ...], tuple[Any, ...]]
"""Values that are right, and values that are not."""
SKUS: Final[Choice] = (
    ("TEA-SENCHA", "TEA-ASSAM", "TEA-MINT", "CUP-BLUE", "POT-IRON", "HONEY-LIME"),
    ("tea-mint", "POT", "", 7),
)
QUANTITIES: Final[Choice] = ((1, 2, 3, 10, 40, 99), (100, 0, -1, 2**64, 1.5, "2", None))
COUPONS: Final[Choice] = (("SPRING10", "teatime", "FREESHIP", ""), ("NONE", 5))
USERS: Final[Choice] = (("user_1", "user_2", "user_3"), ("user_9", "", "x" * 300, None))
EMAILS: Final[Choice] = (("ada@example.com", "a@b.c"), ("ada@", "a b@c.d", "", "x" * 300, None))

Call = tuple[str, str, bytes]
"""A service, its function and the input."""


def call(chance: random.Random) -> Call:
    """A call. Every tenth value in its input is wrong, and every twentieth input is not even JSON."""

    def some(choice: Choice) -> Any:
        right, wrong = choice
        return chance.choice(right if chance.random() < 0.9 else wrong)

    def item() -> dict[str, Any]:
        return {"sku": some(SKUS), "quantity": some(QUANTITIES)}

    basket = {"customer": some(USERS), "items": [item() for _ in range(chance.randint(0, 3))], "coupon": some(COUPONS)}
    price = {"currency": "EUR", "subtotal": 1, "discount": 0, "shipping": 0, "total": 1}
    order = {"order": "order_1", "customer": "user_1", "lines": [item() | {"name": "", "price": 1, "total": 1}]} | price
    form = {"email": some(EMAILS), "name": some(USERS)}
    quote = {"sku": some(SKUS), "quantity": str(some(QUANTITIES)), "coupon": some(COUPONS)}
    inputs: dict[tuple[str, str], Any] = {
        ("user-service", "create_user"): form,
        ("user-service", "validate_user"): form,
        ("user-service", "get_user"): {"id": some(USERS)},
        ("user-service", "cleanup_session"): {"user": some(USERS), "sessions": ["a"]},
        ("order-service", "create_order"): basket,
        ("order-service", "price_order"): basket,
        ("order-service", "list_products"): {},
        ("order-service", "get_quote"): quote,
        ("order-service", "send_confirmation"): order,
        ("order-service", "reserve_stock"): order,
        ("order-service", "reorder_stock"): {"sku": some(SKUS), "left": some(QUANTITIES)},
    }
    (service, function), value = chance.choice(list(inputs.items()))
    data = json.dumps(value).encode()
    return service, function, data[:-1] if chance.random() < 0.05 else data


def answers(folder: Path, made: list[Call]) -> list[str]:
    """What the services of a folder answer."""
    found: list[str] = []
    with Host() as host:
        services = {name: host.load(folder / f"{name}.wasm") for name in ("user-service", "order-service")}
        for service, function, data in made:
            try:
                found.append(repr(services[service].call(function, data)))
            except GuestError as error:
                found.append(f"failed: {error.reason}")
    return found


def main() -> None:
    """Compares the modules of a folder with the committed ones; the exit code is 1 when behaviour differs."""
    parser = argparse.ArgumentParser(description="Compare rebuilt services of the shop with the committed ones.")
    parser.add_argument("folder", type=Path, help="where the rebuilt modules are")
    parser.add_argument("--count", type=int, default=CALLS)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    made = [call(chance) for _ in range(options.count)]
    rows = list(zip(made, answers(WASM, made), answers(options.folder, made), strict=True))
    differing = [row for row in rows if row[1] != row[2]]
    for name in ("user-service.wasm", "order-service.wasm"):
        digests = {hashlib.sha256((folder / name).read_bytes()).digest() for folder in (WASM, options.folder)}
        print(f"{name:<20} {'the same bytes' if len(digests) == 1 else 'other bytes'}")
    print(f"{len(rows)} calls, {len(differing)} answers differ")
    for made_call, committed, rebuilt in differing[:3]:
        print(f"  {made_call}\n    {committed}\n    {rebuilt}", file=sys.stderr)
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()

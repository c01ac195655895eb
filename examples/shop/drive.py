"""Plays a day of customers against the shop's running server, and shows what came of it.

    plugbay bundle serve examples/shop --port 8000
    python examples/shop/drive.py http://127.0.0.1:8000

Customers register, browse, ask for prices and order; some mistype. An order's answer names the sensors to fire, and the
shop's front end, which is played here too, fires them. The same seed makes the same day. The exit code is 1 when a
request was answered otherwise than a customer may expect.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import sys
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

CUSTOMERS: Final = 200
SEED: Final = 2026
PATIENCE: Final = 10.0
"""Seconds to wait, at the end of the day, for intents that are under way."""
USERS: Final = "/api/v1/users"
ORDERS: Final = "/api/v1/orders"
NAMES: Final = ("Ada", "Alan", "Barbara", "Edsger", "Grace", "Hedy", "Ída", "Ken", "Łukasz", "Rosalind")
COUPONS: Final = ("SPRING10", "TEATIME", "FREESHIP", "SUMMER99")
EXPECTED: Final = (200, 202, 422)
"""What a customer may expect: an answer, an accepted event, or a refusal that says why."""


class Refused(Exception):
    """The shop answered a request with an error."""


class Shop:
    """A connection to the server. It keeps count of what was asked and how it was answered."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            sys.exit(f"drive.py: {url!r} is no address such as http://127.0.0.1:8000")
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=30)
        self.answered: Counter[tuple[str, int]] = Counter()
        self.seconds: list[float] = []
        self.refusals: Counter[str] = Counter()

    def ask(self, what: str, method: str, path: str, body: Any = None) -> Any:
        """The JSON of the answer. Raises :class:`Refused`."""
        headers = {} if body is None else {"Content-Type": "application/json"}
        start = time.perf_counter()
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = self._connection.getresponse()
        data = response.read()
        self.seconds.append(time.perf_counter() - start)
        self.answered[what, response.status] += 1
        answer = json.loads(data)
        if response.status not in {200, 202}:
            self.refusals[f"{what}: {answer['error']}"] += 1
            raise Refused
        return answer


class Customer:
    """One visit to the shop."""

    def __init__(self, shop: Shop, chance: random.Random) -> None:
        self._shop = shop
        self._chance = chance

    def visit(self) -> None:
        """Comes in, looks around, and perhaps buys something."""
        user = self._arrive()
        products = self._shop.ask("listProducts", "GET", f"{ORDERS}/products")["products"]
        for product in self._chance.sample(products, self._chance.randint(0, 2)):
            query = urlencode(
                {"quantity": self._chance.choice(["1", "2", "6", "two"] if self._is_rare() else ["1", "2"])}
            )
            self._shop.ask("getQuote", "GET", f"{ORDERS}/products/{product['sku']}/quote?{query}")
        if self._chance.random() < 0.7:
            self._order(user, products)
        if self._chance.random() < 0.2:
            self._fire("userInactive", {"user": user, "sessions": ["phone"]})

    def _arrive(self) -> str:
        """A regular or somebody new; the id."""
        if self._chance.random() < 0.4:
            user = f"user_{self._chance.randint(1, 3)}"
            with suppress(Refused):
                self._shop.ask("getUser", "GET", f"{USERS}/{'user_404' if self._is_rare() else user}")
            return user
        name = self._chance.choice(NAMES) if not self._is_rare() else ""
        form = {"email": f"{self._chance.randrange(10**6)}@example.com", "name": name}
        report = self._shop.ask("validateUser", "POST", f"{USERS}/validate", form)
        if not report["valid"]:
            form["name"] = self._chance.choice(NAMES)
        return str(self._shop.ask("createUser", "POST", f"{USERS}/", form)["id"])

    def _order(self, user: str, products: list[dict[str, Any]]) -> None:
        chosen = self._chance.sample(products, self._chance.randint(1, 4))
        items = [
            dict[str, Any](sku=product["sku"], quantity=self._chance.choice([1, 1, 1, 2, 3])) for product in chosen
        ]
        if self._is_rare():
            items[0]["sku"] = items[0]["sku"][:-1]
        if self._is_rare():
            items[0]["quantity"] = 99
        order: dict[str, Any] = {"customer": user, "items": items}
        if self._chance.random() < 0.3:
            order["coupon"] = self._chance.choice(COUPONS)
        self._shop.ask("priceOrder", "POST", f"{ORDERS}/price", order)
        placed = self._shop.ask("createOrder", "POST", f"{ORDERS}/", order)
        for sensor in placed["sensors"]:
            self._fire(sensor["name"], sensor["payload"])

    def _fire(self, sensor: str, payload: Any) -> None:
        self._shop.ask(f"sensor {sensor}", "POST", f"/_sensors/{sensor}", payload)

    def _is_rare(self) -> bool:
        return self._chance.random() < 0.05


def settled(shop: Shop) -> dict[str, Any]:
    """The report of the intents once none is under way, or after :data:`PATIENCE`; what is retried may take longer."""
    give_up = time.monotonic() + PATIENCE
    while True:
        report: dict[str, Any] = shop.ask("report", "GET", "/_intents")
        busy = sum(intent["counts"]["running"] + intent["counts"]["waiting"] for intent in report["intents"])
        if not busy or time.monotonic() > give_up:
            return report
        time.sleep(0.05)


def table(title: str, rows: list[tuple[object, ...]]) -> None:
    """Prints rows in columns; numbers stand at the right."""
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    print(f"\n{title}")
    for row in rows:
        cells = (
            f"{cell:>{width}}" if isinstance(cell, int) else f"{cell!s:<{width}}"
            for cell, width in zip(row, widths, strict=True)
        )
        print("  " + "  ".join(cells).rstrip())


def percentile(values: list[float], share: float) -> float:
    """The value that so many of the values do not exceed."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def show(shop: Shop, intents: dict[str, Any], goals: list[dict[str, Any]]) -> None:
    """Prints what the day was like."""
    table("Requests", [(what, status, count) for (what, status), count in sorted(shop.answered.items())])
    if shop.refusals:
        table("Refused, with the reason", [(count, text[:110]) for text, count in shop.refusals.most_common(8)])
    states = ("done", "waiting", "retrying", "failed", "skipped", "slow")
    rows = [(each["intent"], *(f"{each['counts'][state]} {state}" for state in states)) for each in intents["intents"]]
    table("Intents", list(rows))
    table("Goals", [(goal["service"], goal["goal"], goal["target"], goal["state"]) for goal in goals])


def play(url: str, customers: int, seed: int) -> int:
    """Plays the day. 0 when all was answered as customers may expect, else 1."""
    shop, chance = Shop(url), random.Random(seed)
    try:
        for _ in range(customers):
            with suppress(Refused):  # who is refused leaves
                Customer(shop, chance).visit()
        visited = list(shop.seconds)
        intents = settled(shop)
        goals = shop.ask("report", "GET", "/_goals")["goals"]
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"drive.py: {url} does not answer: {error or type(error).__name__}")
    middle, slow = (f"{percentile(visited, share) * 1000:.1f} ms" for share in (0.5, 0.99))
    print(f"{customers} customers, {len(visited):,} requests; half took {middle} or less, 99 % {slow}")
    show(shop, intents, goals)
    return 0 if all(status in EXPECTED for _, status in shop.answered) else 1


def run(main: Callable[[], int]) -> int:
    """The exit code of ``main``, as shells have it: 130 after a Ctrl-C, and 141 when nobody reads its output."""
    try:
        code = main()
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left to write must not raise again
        return 141
    return code


def main() -> int:
    """Plays the day that the command line asks for."""
    parser = argparse.ArgumentParser(description="Play a day of customers against the shop's server.")
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8000", help="where the server is")
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    return play(options.url, options.customers, options.seed)


if __name__ == "__main__":
    sys.exit(run(main))

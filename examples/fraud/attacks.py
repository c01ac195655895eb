"""What fraudsters do. Each attack is a function that makes the payments of one of them when its time has come."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from traffic import DAY, MINUTE, Payment, Traffic
from world import AWAY, Card

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PER_DAY = {"velocity": 9, "card testing": 3, "cloned card": 24, "takeover": 22, "quiet": 14}
"""Attacks of each kind among 12,000 payments."""


def plan_day(traffic: Traffic, start: float) -> None:
    """Spreads the attacks of one day over it, never fewer than one of a kind."""
    makers: dict[str, Callable[[Traffic, float], Iterator[Payment]]] = {
        "velocity": velocity,
        "card testing": card_testing,
        "cloned card": cloned_card,
        "takeover": takeover,
        "quiet": quiet,
    }
    for kind, maker in makers.items():
        for _ in range(max(1, round(PER_DAY[kind] * traffic.per_day / 12_000))):
            traffic.plan(start + traffic.random.uniform(0.02, 0.96) * DAY, partial(maker, traffic))


def velocity(traffic: Traffic, start: float) -> Iterator[Payment]:
    """A stolen card is used as often as it goes, within minutes."""
    random = traffic.random
    card = traffic.any_card()
    now = start
    for _ in range(random.randint(7, 16)):
        now += random.uniform(8, 40)
        merchant = random.choice(traffic.world.online)
        yield traffic.pay(now, card, merchant, random.uniform(4000, 28_000), "ecom", "velocity")


def card_testing(traffic: Traffic, start: float) -> Iterator[Payment]:
    """A bot tries many stolen cards with tiny amounts at one merchant; some of them are emptied later."""
    random = traffic.random
    merchant = random.choice(traffic.world.online)
    now = start
    for card in random.sample(traffic.world.cards, random.randint(30, 60)):
        now += random.uniform(1, 8)
        yield traffic.pay(now, card, merchant, random.uniform(50, 199), "ecom", "card testing")
        if random.random() < 0.25:
            yield from _cash_out(traffic, now + random.uniform(8, 45) * MINUTE, card, "card testing")


def cloned_card(traffic: Traffic, start: float) -> Iterator[Payment]:
    """A copy of a card that was just used in person turns up in shops far away."""
    random = traffic.random
    if not traffic.recent:
        return
    original = random.choice(traffic.recent)
    far = [
        country
        for code in AWAY
        if (country := traffic.world.countries[code]).distance_km(original.merchant.country) > 2500
        and code in traffic.world.shops
    ]
    shops = traffic.world.shops[random.choice(far).code]
    now = start
    for _ in range(random.randint(2, 4)):
        now += random.uniform(2, 20) * MINUTE
        yield traffic.pay(now, original.card, random.choice(shops), random.uniform(5000, 40_000), "pos", "cloned card")


def takeover(traffic: Traffic, start: float) -> Iterator[Payment]:
    """Somebody logged in as the customer and moves money out."""
    card = traffic.any_card()
    for number in range(traffic.random.randint(1, 3)):
        yield from _cash_out(traffic, start + number * traffic.random.uniform(1, 9) * MINUTE, card, "takeover")


def quiet(traffic: Traffic, start: float) -> Iterator[Payment]:
    """One online purchase that looks like any other; no rule can tell."""
    random = traffic.random
    yield traffic.pay(
        start, traffic.any_card(), random.choice(traffic.world.online), random.uniform(2000, 12_000), "ecom", "quiet"
    )


def _cash_out(traffic: Traffic, now: float, card: Card, attack: str) -> Iterator[Payment]:
    random = traffic.random
    cents = random.uniform(15_000, 120_000)
    if random.random() < 0.4:
        cents = round(cents, -4)
    yield traffic.pay(now, card, random.choice(traffic.world.cash_out), cents, "ecom", attack)

"""A day of card payments: honest ones by the hour of day, and the attacks of fraudsters among them."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from world import AWAY, Card, Country, Merchant, Trip, World, draw_cents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from random import Random

DAY = 86_400
HOUR = 3_600
MINUTE = 60
HOURLY = (9, 6, 4, 3, 4, 8, 16, 30, 44, 50, 55, 66, 80, 70, 56, 55, 64, 80, 86, 74, 60, 44, 30, 17)
"""How much is paid at each hour, UTC."""


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment. ``attack`` is the kind of fraud it belongs to, None for an honest one."""

    id: str
    seconds: float
    card: Card
    merchant: Merchant
    amount: int
    currency: str
    channel: str
    attack: str | None = None
    resent: bool = False
    """The terminal got no answer and sends it once more."""


class Traffic:
    """Payments in order of time. Memory is that of the world and of what is planned for the next hours."""

    def __init__(self, world: World, per_day: float) -> None:
        self.world = world
        self.random: Random = world.random
        self.per_day = per_day
        self.recent: deque[Payment] = deque(maxlen=40)
        self._plan: list[tuple[float, int, Payment | Callable[[float], Iterable[Payment]]]] = []
        self._planned = 0
        self._activity = _cumulative(self.random.lognormvariate(0, 0.7) for _ in world.cards)

    def payments(self, attacks: Callable[[Traffic, float], None]) -> Iterator[Payment]:
        """Payments without end; ``attacks`` plans those of each day when it begins."""
        day = 0
        now = 0.0
        while True:
            if now >= day * DAY:
                attacks(self, day * DAY)
                day += 1
            now += self.random.expovariate(self._rate(now))
            yield from self._due(now)
            yield self._honest(now)

    def plan(self, seconds: float, what: Payment | Callable[[float], Iterable[Payment]]) -> None:
        """Plans a payment, or something that makes payments when its time has come."""
        self._planned += 1
        heapq.heappush(self._plan, (seconds, self._planned, what))

    def pay(
        self, seconds: float, card: Card, merchant: Merchant, cents: float, channel: str, attack: str | None = None
    ) -> Payment:
        """A payment in the currency of the merchant's country, online in that of the card's."""
        currency = (card.country if channel == "ecom" else merchant.country).currency
        amount = self.world.currencies[currency].from_euro_cents(cents)
        own_id = f"pay_{self.random.getrandbits(64):016x}"
        return Payment(own_id, seconds, card, merchant, amount, currency, channel, attack)

    def any_card(self) -> Card:
        """A card drawn by how often it is used."""
        return self.random.choices(self.world.cards, cum_weights=self._activity)[0]

    def _due(self, now: float) -> Iterator[Payment]:
        while self._plan and self._plan[0][0] <= now:
            seconds, _, what = heapq.heappop(self._plan)
            if isinstance(what, Payment):
                yield what
                continue
            for payment in what(seconds):
                self.plan(payment.seconds, payment)

    def _rate(self, now: float) -> float:
        hour, fraction = divmod(now / HOUR, 1)
        a, b = HOURLY[int(hour) % 24], HOURLY[int(hour + 1) % 24]
        return (a + (b - a) * fraction) / sum(HOURLY) * self.per_day / HOUR

    def _honest(self, now: float) -> Payment:
        random = self.random
        card = self.any_card()
        place = card.location(now)
        if card.trip is None and random.random() < 0.004:
            self._book_trip(card, now)
        if place is None or random.random() < card.online_share:
            merchant = random.choice(card.online_shops if random.random() < 0.9 else self.world.online)
            return self.pay(now, card, merchant, self._cents(card, merchant), "ecom")
        payment = self._in_person(now, card, place)
        self.recent.append(payment)
        return payment

    def _in_person(self, now: float, card: Card, place: Country) -> Payment:
        random = self.random
        if place is card.country and random.random() < 0.3:
            place = card.work_country
        at_home = place is card.country and random.random() < 0.8
        merchant = random.choice(card.shops if at_home else self.world.shops[place.code])
        cents = self._cents(card, merchant)
        mcc = merchant.category.mcc
        if mcc == "6011":
            return self.pay(now, card, merchant, max(2000, round(cents, -3)), "atm")
        if mcc == "4111" and random.random() < 0.03:
            self._buy_more_tickets(now, card, merchant)
        contactless = cents < 5000 and random.random() < 0.75
        return self.pay(now, card, merchant, cents, "contactless" if contactless else "pos")

    def _cents(self, card: Card, merchant: Merchant) -> float:
        rare_purchase = self.random.uniform(3, 8) if self.random.random() < 0.006 else 1
        return draw_cents(self.random, merchant, card.spending * rare_purchase)

    def _buy_more_tickets(self, now: float, card: Card, merchant: Merchant) -> None:
        for number in range(1, self.random.randint(2, 5)):
            cents = draw_cents(self.random, merchant)
            self.plan(now + 20 * number, self.pay(now + 20 * number, card, merchant, cents, "contactless"))

    def _book_trip(self, card: Card, now: float) -> None:
        country = self.world.countries[self.random.choice(AWAY)]
        journey = card.country.distance_km(country) / 700 * HOUR + 3 * HOUR
        arrives = now + HOUR + journey
        returns = arrives + self.random.uniform(1, 6) * DAY
        card.trip = Trip(country, now + HOUR, arrives, returns, returns + journey)


def _cumulative(weights: Iterable[float]) -> list[float]:
    return list(accumulate(weights))

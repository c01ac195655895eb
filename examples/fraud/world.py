"""The simulated world: countries, merchants and cards. Everything is drawn from one seeded source."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from math import asin, cos, log, radians, sin, sqrt
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Country:
    """A row of countries.csv, which the gear is built with too."""

    code: str
    latitude: float
    longitude: float
    currency: str

    def distance_km(self, other: Country) -> float:
        """Kilometres along the globe."""
        north, other_north = radians(self.latitude), radians(other.latitude)
        half_east = radians(other.longitude - self.longitude) / 2
        square = sin((other_north - north) / 2) ** 2 + cos(north) * cos(other_north) * sin(half_east) ** 2
        return 2 * 6371 * asin(sqrt(min(1.0, square)))


@dataclass(frozen=True, slots=True)
class Currency:
    """A row of currencies.csv, which the gear is built with too."""

    code: str
    digits: int
    euros_per_million: int

    def from_euro_cents(self, cents: float) -> int:
        """Minor units of the currency; whole units where it has no minor unit."""
        return max(1, round(cents * 1_000_000 / self.euros_per_million / (1 if self.digits == 2 else 100)))

    def to_euro_cents(self, amount: int) -> int:
        """Euro cents of an amount of minor units."""
        return amount * self.euros_per_million * (1 if self.digits == 2 else 100) // 1_000_000


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of merchant: ISO 18245 code, what its payments are like, and how much is bought there."""

    mcc: str
    kind: str
    median_cents: int
    spread: float
    weight: float
    online: bool


CATEGORIES = (
    Category("5411", "Market", 2400, 0.7, 26, online=False),
    Category("5814", "Bistro", 950, 0.5, 16, online=False),
    Category("5812", "Restaurant", 3200, 0.6, 9, online=False),
    Category("4111", "Transit", 320, 0.3, 10, online=False),
    Category("5541", "Fuel", 5600, 0.4, 7, online=False),
    Category("5912", "Pharmacy", 1500, 0.6, 6, online=False),
    Category("5651", "Clothing", 5500, 0.7, 5, online=False),
    Category("6011", "Bank ATM", 9000, 0.5, 4, online=False),
    Category("7011", "Hotel", 14000, 0.5, 1.5, online=False),
    Category("5944", "Jewellery", 16000, 0.9, 0.6, online=False),
    Category("5732", "Electronics", 13000, 0.9, 5, online=True),
    Category("5942", "Books", 1900, 0.5, 6, online=True),
    Category("5399", "Marketplace", 3400, 0.8, 14, online=True),
    Category("4899", "Streaming", 1200, 0.2, 4, online=True),
    Category("5816", "Games", 1400, 0.7, 5, online=True),
    Category("4511", "Airline", 18000, 0.6, 1.5, online=True),
    Category("5947", "Gift Cards", 4500, 0.5, 0.8, online=True),
    Category("7995", "Betting", 2500, 0.7, 1.0, online=True),
    Category("6051", "Coin Exchange", 9000, 0.8, 0.6, online=True),
    Category("4829", "Money Transfer", 12000, 0.6, 0.6, online=True),
)
CASH_OUT_MCCS = frozenset({"5947", "6051", "4829", "5732"})
HOMES = {"DE": 24, "FR": 16, "NL": 10, "IT": 9, "ES": 9, "GB": 12, "PL": 6, "BE": 5, "AT": 4, "CH": 4, "SE": 4, "IE": 3}
AWAY = ("US", "JP", "TH", "AE", "TR", "SG", "PT", "GR", "CZ", "DK", "NO", "MX", "ZA", "AU", "BR", "CA")


@dataclass(frozen=True, slots=True)
class Merchant:
    """Where a card is used."""

    id: str
    name: str
    country: Country
    category: Category


@dataclass(slots=True)
class Trip:
    """A journey, in seconds: nobody pays in person on the way there and on the way back."""

    country: Country
    leaves: float
    arrives: float
    returns: float
    home: float


@dataclass(slots=True)
class Card:
    """A card and its holder's habits."""

    hash: str
    bin: str
    country: Country
    spending: float
    online_share: float
    shops: list[Merchant]
    online_shops: list[Merchant]
    work_country: Country
    trip: Trip | None = None

    def location(self, now: float) -> Country | None:
        """Where the card is; None while it travels."""
        trip = self.trip
        if trip is None or now < trip.leaves:
            return self.country
        if now >= trip.home:
            self.trip = None
            return self.country
        return trip.country if trip.arrives <= now < trip.returns else None


class World:
    """Merchants and cards, drawn once."""

    def __init__(self, random: Random, *, cards: int = 1500, merchants: int = 300) -> None:
        self.random = random
        self.countries = {country.code: country for country in _countries()}
        self.currencies = {currency.code: currency for currency in _currencies()}
        self.names = (HERE / "names.txt").read_text().split()
        self.merchants = [self._merchant(number, merchants) for number in range(merchants)]
        self.online = [merchant for merchant in self.merchants if merchant.category.online]
        self.cash_out = [merchant for merchant in self.online if merchant.category.mcc in CASH_OUT_MCCS]
        self.shops: dict[str, list[Merchant]] = {}
        for merchant in self.merchants:
            if not merchant.category.online:
                self.shops.setdefault(merchant.country.code, []).append(merchant)
        self.cards = [self._card(number) for number in range(cards)]

    def _merchant(self, number: int, count: int) -> Merchant:
        present = [category for category in CATEGORIES if not category.online]
        online = [category for category in CATEGORIES if category.online]
        if number < count * 0.22:
            category, country = online[number % len(online)], self.random.choice(("US", "IE", "LU", *HOMES))
        elif number < count * 0.22 + 2 * len(AWAY):
            category, country = self.random.choice(present[:9]), AWAY[number % len(AWAY)]
        else:
            category = present[number % len(present)]
            country = self.random.choices(list(HOMES), list(HOMES.values()))[0]
        name = " ".join((*self.random.sample(self.names, 2), category.kind))
        return Merchant(f"m_{self.random.getrandbits(40):010x}", name, self.countries[country], category)

    def _card(self, number: int) -> Card:
        random = self.random
        country = self.countries[random.choices(list(HOMES), list(HOMES.values()))[0]]
        near = [other for code in HOMES if (other := self.countries[code]).distance_km(country) < 700]
        return Card(
            hash=f"{random.getrandbits(128):032x}",
            bin=f"{457100 + list(HOMES).index(country.code) * 7 + number % 3}",
            country=country,
            spending=random.lognormvariate(0, 0.4),
            online_share=random.uniform(0.08, 0.4),
            shops=pick(random, self.shops[country.code], 8),
            online_shops=pick(random, self.online, 5),
            work_country=random.choice(near) if random.random() < 0.04 else country,
        )


def pick(random: Random, merchants: list[Merchant], count: int) -> list[Merchant]:
    """Merchants drawn by how much is bought there; the same one may come twice."""
    return random.choices(merchants, [merchant.category.weight for merchant in merchants], k=count)


def draw_cents(random: Random, merchant: Merchant, factor: float = 1.0) -> float:
    """A log-normal amount in euro cents as it is usual at the merchant."""
    category = merchant.category
    return random.lognormvariate(log(category.median_cents * factor), category.spread)


def _countries() -> list[Country]:
    with (HERE / "countries.csv").open(newline="") as file:
        return [Country(code, float(lat), float(lon), currency) for code, lat, lon, _, currency in csv.reader(file)]


def _currencies() -> list[Currency]:
    with (HERE / "currencies.csv").open(newline="") as file:
        return [Currency(code, int(digits), int(rate)) for code, digits, rate in csv.reader(file)]

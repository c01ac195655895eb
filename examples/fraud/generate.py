"""Writes card payments as fluxMsgs: seeded, so that the same options give the same bytes.

    python examples/fraud/generate.py --format cbor --out payments.cbor

12,000 payments make a day. What is true of each message goes to a second file, which the gear never sees.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random
from struct import pack
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson
from attacks import plan_day
from traffic import Payment, Traffic
from world import World

from plugbay.message import EntityId, EntityType, Hop, Message
from plugbay.message.ndjson import to_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Encoder = Callable[[Message], bytes]

DAY_ZERO = 1_793_577_600
"""Unix seconds of 2026-11-02 00:00 UTC, a Monday, when the simulated time begins."""
PER_DAY = 12_000
HONEST_SHARE = 0.945
RESENT_SHARE = 0.01
BROKEN_SHARE = 0.005
ENTRY_MODES = {"pos": "chip", "contactless": "nfc", "atm": "chip", "ecom": "online"}
ACCIDENTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "missing amount": lambda data: data["payment"].pop("amount"),
    "negative amount": lambda data: data["payment"].update(amount=-data["payment"]["amount"]),
    "amount is not an integer": lambda data: data["payment"].update(amount=f"{data['payment']['amount'] / 100:.2f}"),
    "invalid currency": lambda data: data["payment"].update(currency="E€"),
    "missing card hash": lambda data: data["card"].pop("hash"),
    "invalid country": lambda data: data["merchant"].update(country="Germany"),
}
"""How messages break. The names are the reasons that the gear gives."""


class Stream:
    """Turns payments into messages, with the accidents of real life: some are sent twice, some are broken."""

    def __init__(self, seed: int, count: int) -> None:
        self.random = Random(seed)
        self.world = World(self.random)
        days = max(1.0, count / PER_DAY)
        self.traffic = Traffic(self.world, per_day=HONEST_SHARE * count / days)
        self.source = self._id(EntityType.GEAR, DAY_ZERO * 1000)
        self.port = self._id(EntityType.OUTPUT_PORT, DAY_ZERO * 1000)

    def messages(self) -> Iterator[tuple[Message, dict[str, Any]]]:
        """Messages without end in order of time, each with what is true of it."""
        for payment in self.traffic.payments(plan_day):
            accident = None
            chance = self.random.random()
            if not payment.resent and chance < BROKEN_SHARE:
                accident = self.random.choice(tuple(ACCIDENTS))
            elif not payment.resent and chance < BROKEN_SHARE + RESENT_SHARE:
                late = payment.seconds + self.random.uniform(2, 120)
                self.traffic.plan(late, replace(payment, seconds=late, resent=True))
            yield self._message(payment, accident), self._truth(payment, accident)

    def _truth(self, payment: Payment, accident: str | None) -> dict[str, Any]:
        return {
            "payment": payment.id,
            "attack": payment.attack,
            "duplicate": payment.resent,
            "malformed": accident,
            "euro_cents": self.world.currencies[payment.currency].to_euro_cents(payment.amount),
            "ts": _nanoseconds(payment),
        }

    def _message(self, payment: Payment, accident: str | None) -> Message:
        """The payment as it arrives from the network."""
        at = _nanoseconds(payment)
        trace = f"{self.random.getrandbits(128):032x}"
        meta = {
            "event.type": "card.payment",
            "conn.id": f"iso-{int(payment.card.bin) % 8}",
            "fluxrig.source": "iso-inbound",
            "traceparent": f"00-{trace}-{self.random.getrandbits(64):016x}-01",
        }
        data = _data(payment)
        if accident:
            ACCIDENTS[accident](data)
        own_id = self._id(EntityType.MESSAGE, at // 1_000_000)
        hops = (Hop(self.source, self.port, at),)
        return Message(own_id, trace=trace, src_id=self.source, meta=meta, data=data, path=hops, ts=at)

    def _id(self, kind: EntityType, milliseconds: int) -> EntityId:
        """A UUID v7 laid out as in :mod:`plugbay.message.identifier`, but with all of it from the seed."""
        fraction, noise = self.random.getrandbits(12), self.random.getrandbits(54)
        return EntityId(pack(">QQ", milliseconds << 16 | 0x7000 | fraction, 0b10 << 62 | kind << 54 | noise))


def _nanoseconds(payment: Payment) -> int:
    return round((DAY_ZERO + payment.seconds) * 1000) * 1_000_000


def _data(payment: Payment) -> dict[str, Any]:
    card, merchant = payment.card, payment.merchant
    return {
        "payment": {
            "id": payment.id,
            "amount": payment.amount,
            "currency": payment.currency,
            "channel": payment.channel,
            "entry": ENTRY_MODES[payment.channel],
        },
        "card": {"hash": card.hash, "bin": card.bin, "country": card.country.code},
        "merchant": {
            "id": merchant.id,
            "name": merchant.name,
            "mcc": merchant.category.mcc,
            "country": merchant.country.code,
        },
    }


def write(stream: Stream, count: int, encode: Encoder, out: BinaryIO, truth: BinaryIO | None) -> None:
    """Writes ``count`` messages, one by one."""
    for message, facts in islice(stream.messages(), count):
        out.write(encode(message))
        if truth:
            truth.write(orjson.dumps(facts, option=orjson.OPT_APPEND_NEWLINE))


def main() -> None:
    """Parses the command line and writes the files."""
    parser = argparse.ArgumentParser(description="Write a seeded stream of card payments.")
    parser.add_argument("--count", type=int, default=PER_DAY, help="messages (default %(default)s)")
    parser.add_argument("--seed", type=int, default=2026, help="of all random numbers (default %(default)s)")
    parser.add_argument("--format", choices=("ndjson", "cbor"), default="ndjson", help="default %(default)s")
    parser.add_argument("--out", default="-", help="file of the messages, - for stdout (default)")
    parser.add_argument("--truth", type=Path, help="file of the truth (default truth.ndjson beside --out)")
    options = parser.parse_args()
    if options.truth is None and options.out != "-":
        options.truth = Path(options.out).with_name("truth.ndjson")
    encode: Encoder = to_line if options.format == "ndjson" else Message.to_cbor
    with ExitStack() as files:
        out = sys.stdout.buffer if options.out == "-" else files.enter_context(Path(options.out).open("wb"))
        truth = files.enter_context(options.truth.open("wb")) if options.truth else None
        write(Stream(options.seed, options.count), options.count, encode, out, truth)


if __name__ == "__main__":
    main()

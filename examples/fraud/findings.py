"""What the gear found, compared with the truth; every number of the report is computed here."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cbor2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    Row = dict[str, Any]

BUCKET_SECONDS = 300
"""The finest grain of the timeline."""


@dataclass(slots=True)
class Tally:
    """Payments and what they are worth."""

    count: int = 0
    euro_cents: int = 0

    def add(self, euro_cents: int) -> None:
        """Counts one more payment."""
        self.count += 1
        self.euro_cents += euro_cents


@dataclass(slots=True)
class Suspect:
    """A card or a merchant with payments that were not approved."""

    name: str
    note: str
    flagged: Tally = field(default_factory=Tally)
    reasons: Counter[str] = field(default_factory=Counter[str])


@dataclass(slots=True)
class Sample:
    """One payment that was not approved."""

    score: int
    decision: str
    euro_cents: int
    merchant: str
    attack: str | None
    reasons: list[str]


@dataclass(slots=True)
class Findings:
    """The sums over a whole run. *Flagged* means reviewed or declined."""

    sent: int = 0
    first_ts: int = 0
    last_ts: int = 0
    decisions: Counter[str] = field(default_factory=Counter[str])
    failures: Counter[str] = field(default_factory=Counter[str])
    broken: int = 0
    dropped: int = 0
    duplicates: int = 0
    lost: int = 0
    """Messages without an output that are neither duplicates nor failures."""
    fraud_flagged: Tally = field(default_factory=Tally)
    fraud_missed: Tally = field(default_factory=Tally)
    honest_flagged: Tally = field(default_factory=Tally)
    attacks: dict[str, tuple[Tally, Tally]] = field(default_factory=dict[str, tuple[Tally, Tally]])
    """By kind: all payments of the attack, and those that were flagged."""
    timeline: dict[str, Counter[int]] = field(default_factory=dict[str, Counter[int]])
    """Payments, flagged ones and attacks by bucket of time."""
    cards: dict[str, Suspect] = field(default_factory=dict[str, Suspect])
    merchants: dict[str, Suspect] = field(default_factory=dict[str, Suspect])
    samples: dict[str, Sample] = field(default_factory=dict[str, Sample])
    """The worst payment by its heaviest reason."""

    @property
    def fraud(self) -> Tally:
        """All fraud that came with a score."""
        flagged, missed = self.fraud_flagged, self.fraud_missed
        return Tally(flagged.count + missed.count, flagged.euro_cents + missed.euro_cents)

    @property
    def precision(self) -> float:
        """Share of the flagged payments that are fraud."""
        return _ratio(self.fraud_flagged.count, self.fraud_flagged.count + self.honest_flagged.count)

    @property
    def recall(self) -> float:
        """Share of the fraud that was flagged; malformed messages and duplicates don't count."""
        return _ratio(self.fraud_flagged.count, self.fraud.count)

    def add_scored(self, message: Row, truth: Row) -> None:
        """Counts a message that came back with a score."""
        data = message["data"]
        decision = data["fraud"]["decision"]
        cents: int = truth["euro_cents"]
        flagged = decision != "approve"
        self.decisions[decision] += 1
        if truth["attack"] is not None:
            (self.fraud_flagged if flagged else self.fraud_missed).add(cents)
            sent, caught = self.attacks.setdefault(truth["attack"], (Tally(), Tally()))
            sent.add(cents)
            if flagged:
                caught.add(cents)
        elif flagged:
            self.honest_flagged.add(cents)
        if flagged:
            self._mark("flagged", truth)
            self._add_flagged(data, cents, truth["attack"])

    def add_sent(self, truth: Row) -> None:
        """Counts a message of the input."""
        self.sent += 1
        self.first_ts = self.first_ts or truth["ts"]
        self.last_ts = truth["ts"]
        self._mark("payments", truth)
        if truth["attack"] is not None:
            self._mark("attacks", truth)
        if truth["malformed"]:
            self.broken += 1
        if truth["duplicate"]:
            self.duplicates += 1

    def _add_flagged(self, data: Row, cents: int, attack: str | None) -> None:
        card, merchant, fraud = data["card"], data["merchant"], data["fraud"]
        place = f"{merchant['mcc']} {merchant['country']}"
        for suspects, key, name, note in (
            (self.cards, card["hash"], card["hash"][:8], card["country"]),
            (self.merchants, merchant["id"], merchant["name"], place),
        ):
            suspect = suspects.setdefault(key, Suspect(name, note))
            suspect.flagged.add(cents)
            suspect.reasons[fraud["reasons"][0]] += 1
        heaviest = fraud["reasons"][0]
        best = self.samples.get(heaviest)
        if best is None or (fraud["score"], cents) > (best.score, best.euro_cents):
            self.samples[heaviest] = Sample(
                fraud["score"], fraud["decision"], cents, merchant["name"], attack, fraud["reasons"]
            )

    def _mark(self, row: str, truth: Row) -> None:
        self.timeline.setdefault(row, Counter())[truth["ts"] // 1_000_000_000 // BUCKET_SECONDS] += 1


def compare(scored: Iterable[Row], failures: Iterable[Row], truth: Iterable[Row]) -> Findings:
    """Goes through the run once: outputs stand in the order of the inputs, so one look ahead is enough.

    Raises ValueError when the truth is not that of this run.
    """
    findings = Findings()
    outputs = iter(scored)
    output = next(outputs, None)
    for row in truth:
        findings.add_sent(row)
        if output is not None and output["ts"] == row["ts"] and output["data"]["payment"].get("id") == row["payment"]:
            findings.add_scored(output, row)
            output = next(outputs, None)
        elif row["duplicate"]:
            findings.dropped += 1
    if output is not None:
        raise ValueError("the truth is that of another stream than the scored messages")
    for failure in failures:
        findings.failures[failure["error"]["reason"]] += 1
    findings.lost = findings.sent - findings.decisions.total() - findings.dropped - findings.failures.total()
    return findings


def read_rows(path: Path) -> Iterator[Row]:
    """The objects of an NDJSON file, or the items of a CBOR sequence when the name ends with .cbor."""
    with path.open("rb") as file:
        if path.suffix != ".cbor":
            yield from map(json.loads, file)
            return
        decoder = cbor2.CBORDecoder(file)
        while file.peek(1):
            yield decoder.decode()


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0

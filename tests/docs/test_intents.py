"""The page on intents lists fields, states and bounds as they are."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from plugbay_adapters.priostack.intents.backoff import Backoff
from plugbay_adapters.priostack.intents.bounds import QueueBounds
from plugbay_adapters.priostack.intents.finishing import MOST_DEATHS, MOST_DEPTH, MOST_TRIGGERED
from plugbay_adapters.priostack.intents.followups import MOST_OF_ONE_RESULT
from plugbay_adapters.priostack.intents.recovery import LEASE
from plugbay_adapters.priostack.intents.run import RunState

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.docs.conftest import Page

PAGE = "docs/intents.md"


def test_every_state_is_listed(page_at: Callable[[str], Page]) -> None:
    assert [row[0].strip("`") for row in page_at(PAGE).rows("States")] == [state.text for state in RunState]


def test_every_bound_of_the_queue_is_listed_with_its_default(page_at: Callable[[str], Page]) -> None:
    listed = {row[0].strip("`"): float(row[1]) for row in page_at(PAGE).rows("Bounds of the queue")}
    assert listed == {field.name: getattr(QueueBounds(), field.name) for field in fields(QueueBounds)}


def test_the_bounds_of_what_results_fire_are_listed(page_at: Callable[[str], Page]) -> None:
    rows = page_at(PAGE).rows("Results that fire sensors")
    assert [int(row[1]) for row in rows] == [MOST_OF_ONE_RESULT, MOST_DEPTH, MOST_TRIGGERED]


def test_the_numbers_of_the_text_are_right(page_at: Callable[[str], Page]) -> None:
    text = " ".join(page_at(PAGE).text.split())
    backoff = Backoff()
    assert f"after {LEASE:.0f} seconds without a sign of life" in text
    assert f"its process died {MOST_DEATHS} times" in text
    assert f"on up to {backoff.most:.0f} s, each shorter by up to {backoff.jitter:.0%}".replace("%", " %") in text

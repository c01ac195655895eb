from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from plugbay.errors import DeadlineExceeded, HttpFailed
from plugbay.services.resolver import LOOKUPS, BoundedResolver, system_resolver

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Opened at the end, so that no lookup thread outlives its test."""
    event = threading.Event()
    yield event
    event.set()


def soon(seconds: float = 20.0) -> float:
    return time.monotonic() + seconds


def test_the_system_knows_this_machine() -> None:
    assert set(system_resolver("localhost", 80)) & {"127.0.0.1", "::1"}


def test_the_answer_is_handed_on() -> None:
    asked: list[tuple[str, int]] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["1.1.1.1"]

    assert BoundedResolver(resolver).resolve("a.example", 80, soon()) == ["1.1.1.1"]
    assert asked == [("a.example", 80)]


@pytest.mark.parametrize("error", [OSError("no such name"), UnicodeError("label too long")])
def test_a_failed_lookup_is_named(error: Exception) -> None:
    def resolver(host: str, port: int) -> list[str]:
        raise error

    with pytest.raises(HttpFailed, match=str(error)) as caught:
        BoundedResolver(resolver).resolve("a.example", 80, soon())
    assert caught.value.found == "a.example"


def test_a_name_without_addresses_is_named() -> None:
    with pytest.raises(HttpFailed, match="no address"):
        BoundedResolver(lambda _host, _port: []).resolve("a.example", 80, soon())


def test_a_lookup_that_hangs_costs_no_more_than_the_deadline(gate: threading.Event) -> None:
    def resolver(host: str, port: int) -> list[str]:
        gate.wait(20)
        return []

    with pytest.raises(DeadlineExceeded, match=r"a\.example"):
        BoundedResolver(resolver).resolve("a.example", 80, soon(0.05))


def test_lookups_that_hang_do_not_pile_up(gate: threading.Event) -> None:
    started: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        started.append(host)
        gate.wait(20)
        return ["1.1.1.1"]

    bounded = BoundedResolver(resolver)
    for number in range(LOOKUPS + 3):
        with pytest.raises(DeadlineExceeded):
            bounded.resolve(f"{number}.example", 80, soon(0.01))
    assert len(started) <= LOOKUPS
    gate.set()
    assert bounded.resolve("later.example", 80, soon()) == ["1.1.1.1"]

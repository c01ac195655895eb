"""Reloads: one at a time, tried again when files may be half written, and told in the log."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from tests.priostack.serving.conftest import PATIENCE, wait_until

from plugbay_adapters.priostack.bundle.change import BundleChange
from plugbay_adapters.priostack.bundle.problem import Place, Problem
from plugbay_adapters.priostack.errors import BundleInvalid
from plugbay_adapters.priostack.serving.reloader import Reloader

if TYPE_CHECKING:
    from plugbay_adapters.priostack.bundle.bundle import Bundle

BROKEN = BundleInvalid("demo", [Problem(Place("services/shop.yaml", 3), "this is no YAML")])
CHANGED = BundleChange(files_changed=("wasm/shop.wasm",))


class ScriptedBundle:
    """Its reloads end as they are told to, one after the other."""

    def __init__(self) -> None:
        self.version = SimpleNamespace(number=1)
        self.script: list[BundleChange | Exception] = []
        self.reloads = 0
        self.begun = threading.Semaphore(0)
        self.let_go = threading.Semaphore(1000)

    def reload(self) -> BundleChange:
        self.begun.release()
        assert self.let_go.acquire(timeout=PATIENCE)
        self.reloads += 1
        result = self.script.pop(0) if self.script else BundleChange()
        if isinstance(result, Exception):
            raise result
        self.version.number += bool(result)
        return result


@pytest.fixture
def bundle() -> ScriptedBundle:
    return ScriptedBundle()


@pytest.fixture
def told() -> list[bool]:
    return []


@pytest.fixture
def new_reloader(bundle: ScriptedBundle, told: list[bool]) -> Iterator[Callable[[float], Reloader]]:
    made: list[Reloader] = []

    def build(settle: float) -> Reloader:
        made.append(Reloader(cast("Bundle", bundle), told=told.append, settle=settle))
        made[-1].start()
        return made[-1]

    yield build
    for reloader in made:
        reloader.close()


NewReloader = Callable[[float], Reloader]


def test_a_change_is_told(
    bundle: ScriptedBundle, told: list[bool], new_reloader: NewReloader, caplog: pytest.LogCaptureFixture
) -> None:
    bundle.script = [CHANGED]
    with caplog.at_level(logging.INFO, "plugbay.serving"):
        new_reloader(0.0).ask()
        wait_until(lambda: told == [True])
    assert caplog.messages == ["version 2 serves now: changed wasm/shop.wasm"]


def test_where_nothing_changed_nothing_is_told(
    bundle: ScriptedBundle, told: list[bool], new_reloader: NewReloader, caplog: pytest.LogCaptureFixture
) -> None:
    new_reloader(0.0).ask()
    wait_until(lambda: bundle.reloads == 1)
    assert (told, caplog.messages) == ([], [])


def test_what_stays_broken_is_refused_once_with_the_reason(
    bundle: ScriptedBundle, told: list[bool], new_reloader: NewReloader, caplog: pytest.LogCaptureFixture
) -> None:
    bundle.script = [BROKEN, BROKEN]
    new_reloader(0.0).ask()
    wait_until(lambda: told == [False])
    assert bundle.reloads == 2
    (message,) = caplog.messages
    assert "the changed bundle is refused, version 1 serves on: demo has 1 mistake" in message
    assert "services/shop.yaml:3: this is no YAML" in message


def test_a_refused_bundle_that_is_put_right_again_is_told(
    bundle: ScriptedBundle, told: list[bool], new_reloader: NewReloader, caplog: pytest.LogCaptureFixture
) -> None:
    bundle.script = [BROKEN, BROKEN]
    reloader = new_reloader(0.0)
    reloader.ask()
    wait_until(lambda: told == [False])
    with caplog.at_level(logging.INFO, "plugbay.serving"):
        reloader.ask()
        wait_until(lambda: len(caplog.messages) == 2)
        reloader.ask()
        wait_until(lambda: bundle.reloads == 4)
    reloader.close()
    assert caplog.messages[1:] == ["version 1 serves on: the bundle is as it was then"]


def test_who_waits_for_a_reload_is_told_that_nothing_has_changed(
    bundle: ScriptedBundle, told: list[bool], new_reloader: NewReloader, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "plugbay.serving"):
        new_reloader(0.0).ask_and_tell()
        wait_until(lambda: bool(caplog.messages))
    assert caplog.messages == ["version 1 serves on: the bundle is as it was then"]
    assert told == []


def test_what_was_only_half_written_is_taken_when_it_has_settled(
    bundle: ScriptedBundle, told: list[bool], new_reloader: NewReloader, caplog: pytest.LogCaptureFixture
) -> None:
    bundle.script = [BROKEN, CHANGED]
    new_reloader(0.0).ask()
    wait_until(lambda: told == [True])
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_further_change_is_looked_at_before_anything_is_refused(
    bundle: ScriptedBundle, told: list[bool], new_reloader: NewReloader
) -> None:
    bundle.script = [BROKEN, BROKEN, CHANGED]  # the second is tried again after it has settled, the first is not
    bundle.let_go = threading.Semaphore(0)
    reloader = new_reloader(0.0)
    reloader.ask()
    assert bundle.begun.acquire(timeout=PATIENCE)
    reloader.ask()  # while the first runs
    bundle.let_go.release(3)
    wait_until(lambda: bundle.reloads == 3 and bool(told))
    assert told == [True]


def test_requests_that_come_together_are_one_reload(bundle: ScriptedBundle, new_reloader: NewReloader) -> None:
    bundle.let_go = threading.Semaphore(0)
    reloader = new_reloader(0.0)
    reloader.ask()
    assert bundle.begun.acquire(timeout=PATIENCE)
    for _ in range(10):
        reloader.ask()
    bundle.let_go.release(100)
    wait_until(lambda: bundle.reloads == 2)
    reloader.close()
    assert bundle.reloads == 2


def test_a_failure_of_the_server_itself_is_survived(
    bundle: ScriptedBundle, told: list[bool], new_reloader: NewReloader, caplog: pytest.LogCaptureFixture
) -> None:
    bundle.script = [ZeroDivisionError("a bug"), ZeroDivisionError("a bug"), CHANGED]
    reloader = new_reloader(0.0)
    reloader.ask()
    wait_until(lambda: told == [False])
    assert "a reload failed in the server itself" in caplog.text
    reloader.ask()
    wait_until(lambda: told == [False, True])

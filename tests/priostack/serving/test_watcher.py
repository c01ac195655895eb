"""Watching a bundle's files: changes, replaced folders, switched links, files of no concern."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from tests.priostack.serving.conftest import PATIENCE

from plugbay_adapters.priostack.serving.watcher import Watcher

if TYPE_CHECKING:
    from pathlib import Path

Watch = Callable[["Path"], threading.Semaphore]


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Watch a path; each change releases the semaphore. The first one is that watching has begun."""
    watchers: list[Watcher] = []

    def start(source: Path) -> threading.Semaphore:
        changes = threading.Semaphore(0)
        watchers.append(Watcher(str(source), changes.release))
        watchers[-1].start()
        assert changes.acquire(timeout=PATIENCE)
        return changes

    yield start
    for watcher in watchers:
        watcher.close()


def write(path: Path, text: str = "x") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def settled(changes: threading.Semaphore) -> bool:
    """Whether nothing more is told, once what was just done has had its time."""
    while changes.acquire(timeout=1.0):
        pass
    return True


@pytest.mark.parametrize("name", ["bundle.yaml", "services/a.yml", "wasm/a.wasm"])
def test_a_changed_file_is_told(tmp_path: Path, watch: Watch, name: str) -> None:
    write(tmp_path / "demo" / name)
    changes = watch(tmp_path / "demo")
    assert settled(changes)
    write(tmp_path / "demo" / name, "y")
    assert changes.acquire(timeout=PATIENCE)


def test_a_new_a_renamed_and_a_removed_file_are_told(tmp_path: Path, watch: Watch) -> None:
    write(tmp_path / "demo/bundle.yaml")
    changes = watch(tmp_path / "demo")
    assert settled(changes)
    write(tmp_path / "demo/services/new.yaml")
    assert changes.acquire(timeout=PATIENCE)
    assert settled(changes)
    (tmp_path / "demo/services/new.yaml").rename(tmp_path / "demo/services/old.yaml")
    assert changes.acquire(timeout=PATIENCE)
    assert settled(changes)
    (tmp_path / "demo/services/old.yaml").unlink()
    assert changes.acquire(timeout=PATIENCE)


def test_a_queue_and_a_log_in_the_folder_are_of_no_concern(tmp_path: Path, watch: Watch) -> None:
    write(tmp_path / "demo/bundle.yaml")
    changes = watch(tmp_path / "demo")
    assert settled(changes)
    for name in ("queue.db", "queue.db-wal", "access.log"):
        write(tmp_path / "demo" / name)
    assert not changes.acquire(timeout=1.0)


def test_a_folder_that_is_replaced_by_another_is_watched_on(tmp_path: Path, watch: Watch) -> None:
    write(tmp_path / "demo/bundle.yaml")
    write(tmp_path / "next/bundle.yaml", "y")
    changes = watch(tmp_path / "demo")
    assert settled(changes)
    (tmp_path / "demo").rename(tmp_path / "before")
    (tmp_path / "next").rename(tmp_path / "demo")
    assert changes.acquire(timeout=PATIENCE)
    assert settled(changes)
    write(tmp_path / "demo/bundle.yaml", "z")
    assert changes.acquire(timeout=PATIENCE)


def test_a_link_that_is_switched_is_told(tmp_path: Path, watch: Watch) -> None:
    write(tmp_path / "1/bundle.yaml")
    write(tmp_path / "2/bundle.yaml")
    (tmp_path / "current").symlink_to("1")
    changes = watch(tmp_path / "current")
    assert settled(changes)
    (tmp_path / "half").symlink_to("2")
    (tmp_path / "half").replace(tmp_path / "current")
    assert changes.acquire(timeout=PATIENCE)


def test_of_a_zip_only_the_zip_is_watched(tmp_path: Path, watch: Watch) -> None:
    write(tmp_path / "demo.zip")
    changes = watch(tmp_path / "demo.zip")
    assert settled(changes)
    write(tmp_path / "other.zip")
    assert not changes.acquire(timeout=1.0)
    write(tmp_path / "new.zip")
    (tmp_path / "new.zip").replace(tmp_path / "demo.zip")
    assert changes.acquire(timeout=PATIENCE)


def test_a_bundle_that_comes_back_is_told(tmp_path: Path, watch: Watch) -> None:
    write(tmp_path / "demo/bundle.yaml")
    changes = watch(tmp_path / "demo")
    (tmp_path / "demo").rename(tmp_path / "away")
    assert settled(changes)
    (tmp_path / "away").rename(tmp_path / "demo")
    assert changes.acquire(timeout=PATIENCE)

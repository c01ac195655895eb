from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plugbay.errors import ConfigInvalid, StateUnavailable
from plugbay.state import MemoryStore, SqliteStore, open_store

if TYPE_CHECKING:
    from pathlib import Path


def test_memory_is_a_new_store_each_time() -> None:
    first, second = open_store("memory:"), open_store("MEMORY:")
    assert isinstance(first, MemoryStore)
    assert isinstance(second, MemoryStore)
    assert first is not second


def test_sqlite_opens_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a b#?%.db"
    store = open_store(f"sqlite:{path}")
    assert isinstance(store, SqliteStore)
    store.close()
    assert path.exists()


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    store = open_store("sqlite:~/state.db")
    assert store is not None
    store.close()
    assert (tmp_path / "state.db").exists()


def test_another_scheme_is_left_to_plugins() -> None:
    assert open_store("nats://localhost:4222/bucket") is None


@pytest.mark.parametrize(
    "url",
    ["", "memory", "state.db", ":x", "memory:x", "sqlite:", "sqlite::memory:", "sqlite:a\0b", "sqlite:~nobody-here/x"],
)
def test_a_malformed_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigInvalid):
        open_store(url)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StateUnavailable, match="missing") as caught:
        open_store(f"sqlite:{tmp_path}/missing/state.db")
    assert caught.value.hint == "its folder must exist and be writable"

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from plugbay.state import MemoryStore, SqliteStore, StateStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, database: Path) -> Iterator[StateStore]:
    """Every store that keeps the contract; a new one is added here and gets all of its tests."""
    opened: StateStore = MemoryStore() if cast("str", request.param) == "memory" else SqliteStore(database)
    yield opened
    opened.close()

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest
from tests.priostack.intents.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plugbay_adapters.priostack.bundle.documents import Intent
    from plugbay_adapters.priostack.intents.bounds import QueueBounds


class MakeBench(Protocol):
    def __call__(self, *intents: Intent, bounds: QueueBounds | None = None, workers: int = 2) -> Workbench: ...


@pytest.fixture
def queue_path(tmp_path: Path) -> Path:
    return tmp_path / "queue.db"


@pytest.fixture(params=["memory", "sqlite"])
def url(request: pytest.FixtureRequest, queue_path: Path) -> str:
    """Each kind of queue."""
    return "memory:" if request.param == "memory" else f"sqlite:{queue_path}"


@pytest.fixture
def bench(url: str) -> Iterator[MakeBench]:
    """Makes engines on each kind of queue, and closes them."""
    made: list[Workbench] = []

    def make(*intents: Intent, bounds: QueueBounds | None = None, workers: int = 2) -> Workbench:
        made.append(Workbench(url, *intents, bounds=bounds, workers=workers))
        return made[-1]

    yield make
    for one in made:
        one.close()

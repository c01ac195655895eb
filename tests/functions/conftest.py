from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

import pytest

from plugbay.functions import FunctionCall, FunctionTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugbay.functions import HostFunction


@pytest.fixture
def call() -> FunctionCall:
    """A call that may take as long as it likes."""
    return FunctionCall("gear", "process", math.inf)


@pytest.fixture
def short_call() -> Callable[[], FunctionCall]:
    """Makes calls that have next to no time."""
    return lambda: FunctionCall("gear", "process", time.monotonic() + 0.02)


@pytest.fixture
def call_ending_after() -> Callable[[threading.Event], FunctionCall]:
    """Makes calls whose time is up soon after something happened, however long that takes."""

    def make(event: threading.Event) -> FunctionCall:
        class EndingCall(FunctionCall):
            def remaining(self) -> float:
                event.wait(60)
                return 0.001

        return EndingCall("gear", "process")

    return make


@pytest.fixture
def in_table() -> Iterator[Callable[[HostFunction], HostFunction]]:
    """Gives a function a table, which is closed after the test."""
    tables: list[FunctionTable] = []

    def add(function: HostFunction) -> HostFunction:
        tables.append(FunctionTable([function]))
        return tables[-1][function.qualified_name]

    yield add
    for table in tables:
        table.close()

"""The engines, each opened once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plugbay_conformance.engines import open_engine
from plugbay_conformance.engines.contract import ConformanceEngine
from plugbay_conformance.engines.errors import EngineMissing


@pytest.fixture(scope="session")
def wasmtime_engine() -> Iterator[ConformanceEngine]:
    """wasmtime, which is always there."""
    engine = open_engine("wasmtime")
    yield engine
    engine.close()


@pytest.fixture(scope="session", params=["wasmtime", "wazero"])
def engine(request: pytest.FixtureRequest) -> Iterator[ConformanceEngine]:
    """Each engine that byte functions can run on; a test is skipped where one is not there."""
    try:
        opened = open_engine(request.param)
    except EngineMissing as missing:
        pytest.skip(str(missing))
    yield opened
    opened.close()

"""The engines, each opened once, and the ways in which conventions are spoken."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.priostack.conftest import SHAPES, Shape

from plugbay_conformance.engines import open_engine
from plugbay_conformance.engines.contract import ConformanceEngine
from plugbay_conformance.engines.errors import EngineMissing


@pytest.fixture(scope="session")
def wasmtime_engine() -> Iterator[ConformanceEngine]:
    """wasmtime, which is always there."""
    engine = open_engine("wasmtime")
    yield engine
    engine.close()


@pytest.fixture(params=SHAPES, ids=lambda shape: shape.name)
def shape(request: pytest.FixtureRequest) -> Shape:
    """Each way in which a convention is spoken."""
    found: Shape = request.param
    return found


@pytest.fixture(scope="session", params=["wasmtime", "wazero"])
def engine(request: pytest.FixtureRequest) -> Iterator[ConformanceEngine]:
    """Each engine that byte functions can run on; a test is skipped where one is not there."""
    try:
        opened = open_engine(request.param)
    except EngineMissing as missing:
        pytest.skip(str(missing))
    yield opened
    opened.close()

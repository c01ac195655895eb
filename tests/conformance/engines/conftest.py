"""Both engines for modules with pointers, opened once, and sessions of guests that are written as text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

import pytest
import wasmtime

from plugbay.module.binary import read_module
from plugbay_conformance.case import Subject
from plugbay_conformance.engines import open_engine
from plugbay_conformance.engines.contract import PointerSession, Setting
from plugbay_conformance.engines.errors import EngineMissing
from plugbay_conformance.host_profile import SPECIFICATION, HostProfile

if TYPE_CHECKING:
    from plugbay_conformance.engines.contract import ConformanceEngine
    from plugbay_conformance.engines.wazero import WazeroConformance

HOST = HostProfile(SPECIFICATION, "as specified", "fluxrig", ("core", "extended"))
OpenGuest = Callable[..., PointerSession]


def subject_of(text: str | bytes, abi: str = "fluxrig", profile: str = "extended") -> Subject:
    """A module in text, or in binary, as a subject."""
    module = bytes(wasmtime.wat2wasm(text)) if isinstance(text, str) else text
    info = read_module(module, hashlib.sha256(module).hexdigest())
    return Subject("guest.wasm", module, info, abi, profile)


@pytest.fixture(scope="session")
def wasmtime_engine() -> Iterator[ConformanceEngine]:
    engine = open_engine("wasmtime")
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def wazero_engine() -> Iterator[WazeroConformance]:
    try:
        engine = cast("WazeroConformance", open_engine("wazero"))
    except EngineMissing as missing:
        pytest.skip(f"no wazero here: {missing.reason}")
    yield engine
    engine.close()


@pytest.fixture(params=["wasmtime", "wazero"])
def engine(request: pytest.FixtureRequest) -> ConformanceEngine:
    """Each engine that runs modules with pointers."""
    found: ConformanceEngine = request.getfixturevalue(f"{request.param}_engine")
    return found


@pytest.fixture
def open_guest(engine: ConformanceEngine) -> Iterator[OpenGuest]:
    """Opens sessions of modules in text; they are closed after the test."""
    opened: list[PointerSession] = []

    def open_(
        text: str,
        setting: Setting | None = None,
        *,
        host: HostProfile = HOST,
        abi: str = "fluxrig",
        profile: str = "extended",
    ) -> PointerSession:
        session = engine.open_pointers(subject_of(text, abi, profile), host, setting or Setting())
        opened.append(session)
        return session

    yield open_
    for session in opened:
        session.close()

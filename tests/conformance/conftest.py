"""Subjects, and a way for worker processes to find the fakes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from plugbay.module.binary import read_module
from plugbay_conformance.case import Subject

ROOT = Path(__file__).parents[2]
MakeSubject = Callable[..., Subject]


@pytest.fixture
def fakes_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets workers import the fakes, by the name that they have here."""
    path = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", str(ROOT) if path is None else f"{ROOT}{os.pathsep}{path}")


@pytest.fixture
def make_subject(gear: Callable[..., bytes]) -> MakeSubject:
    """A gear as a subject; ``mark`` is the name of a custom section of it."""

    def make(mark: str = "", profile: str = "core") -> Subject:
        module = gear(extra=f'(@custom "{mark}" "")' if mark else "")
        digest = hashlib.sha256(module).hexdigest()
        return Subject("gear.wasm", module, read_module(module, digest), "fluxrig", profile)

    return make

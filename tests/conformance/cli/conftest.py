"""The command line's own fixtures, and gears to judge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import cli, process

__all__ = ["cli", "process"]

SPIN = "(loop $again (br $again)) (i64.const 0)"
"""The body of a gear that never answers."""


@pytest.fixture
def gear_at(tmp_path: Path, gear: Callable[..., bytes]) -> Callable[..., Path]:
    """Writes a gear with that body to a file of the test's folder."""

    def write(name: str = "gear.wasm", **parts: str) -> Path:
        path = tmp_path / name
        path.write_bytes(gear(**parts))
        return path

    return write

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

MODULES = ("greeter.wasm", "shop.wasm")


def test_the_committed_modules_have_their_digests(examples: Path) -> None:
    folder = examples / "extism"
    lines = [f"{sha256((folder / name).read_bytes()).hexdigest()}  {name}" for name in MODULES]
    assert (folder / "DIGESTS").read_text().splitlines() == lines


@pytest.mark.skipif(importlib.util.find_spec("ziglang") is None, reason="ziglang is not installed")
def test_the_sources_build_to_the_same_bytes(examples: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHON": sys.executable}
    subprocess.run([examples / "extism" / "build.sh", tmp_path], check=True, env=environment, timeout=120)
    for name in MODULES:
        assert (tmp_path / name).read_bytes() == (examples / "extism" / name).read_bytes()

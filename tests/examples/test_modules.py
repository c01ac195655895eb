from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.examples.conftest import Stream

    from plugbay import Host

needs_zig = pytest.mark.skipif(importlib.util.find_spec("ziglang") is None, reason="ziglang is not installed")
gears = pytest.mark.parametrize("gear", ["fraud", "passthrough"])


@gears
def test_the_committed_module_has_its_digest(examples: Path, gear: str) -> None:
    module = (examples / gear / f"{gear}.wasm").read_bytes()
    assert (examples / gear / f"{gear}.wasm.sha256").read_text().split() == [
        hashlib.sha256(module).hexdigest(),
        f"{gear}.wasm",
    ]


@needs_zig
@gears
def test_the_source_builds_to_the_same_bytes(examples: Path, gear: str, tmp_path: Path) -> None:
    built = tmp_path / "built.wasm"
    environment = {**os.environ, "PYTHON": sys.executable}
    subprocess.run([examples / gear / "build.sh", built], check=True, env=environment, timeout=120)
    assert built.read_bytes() == (examples / gear / f"{gear}.wasm").read_bytes()


@needs_zig
def test_the_zig_tests_of_the_fraud_gear_pass(examples: Path) -> None:
    command = [sys.executable, "-m", "ziglang", "test", "tests.zig"]
    done = subprocess.run(command, cwd=examples / "fraud", capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr


@gears
def test_the_module_starts_well_below_the_16_pages_of_a_rack(host: Host, examples: Path, gear: str) -> None:
    with host.load(examples / gear / f"{gear}.wasm") as plugin:
        (memory,) = plugin.info.memories
        assert memory.minimum <= 10


def test_the_pass_through_gear_imports_nothing_and_changes_nothing(host: Host, examples: Path, stream: Stream) -> None:
    payloads = [message.to_cbor() for message in stream.messages]
    with host.load(examples / "passthrough" / "passthrough.wasm") as plugin:
        assert plugin.info.imports == ()
        assert plugin.call_many("process", payloads) == payloads

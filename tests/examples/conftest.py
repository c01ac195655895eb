"""The demo stream, generated once, and the gears on a real host."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import orjson
import pytest

from plugbay import Host, Limits
from plugbay.message.ndjson import from_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugbay import Message, Plugin

FLUXRIG_PAGES = 16
"""The memory that a fluxrig rack gives a gear, in pages."""


@dataclass(frozen=True)
class Stream:
    """A generated stream and what is true of it."""

    messages: list[Message]
    truth: list[dict[str, Any]]
    truth_path: Path


class RunExample(Protocol):
    """Runs a script of the examples, named by its path below them."""

    def __call__(self, script: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]: ...


class Generate(Protocol):
    """Generates a stream into a folder."""

    def __call__(self, folder: Path, *arguments: str) -> Stream: ...


@pytest.fixture(scope="session")
def examples() -> Path:
    return Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="session")
def run_example(examples: Path) -> RunExample:
    def run(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, examples / script, *arguments]
        return subprocess.run(command, capture_output=True, check=False, timeout=60)

    return run


@pytest.fixture(scope="session")
def generate(run_example: RunExample) -> Generate:
    def into(folder: Path, *arguments: str) -> Stream:
        out = folder / "payments.ndjson"
        done = run_example("fraud/generate.py", "--out", out, *arguments)
        assert done.returncode == 0, done.stderr
        truth_path = folder / "truth.ndjson"
        truth = [orjson.loads(line) for line in truth_path.read_bytes().splitlines()]
        return Stream([from_line(line) for line in out.read_bytes().splitlines()], truth, truth_path)

    return into


@pytest.fixture(scope="session")
def stream(generate: Generate, tmp_path_factory: pytest.TempPathFactory) -> Stream:
    return generate(tmp_path_factory.mktemp("stream"))


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    with Host(limits=Limits(memory_pages=FLUXRIG_PAGES)) as host:
        yield host


@pytest.fixture
def fraud(host: Host, examples: Path) -> Iterator[Plugin]:
    with host.load(examples / "fraud" / "fraud.wasm") as plugin:
        yield plugin

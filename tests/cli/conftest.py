"""Runs the command line in this process or in one of its own, and makes the files that it is run on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from plugbay import PlugbayPlugins
from plugbay.cli import main, program

LOG = '(import "env" "log" (func $log (param i32 i32 i32)))'
REJECT = '(import "env" "reject" (func $reject (param i32 i32)))'
ECHO = "(call $copy (local.get $p) (local.get $n))"
PROGRAM = (sys.executable, "-m", "plugbay")


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def cli(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs ``plugbay`` with arguments in this process."""
    for name in ("FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS", "COLUMNS", "PLUGBAY_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: object) -> Result:
        capfdbinary.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capfdbinary.readouterr()
        return Result(code, captured.out, captured.err.decode())

    return run


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Installs a plugin of plugbay beside those of the entry points, for one test."""

    def with_plugin(plugin: object) -> None:
        monkeypatch.setattr(program, "_load_plugins", lambda: PlugbayPlugins([plugin]))

    return with_plugin


@pytest.fixture
def process() -> Callable[..., Result]:
    """Runs ``plugbay`` with arguments in a process of its own, as a user would."""

    def run(*arguments: object, stdin: bytes = b"", **environment: str) -> Result:
        done = subprocess.run(
            [*PROGRAM, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            timeout=60,
            env={**os.environ, **environment},
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr.decode())

    return run


@pytest.fixture
def gear_file(tmp_path: Path, gear: Callable[..., bytes]) -> Callable[..., Path]:
    """Writes a gear with that body to ``gear.wasm``."""

    def write(body: str = ECHO, **parts: str) -> Path:
        path = tmp_path / "gear.wasm"
        path.write_bytes(gear(body, **parts))
        return path

    return write


@pytest.fixture
def echo_file(gear_file: Callable[..., Path]) -> Path:
    """A gear that answers a copy."""
    return gear_file()


@pytest.fixture
def logging_file(gear_file: Callable[..., Path]) -> Path:
    """A gear that logs a line with an escape sequence, then answers a copy."""
    return gear_file(
        f"(call $log (i32.const 3) (i32.const 16) (i32.const 9)) {ECHO}",
        imports=LOG,
        extra=r'(data (i32.const 16) "odd \1b[31m")',
    )


@pytest.fixture
def rejecting_file(gear_file: Callable[..., Path]) -> Path:
    """A gear that rejects everything."""
    return gear_file(
        "(call $reject (i32.const 16) (i32.const 8)) (i64.const 0)",
        imports=REJECT,
        extra='(data (i32.const 16) "too late")',
    )


@pytest.fixture
def trapping_file(gear_file: Callable[..., Path]) -> Path:
    """A gear that always traps."""
    return gear_file("unreachable")


@pytest.fixture
def stranger_file(tmp_path: Path, wat: Callable[[str], bytes]) -> Path:
    """A module of no known ABI."""
    path = tmp_path / "stranger.wasm"
    path.write_bytes(wat('(module (func (export "run") (param f64)))'))
    return path

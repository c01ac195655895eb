"""Real bundles for tests, written from text, and servers of them in a process of their own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import wasmtime

if TYPE_CHECKING:
    from collections.abc import Generator

PATIENCE = 30.0
JSON = {"content-type": "application/json"}

GUEST = """
(module
  (memory (export "memory") 16)
  (data (i32.const 16) "{\\22version\\22:VERSION}")
  (global $top (mut i32) (i32.const 1024))
  (func $alloc (export "alloc") (param $n i32) (result i32) (local $p i32)
    (local.set $p (global.get $top))
    (global.set $top (i32.and (i32.add (i32.add (local.get $p) (local.get $n)) (i32.const 15)) (i32.const -8)))
    (local.get $p))
  (func (export "free") (param $p i32) (param $n i32) (global.set $top (i32.const 1024)))
  (func $copy (param $from i32) (param $n i32) (result i64) (local $to i32)
    (local.set $to (call $alloc (local.get $n)))
    (memory.copy (local.get $to) (local.get $from) (local.get $n))
    (i64.or (i64.shl (i64.extend_i32_u (local.get $to)) (i64.const 32)) (i64.extend_i32_u (local.get $n))))
  (func $echo (export "echo") (param $p i32) (param $n i32) (result i64) (call $copy (local.get $p) (local.get $n)))
  (func (export "version") (param i32 i32) (result i64) (call $copy (i32.const 16) (i32.const LENGTH)))
  (func (export "trap") (param i32 i32) (result i64) unreachable)
  (func (export "slow") (param $p i32) (param $n i32) (result i64) (local $left i64)
    (local.set $left (i64.const 3000000000))
    (loop $again
      (local.set $left (i64.sub (local.get $left) (i64.const 1)))
      (br_if $again (i64.ne (local.get $left) (i64.const 0))))
    (call $echo (local.get $p) (local.get $n)))
  (func (export "forever") (param i32 i32) (result i64) (loop $again (br $again)) (i64.const 0)))
"""
"""Byte functions in the packed convention; ``slow`` computes for a second or more."""

SERVICE = """\
name: demo
api:
  basePath: "/api"
  endpoints:
    - {name: version, method: GET, path: "/version", to: "wasm:demo:version"}
    - {name: echo, method: POST, path: "/echo", to: "func:echo"}
    - {name: item, method: GET, path: "/items/{id}", to: "func:echo"}
    - {name: trap, method: POST, path: "/trap", to: "func:trap"}
    - {name: slow, method: POST, path: "/slow", to: "func:slow"}
    - {name: forever, method: POST, path: "/forever", to: "func:forever"}
intents:
  - {name: note, whenSensor: happened, toFunc: "func:echo", primitiveIntent: notification}
goals:
  - {name: quick, metric: latency, target: "p99 < 500ms"}
"""


def guest(version: int) -> bytes:
    """The module whose function ``version`` says this number."""
    length = len(f'{{"version":{version}}}')
    return bytes(wasmtime.wat2wasm(GUEST.replace("VERSION", str(version)).replace("LENGTH", str(length))))


def write_bundle(folder: Path, version: int = 1) -> Path:
    """A bundle with one service."""
    for part in ("services", "wasm"):
        (folder / part).mkdir(parents=True)
    (folder / "bundle.yaml").write_text("name: demo\nversion: 1.0.0\nservices:\n  - path: services/demo.yaml\n")
    (folder / "services/demo.yaml").write_text(SERVICE)
    (folder / "wasm/demo.wasm").write_bytes(guest(version))
    return folder


def replace_file(path: Path, content: bytes) -> None:
    """Write a file as careful programs do: no reader ever sees half of it."""
    half = path.with_name(path.name + ".new")
    half.write_bytes(content)
    half.replace(path)


@dataclass
class Program:
    """A running ``plugbay bundle serve``."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def said(self) -> str:
        """What is on its standard error so far."""
        return self.log.read_text()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal, and wait for its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def children(self) -> list[int]:
        """Its worker processes."""
        return [int(pid) for pid in _children_of(self.process.pid)]


@contextmanager
def program(folder: Path, *options: str) -> Generator[Program]:
    """Serve a bundle by the command line, on any port."""
    log = folder.parent / "stderr.txt"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [*COMMAND, str(folder), "--port", "0", "--json", *options], stdout=subprocess.PIPE, stderr=stderr
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, log.read_text()
        facts: dict[str, Any] = json.loads(line)
        assert facts["pid"] == process.pid
        yield Program(process, facts["url"], log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(PATIENCE)
        process.stdout.close()


COMMAND = (sys.executable, "-m", "plugbay", "bundle", "serve")


def run_to_end(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command, which is to end by itself."""
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False)


def get(url: str, path: str) -> httpx.Response:
    """One request on a connection of its own."""
    return httpx.get(url + path, timeout=PATIENCE)


def post(url: str, path: str, body: bytes = b"{}") -> httpx.Response:
    """One request on a connection of its own."""
    return httpx.post(url + path, content=body, headers=JSON, timeout=PATIENCE)


def _children_of(pid: int) -> list[str]:
    return [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]

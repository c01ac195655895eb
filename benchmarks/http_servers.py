"""Starts the servers of the HTTP benchmark, and the process that loads them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from array import array
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import orjson
from guests import GUESTS

MODULE: Final = GUESTS / "byte_functions.wasm"
"""Functions of bytes in Rust: ``echo``, and ``burn``, which computes for as many rounds as it is told."""
_PATIENCE: Final = 600.0
_HERE: Final = Path(__file__).parent
_BUNDLE: Final = "name: benchmark\nservices:\n  - path: services/echo.yaml\n  - path: services/slow.yaml\n"
_SERVICE: Final = """\
name: {name}
api:
  basePath: /api
  endpoints:
    - {{name: {function}, method: POST, path: /{function}, to: "wasm:{name}:{function}"}}
goals:
  - {{name: fast, metric: latency, target: "p99 < 50ms"}}
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load generator saw. Latencies are seconds, one of each answer."""

    seconds: float
    statuses: Counter[str]
    sent: int
    failed: int
    """Requests without the answer that was expected."""
    latencies: Sequence[float]

    @property
    def answers(self) -> int:
        """How many answers came."""
        return len(self.latencies)


def write_bundle(folder: Path) -> Path:
    """A bundle of two services of one module: one that echoes, one that computes."""
    for name in ("services", "wasm"):
        (folder / name).mkdir(parents=True)
    (folder / "bundle.yaml").write_text(_BUNDLE)
    for name, function in (("echo", "echo"), ("slow", "burn")):
        (folder / "services" / f"{name}.yaml").write_text(_SERVICE.format(name=name, function=function))
        shutil.copy(MODULE, folder / "wasm" / f"{name}.wasm")
    return folder


@contextmanager
def bare_server() -> Generator[int]:
    """The starlette handler alone; gives its port."""
    command = [sys.executable, str(_HERE / "http_bare.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            yield int(_first_line(process))
        finally:
            process.terminate()


@contextmanager
def plugbay_server(bundle: Path, access_log: Path, *options: str) -> Generator[int]:
    """``plugbay bundle serve`` with one worker and its access log in a file; gives its port."""
    command = [sys.executable, "-m", "plugbay", "bundle", "serve", str(bundle), "--port", "0", "--json"]
    command += ["--access-log", str(access_log), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            url: str = orjson.loads(_first_line(process))["url"]
            port = urlsplit(url).port
            assert port is not None
            yield port
        finally:
            process.terminate()


def load(port: int, path: str, body: Path, *options: str) -> Loaded:
    """Load a server from another process until it has done what ``options`` say."""
    command = [sys.executable, str(_HERE / "http_client.py"), str(port), path, "--body", str(body), *options]
    said = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=_PATIENCE).stdout
    told, _, raw = said.partition(b"\n")
    latencies = array("d")
    latencies.frombytes(raw)
    facts = orjson.loads(told)
    return Loaded(facts["seconds"], Counter[str](facts["statuses"]), facts["sent"], facts["failed"], latencies)


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"the server did not start: exit code {process.wait()}")
    return line

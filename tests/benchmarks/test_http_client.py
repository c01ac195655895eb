"""The load generator counts what it says: a benchmark without failures must be one in which failures would be seen."""

from __future__ import annotations

import subprocess
import sys
import threading
from array import array
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "http_client.py"


class Server(BaseHTTPRequestHandler):
    """Answers what it was sent, except for every fifth request, which goes wrong as its path says."""

    protocol_version = "HTTP/1.1"
    count = 0
    lock = threading.Lock()

    def do_POST(self) -> None:
        with Server.lock:
            Server.count += 1
            wrong = Server.count % 5 == 0
        body = self.rfile.read(int(self.headers["content-length"]))
        if wrong and self.path == "/hangs-up":
            self.close_connection = True
            return
        self.send_response(500 if wrong and self.path == "/fails" else 200)
        answer = b"other" if wrong and self.path == "/lies" else body
        self.send_header("content-length", str(len(answer)))
        if wrong and self.path == "/closes":
            self.send_header("connection", "close")
        self.end_headers()
        for piece in (answer[:2], answer[2:]):
            self.wfile.write(piece)
            self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # http.server's name
        """Nothing."""


class Told(NamedTuple):
    facts: dict[str, Any]
    latencies: list[float]


@pytest.fixture
def port() -> Iterator[int]:
    Server.count = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def drive(port: int, path: str, folder: Path, *options: str) -> Told:
    body = folder / "body"
    body.write_bytes(b'{"a":1}')
    command: list[str | Path] = [
        sys.executable,
        SCRIPT,
        str(port),
        path,
        "--body",
        body,
        "--expect",
        body,
        "--connections",
        "3",
    ]
    said = subprocess.run([*command, *options], check=True, capture_output=True, timeout=60).stdout
    line, _, raw = said.partition(b"\n")
    latencies = array("d")
    latencies.frombytes(raw)
    return Told(orjson.loads(line), list(latencies))


@pytest.mark.parametrize(
    ("path", "statuses", "failed"),
    [
        ("/works", {"200": 50}, 0),
        ("/closes", {"200": 50}, 0),
        ("/fails", {"200": 40, "500": 10}, 10),
        ("/lies", {"200": 50}, 10),
        ("/hangs-up", {"200": 40}, 10),
    ],
)
def test_every_request_is_counted_as_what_became_of_it(
    port: int, tmp_path: Path, path: str, statuses: dict[str, int], failed: int
) -> None:
    told = drive(port, path, tmp_path, "--requests", "50")
    assert (told.facts["sent"], told.facts["statuses"], told.facts["failed"]) == (50, statuses, failed)
    assert len(told.latencies) == sum(statuses.values())
    assert all(0 < seconds <= told.facts["seconds"] for seconds in told.latencies)


def test_a_server_that_is_not_there_is_all_failures(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        port = server.server_address[1]
    told = drive(port, "/works", tmp_path, "--requests", "7")
    assert (told.facts["sent"], told.facts["failed"], told.latencies) == (7, 7, [])


def test_it_stops_when_the_time_is_over(port: int, tmp_path: Path) -> None:
    told = drive(port, "/works", tmp_path, "--seconds", "0.1")
    assert told.facts["sent"] == len(told.latencies) > 0
    assert told.facts["failed"] == 0

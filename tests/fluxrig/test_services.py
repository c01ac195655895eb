"""Gears that ask the host: HTTP against a real server, and a state store that breaks."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cbor2
import pytest

from plugbay import Host, Limits, Message, Permissions
from plugbay.errors import DeadlineExceeded, StateUnavailable
from plugbay.module.wat import compile_text
from plugbay.state import MemoryStore, Versioned

EMBED = Path(__file__).parents[2] / "examples" / "embed"


@pytest.fixture
def fetch() -> bytes:
    """A gear that returns the response to a request for the URL that it is given."""
    return compile_text((EMBED / "fetch.wat").read_bytes(), "fetch.wat")


@pytest.fixture
def server() -> Iterator[str]:
    """``127.0.0.1:PORT`` of a server; ``/slow`` never answers while the test runs."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/slow":
                over.wait(30)
            self.send_response(200)
            self.send_header("X-Tag", "a")
            self.send_header("X-Tag", "b")
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 # the name that it overrides
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield f"127.0.0.1:{httpd.server_port}"
    over.set()
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def test_a_response_reaches_the_gear_with_repeated_headers_joined(host: Host, fetch: bytes, server: str) -> None:
    plugin = host.load(fetch, permissions=Permissions(http=(server,)))
    response: dict[str, Any] = cbor2.loads(plugin.call("process", f"http://{server}/".encode()))
    assert response["status"] == 200
    assert response["headers"]["x-tag"] == "a, b"
    assert response["body"] == b"hello"


def test_a_request_that_hangs_ends_with_the_deadline_and_the_gear_serves_on(
    host: Host, fetch: bytes, server: str
) -> None:
    plugin = host.load(fetch, permissions=Permissions(http=(server,)), limits=Limits(deadline=0.2))
    with pytest.raises(DeadlineExceeded) as caught:
        plugin.call("process", f"http://{server}/slow".encode())
    assert caught.value.limit == "deadline"
    assert plugin.call("process", f"http://{server}/".encode())


class BrokenStore(MemoryStore):
    """A store whose disk is gone for a while."""

    broken = False

    def get(self, namespace: str, key: str) -> Versioned | None:
        if self.broken:
            raise StateUnavailable("the disk is gone")
        return super().get(namespace, key)

    def commit(
        self,
        namespace: str,
        expected: Mapping[str, int],
        writes: Mapping[str, bytes | None],
        *,
        quota_bytes: int,
        complete: bool = False,
    ) -> None:
        if self.broken:
            raise StateUnavailable("the disk is gone")
        super().commit(namespace, expected, writes, quota_bytes=quota_bytes, complete=complete)


def test_a_store_that_breaks_fails_the_message_and_loses_nothing() -> None:
    counter = compile_text((EMBED / "counter.wat").read_bytes(), "counter.wat")
    store = BrokenStore()
    with Host(state=store, permissions=Permissions(state=True)) as host:
        plugin = host.load(counter, name="counter")
        for _ in range(5):
            plugin.process(Message.new()).raise_for_error()
        before = store.snapshot("counter")
        store.broken = True
        assert isinstance(plugin.process(Message.new()).error, StateUnavailable)
        store.broken = False
        assert store.snapshot("counter") == before
        plugin.process(Message.new()).raise_for_error()
        assert store.snapshot("counter") != before

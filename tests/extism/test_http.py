"""HTTP for Extism guests: granted hosts only, and what goes wrong fails the call."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from tests.extism.calls import caught
from tests.extism.conftest import HTTP, Load

from plugbay import Limits, Permissions, Plugin
from plugbay.errors import BadHostCall, DeadlineExceeded, HttpFailed, InvalidHandle, PermissionDenied, PlugbayError

pytestmark = pytest.mark.only("wasmtime", why="libextism would do the requests itself, so HTTP is refused there")

GUEST = """
  ;; The input: u64 length of the request, the request, the body.
  (func $request (result i64) (local $n i64)
    (local.set $n (call $input_load_u64 (i64.const 0)))
    (call $http_request (call $taken (i64.const 8) (local.get $n))
      (call $taken (i64.add (i64.const 8) (local.get $n))
                   (i64.sub (i64.sub (call $input_length) (i64.const 8)) (local.get $n)))))
  (func (export "body") (call $answer (call $request)))
  (func (export "status") (drop (call $request)) (call $answer_u64 (i64.extend_i32_u (call $http_status_code))))
  (func (export "headers") (drop (call $request)) (call $answer (call $http_headers)))
  (func (export "before") (call $answer_u64 (i64.or (call $http_headers) (i64.extend_i32_u (call $http_status_code)))))
  (func (export "wild") (drop (call $http_request (i64.const 77) (i64.const 0))))
  (func (export "many") (local $n i32)
    (loop $more
      (drop (call $request))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $n) (i32.const 20))))
    (call $answer_u64 (i64.extend_i32_u (local.get $n))))
"""
Serve = Callable[..., "Server"]


class Server:
    """A server on the loopback interface that answers each connection with the same bytes; it keeps the requests."""

    def __init__(self, answer: bytes, *, hang: bool = False) -> None:
        self.requests: list[bytes] = []
        self._answer = answer
        self._hang = threading.Event() if hang else None
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/path"

    def close(self) -> None:
        if self._hang is not None:
            self._hang.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                self.requests.append(self._read(connection))
                if self._hang is not None:
                    self._hang.wait(60)
                connection.sendall(self._answer)

    def _read(self, connection: socket.socket) -> bytes:
        data = connection.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        sizes = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
        while sizes and len(body) < int(sizes[0]):
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Server] = []

    def start(answer: bytes = b"", **options: Any) -> Server:
        servers.append(Server(answer, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def response(body: bytes = b"hello", *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), b"Connection: close", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def asking(request: object, body: bytes = b"") -> bytes:
    """The guest's input: a request, in JSON unless it is bytes, and its body."""
    text = request if isinstance(request, bytes) else json.dumps(request).encode()
    return len(text).to_bytes(8, "little") + text + body


@pytest.fixture
def guest(load: Load) -> Callable[..., Plugin]:
    def make(*hosts: str, **options: Any) -> Plugin:
        return load(GUEST, imports=HTTP, permissions=Permissions(http=hosts), **options)

    return make


Guest = Callable[..., Plugin]


def test_a_body_comes_back(guest: Guest, serve: Serve) -> None:
    server = serve(response(b"hello"))
    plugin = guest("127.0.0.1")
    assert plugin.call("body", asking({"url": server.url})) == b"hello"
    assert plugin.call_many("body", [asking({"url": server.url})] * 3) == [b"hello"] * 3
    assert server.requests[0].startswith(b"GET /path HTTP/1.1\r\n")


def test_method_headers_and_body_are_sent(guest: Guest, serve: Serve) -> None:
    server = serve(response())
    request = {"url": server.url, "method": "PUT", "headers": {"X-One": "1", "Accept": "text/x"}}
    guest("127.0.0.1").call("body", asking(request, b"a body" * 1000))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"PUT ")
    assert {b"x-one: 1", b"accept: text/x"} <= set(head.lower().split(b"\r\n"))
    assert body == b"a body" * 1000


def test_null_means_left_out(guest: Guest, serve: Serve) -> None:
    server = serve(response())
    guest("127.0.0.1").call("body", asking({"url": server.url, "method": None, "headers": None}))
    assert server.requests[0].startswith(b"GET ")


@pytest.mark.parametrize("status", [b"200 OK", b"204 No Content", b"404 Not Found", b"500 Oops"])
def test_any_status_is_an_answer(guest: Guest, serve: Serve, status: bytes) -> None:
    server = serve(response(b"" if status[:3] == b"204" else b"text", status=status))
    plugin = guest("127.0.0.1")
    assert int.from_bytes(plugin.call("status", asking({"url": server.url})), "little") == int(status[:3])


def test_headers_are_an_object(guest: Guest, serve: Serve) -> None:
    server = serve(response(b"", b"X-One: 1", b"X-Many: a", b"X-Many: b"))
    headers = {
        name.lower(): value
        for name, value in json.loads(guest("127.0.0.1").call("headers", asking({"url": server.url}))).items()
    }
    assert headers["x-one"] == "1"
    assert headers["x-many"] == "a, b"


def test_before_any_request_there_is_no_answer(guest: Guest, serve: Serve) -> None:
    assert guest().call("before", b"") == bytes(8)


def test_an_answer_without_a_body_is_the_null_handle(guest: Guest, serve: Serve) -> None:
    assert guest("127.0.0.1").call("body", asking({"url": serve(response(b"")).url})) == b""


def test_many_requests_in_one_call(guest: Guest, serve: Serve) -> None:
    server = serve(response(b"x" * 10_000))
    plugin = guest("127.0.0.1", limits=Limits(deadline=30.0))
    assert plugin.call("many", asking({"url": server.url}))[0] == 20
    assert len(server.requests) == 20


# ---- refused ---------------------------------------------------------------------------------------------------------
def refused(plugin: Plugin, request: object, kind: type[PlugbayError], body: bytes = b"") -> PlugbayError:
    """The request fails the call, the guest cannot hide it, and the plugin goes on."""
    error = caught(plugin, "body", asking(request, body))
    assert isinstance(error, kind), error
    assert plugin.call("before", b"") == bytes(8)
    return error


@pytest.mark.parametrize("hosts", [(), ("example.com",), ("*",), ("127.0.0.2",), ("*.0.0.1",)])
def test_a_host_that_was_not_granted_is_refused(guest: Guest, serve: Serve, hosts: tuple[str, ...]) -> None:
    server = serve(response())
    refused(guest(*hosts), {"url": server.url}, PermissionDenied)
    refused(guest(*hosts), {"url": server.url.replace("127.0.0.1", "localhost")}, PermissionDenied)
    assert server.requests == []


def test_a_redirect_is_judged_like_a_request(guest: Guest, serve: Serve) -> None:
    secret = serve(response(b"secret"))
    first = serve(response(b"", b"Location: " + secret.url.encode(), status=b"302 Found"))
    refused(guest(f"127.0.0.1:{first.port}"), {"url": first.url}, PermissionDenied)
    assert secret.requests == []
    plugin = guest(f"127.0.0.1:{first.port}", f"127.0.0.1:{secret.port}")
    assert plugin.call("body", asking({"url": first.url})) == b"secret"


@pytest.mark.parametrize("scheme", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1", "no url", ""])
def test_other_schemes_are_refused(guest: Guest, scheme: str) -> None:
    refused(guest("127.0.0.1"), {"url": scheme}, PlugbayError)


def test_a_body_that_is_too_large_is_refused(guest: Guest, serve: Serve) -> None:
    plugin = guest("127.0.0.1", limits=Limits(http_bytes=1000))
    assert len(plugin.call("body", asking({"url": serve(response(b"x" * 1000)).url}))) == 1000
    error = refused(plugin, {"url": serve(response(b"x" * 1001)).url}, PlugbayError)
    assert error.limit == "http_bytes"


def test_a_server_that_never_answers_ends_with_the_deadline(guest: Guest, serve: Serve) -> None:
    refused(guest("127.0.0.1", limits=Limits(deadline=0.2)), {"url": serve(hang=True).url}, DeadlineExceeded)


def test_a_server_that_is_not_there_fails_the_call(guest: Guest, serve: Serve) -> None:
    server = serve()
    server.close()
    refused(guest("127.0.0.1"), {"url": server.url}, HttpFailed)


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"])
def test_an_answer_that_is_none_fails_the_call(guest: Guest, serve: Serve, answer: bytes) -> None:
    refused(guest("127.0.0.1"), {"url": serve(answer).url}, HttpFailed)


@pytest.mark.parametrize(
    ("request_", "parameter"),
    [
        (b"", "request"),
        (b"not json", "request"),
        (b"\xff", "request"),
        ([], "request"),
        (None, "request"),
        ({}, "url"),
        ({"url": 7}, "url"),
        ({"url": "http://127.0.0.1/", "method": 7}, "method"),
        ({"url": "http://127.0.0.1/", "headers": []}, "headers"),
        ({"url": "http://127.0.0.1/", "headers": {"a": 1}}, "headers"),
        ({"url": "http://127.0.0.1/", "headers": "a: b"}, "headers"),
    ],
)
def test_a_request_that_is_none_is_told(guest: Guest, request_: object, parameter: str) -> None:
    error = refused(guest("127.0.0.1"), request_, BadHostCall)
    assert isinstance(error, BadHostCall)
    assert error.parameter == parameter


@pytest.mark.parametrize(
    "headers", [{"a\r\nb": "c"}, {"a": "b\r\nc: d"}, {"": "x"}, {"a b": "c"}, {"a": "\0"}, {"Content-Length": "5"}]
)
def test_headers_that_would_break_out_are_refused(guest: Guest, serve: Serve, headers: dict[str, str]) -> None:
    server = serve(response())
    refused(guest("127.0.0.1"), {"url": server.url, "headers": headers}, PlugbayError)
    assert server.requests == []


def test_a_request_without_a_handle_is_refused(guest: Guest) -> None:
    assert isinstance(caught(guest("127.0.0.1"), "wild"), InvalidHandle)

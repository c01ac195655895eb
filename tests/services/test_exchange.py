"""One request and its response: what is sent, and what a bad server can do."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import pytest
from tests.services.conftest import Lab, Serve, ok, redirect

from plugbay.errors import DeadlineExceeded, HttpFailed, LimitExceeded, PlugbayError
from plugbay.services import HttpClient

if TYPE_CHECKING:
    from collections.abc import Callable


def dripping(start: bytes, chunk: bytes) -> Callable[[socket.socket], None]:
    """An answer of one small piece after another, for as long as the client listens."""

    def drip(connection: socket.socket) -> None:
        connection.settimeout(0.005)
        connection.sendall(start)
        gone = False
        while not gone:
            connection.sendall(chunk)
            with contextlib.suppress(TimeoutError):
                gone = not connection.recv(1)

    return drip


def test_method_headers_and_body_arrive(serve: Serve, lab: Lab) -> None:
    server = serve(ok())
    lab.get(
        f"http://api.example.com:{server.port}",
        "api.example.com",
        method="put",
        headers=[("Content-Type", "text/plain"), ("Authorization", "secret"), ("Accept-Encoding", "gzip")],
        body=b"the body",
    )
    assert server.requests[0].endswith(b"\r\n\r\nthe body")
    head = server.heads[0].split("\r\n")
    assert head[0] == "put / http/1.1"
    assert set(head[2:]) == {
        "content-type: text/plain",
        "authorization: secret",
        "accept-encoding: identity",
        "connection: close",
        "content-length: 8",
    }


def test_a_post_without_a_body_says_so(serve: Serve, lab: Lab) -> None:
    server = serve(ok())
    lab.get(f"http://api.example.com:{server.port}", "*", method="POST")
    assert "content-length: 0" in server.heads[0]


def test_a_head_request_has_no_body(serve: Serve, lab: Lab) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    response = lab.get(f"http://api.example.com:{server.port}", "*", method="HEAD")
    assert response.body == b""
    assert response.header("content-length") == "1000000000"


@pytest.mark.parametrize("status", [204, 304, 404, 500])
def test_any_final_status_is_an_answer(serve: Serve, lab: Lab, status: int) -> None:
    server = serve(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status)
    assert lab.get(f"http://api.example.com:{server.port}", "*").status == status


def test_a_chunked_body_is_put_together(serve: Serve, lab: Lab) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert lab.get(f"http://api.example.com:{server.port}", "*").body == b"abcde"


def test_an_interim_answer_is_passed_over(serve: Serve, lab: Lab) -> None:
    server = serve(b"HTTP/1.1 103 Early Hints\r\n\r\n" + ok())
    assert lab.get(f"http://api.example.com:{server.port}", "*").body == b"hello"


def test_a_body_of_exactly_the_limit_is_taken(serve: Serve, lab: Lab) -> None:
    server = serve(ok(bytes(100_000)))
    assert len(lab.get(f"http://api.example.com:{server.port}", "*", max_bytes=100_000).body) == 100_000


@pytest.mark.parametrize(
    "answer",
    [
        ok(bytes(100_001)),
        b"HTTP/1.1 200 OK\r\n\r\n" + bytes(100_001),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"ffff\r\n"
        + bytes(0xFFFF)
        + b"\r\n"
        + b"ffff\r\n"
        + bytes(0xFFFF),
    ],
    ids=["declared", "until closed", "chunked"],
)
def test_a_body_over_the_limit_is_cut_off(serve: Serve, lab: Lab, answer: bytes) -> None:
    server = serve(answer)
    with pytest.raises(LimitExceeded) as caught:
        lab.get(f"http://api.example.com:{server.port}", "*", max_bytes=100_000)
    assert (caught.value.limit, caught.value.expected) == ("http_bytes", 100_000)


def test_an_endless_body_is_cut_off(serve: Serve, lab: Lab) -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(bytes(65536))

    server = serve(flood)
    with pytest.raises(LimitExceeded):
        lab.get(f"http://api.example.com:{server.port}", "*")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nBad Header: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: \x00\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000,
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe://\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_malformed_answer_fails(serve: Serve, lab: Lab, answer: bytes) -> None:
    server = serve(answer)
    with pytest.raises(HttpFailed):
        lab.get(f"http://api.example.com:{server.port}", "*")


@pytest.mark.parametrize(
    "answer",
    [
        dripping(b"", b"H"),
        dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        dripping(b"", b""),
    ],
    ids=["head", "interim answers", "body", "silence"],
)
def test_a_slow_server_costs_no_more_than_the_deadline(
    serve: Serve, lab: Lab, answer: Callable[[socket.socket], None]
) -> None:
    server = serve(answer)
    with pytest.raises(DeadlineExceeded) as caught:
        lab.get(f"http://api.example.com:{server.port}", "*", seconds=0.1)
    assert caught.value.limit == "deadline"


def test_a_server_that_does_not_read_costs_no_more_than_the_deadline(lab: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf, pytest.raises(DeadlineExceeded):
        lab.get(
            f"http://api.example.com:{deaf.getsockname()[1]}", "*", method="POST", body=bytes(50_000_000), seconds=0.2
        )


def test_a_server_that_answers_before_the_request_was_sent_is_heard(serve: Serve, lab: Lab) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")

    server = serve(refuse)
    assert lab.get(f"http://api.example.com:{server.port}", "*", method="POST", body=b"x" * 1000).status == 413


def test_nothing_is_left_open_after_a_request(serve: Serve, lab: Lab) -> None:
    server = serve(ok(), redirect("/x"), ok(), b"garbage", ok(bytes(200_000)))
    connections: list[socket.socket] = []

    def dial(address: str, port: int, timeout: float) -> socket.socket:
        connections.append(lab.dial(address, port, timeout))
        return connections[-1]

    client = HttpClient(resolver=lab.resolve, dialer=dial)
    for _ in range(4):
        try:
            lab.get(f"http://api.example.com:{server.port}", "*", client=client)
        except PlugbayError:
            continue
    assert len(connections) == 5
    assert all(connection.fileno() == -1 for connection in connections)

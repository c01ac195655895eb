"""What a connection may cost: sizes, times and numbers, over raw sockets."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.priostack.serving.conftest import PATIENCE, FakeBundle, Served, read_all, serving, wait_until

from plugbay.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugbay_adapters.priostack.serving.settings import ServeSettings

GET = b"GET /echo HTTP/1.1\r\nhost: a\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"


@pytest.fixture
def impatient(quick: ServeSettings) -> Iterator[Served]:
    with serving(FakeBundle(), quick) as served:
        yield served


def is_served(served: Served) -> bool:
    return served.client.get("/echo").status_code == 200


def test_a_head_that_comes_byte_by_byte_is_408(impatient: Served) -> None:
    with impatient.connect() as connection:
        answer = drip(connection, GET[:-2] + b"x-more: " + b"y" * 1000)
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b'{"error":"the request did not come in time"}' in answer
    assert is_served(impatient)


def test_a_body_that_comes_byte_by_byte_is_408_and_leaves_nothing_behind(impatient: Served) -> None:
    with impatient.connect() as connection:
        connection.sendall(POST + b"content-length: 1000\r\n\r\n")
        answer = drip(connection, b"[" * 1000)
    assert answer.startswith(b"HTTP/1.1 408 ")
    wait_until(lambda: not impatient.server.server_state.tasks)
    assert [line["error"] for line in impatient.log(1)] == ["client-left"]


def test_a_chunked_body_that_comes_byte_by_byte_is_408(impatient: Served) -> None:
    with impatient.connect() as connection:
        connection.sendall(POST + b"transfer-encoding: chunked\r\n\r\n")
        assert drip(connection, b"1\r\n1\r\n" * 300).startswith(b"HTTP/1.1 408 ")


def test_a_client_that_says_nothing_at_all_is_sent_away(impatient: Served) -> None:
    assert impatient.exchange(b"").startswith(b"HTTP/1.1 408 ")


def test_a_slow_function_is_no_slow_client(impatient: Served) -> None:
    with impatient.connect() as connection:
        connection.sendall(POST.replace(b"/echo", b"/hold") + b"content-length: 1\r\n\r\n1")
        assert impatient.bundle.functions.begun.acquire(timeout=PATIENCE)
        began = time.monotonic()
        wait_until(lambda: time.monotonic() - began > 2.5)  # two rounds of checks
        impatient.bundle.functions.let_go.release()
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_a_request_that_waits_for_its_turn_is_no_slow_one(quick: ServeSettings) -> None:
    body = b'"' + b"x" * 900_000 + b'"'  # more than is read at once
    with serving(FakeBundle(limits=Limits(input_bytes=1_000_000)), quick) as served, served.connect() as connection:
        connection.sendall(POST.replace(b"/echo", b"/hold") + b"content-length: 1\r\n\r\n1")
        assert served.bundle.functions.begun.acquire(timeout=PATIENCE)
        rest = POST + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        sender = threading.Thread(target=connection.sendall, args=(rest,))
        sender.start()
        began = time.monotonic()
        wait_until(lambda: time.monotonic() - began > 2.5)  # two rounds of checks
        served.bundle.functions.let_go.release()
        answers = read_all(connection)
        sender.join(PATIENCE)
    assert answers.count(b"HTTP/1.1 200 ") == 2


def test_a_client_that_takes_nothing_of_its_answer_is_cut_off(quick: ServeSettings) -> None:
    body = b'"' + b"x" * 12_000_000 + b'"'
    with (
        serving(FakeBundle(limits=Limits(input_bytes=len(body))), replace(quick, body_seconds=PATIENCE)) as served,
        socket.socket() as connection,
    ):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(PATIENCE)
        connection.connect(served.address)
        connection.sendall(POST + b"content-length: %d\r\n\r\n" % len(body) + body)
        wait_until(lambda: len(served.server.server_state.connections) == 1)
        wait_until(lambda: not served.server.server_state.connections)
        assert is_served(served)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /echo HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 5000 + b"\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nhost: a\r\n" + b"a: b\r\n" * 1000 + b"\r\n",
        b"GET /" + b"y" * 5000 + b" HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 500_000,
    ],
)
def test_a_giant_head_is_431(impatient: Served, head: bytes) -> None:
    answer = exchange_in_spite_of_a_reset(impatient, head)
    assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert is_served(impatient)


def test_nothing_behind_a_giant_head_is_served(impatient: Served) -> None:
    head = b"GET /echo HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 5000 + b"\r\n\r\n"
    with impatient.connect() as connection:
        connection.sendall(GET)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        connection.sendall(head + GET.replace(b"host", b"x-request-id: behind\r\nhost"))
        assert read_all(connection).count(b"HTTP/1.1 ") == 1
    assert impatient.client.get("/echo", headers={"x-request-id": "after"}).status_code == 200
    assert [line["id"] for line in impatient.log(2)][1:] == ["after"]


def test_trailers_without_end_are_431(impatient: Served) -> None:
    request = POST + b"transfer-encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n" + b"a: b\r\n" * 5000
    assert exchange_in_spite_of_a_reset(impatient, request).startswith(b"HTTP/1.1 431 ")


def test_a_body_in_many_small_chunks_is_no_giant_head(impatient: Served) -> None:
    body = b'"' + b"x" * 5000 + b'"'
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    with impatient.connect() as connection:
        connection.sendall(POST + b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
        assert read_all(connection).endswith(body)


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nhost: a\r\nx\0y: z\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nhost: a\r\n folded: x\r\n\r\n",
        POST + b"content-length: 1\r\ncontent-length: 2\r\n\r\n12",
        POST + b"content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n",
        POST + b"content-length: -1\r\n\r\n",
        POST + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
        b"CONNECT a:80 HTTP/1.1\r\nhost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_http_or_two_kinds_of_it_is_400(impatient: Served, request_: bytes) -> None:
    answer = exchange_in_spite_of_a_reset(impatient, request_)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b'{"error":"this is no valid HTTP request"}' in answer
    assert is_served(impatient)


def test_requests_in_a_row_are_answered_in_their_order(served: Served) -> None:
    bodies = [b"%d" % number for number in range(50)]
    requests = [POST + b"content-length: %d\r\n\r\n" % len(body) + body for body in bodies]
    with served.connect() as connection:
        connection.sendall(b"".join(requests) + GET.replace(b"host", b"connection: close\r\nhost"))
        answers = read_all(connection).split(b"HTTP/1.1 ")[1:]
    assert [answer.partition(b"\r\n\r\n")[2] for answer in answers] == [*bodies, b"{}"]


@pytest.mark.parametrize("farewell", [b"", b"nonsense\r\n\r\n"])
def test_a_client_that_leaves_with_requests_in_a_row_is_no_failure_of_the_server(
    served: Served, farewell: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    hold = POST.replace(b"/echo", b"/hold") + b"content-length: 1\r\n\r\n1"
    with served.connect() as connection:
        connection.sendall(hold)
        assert served.bundle.functions.begun.acquire(timeout=PATIENCE)
        connection.sendall(GET + farewell)
        if farewell:
            assert read_all(connection) == b""
    served.bundle.functions.let_go.release()
    wait_until(lambda: not served.server.server_state.tasks and not served.server.server_state.connections)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_connection_too_many_is_503_and_the_others_go_on(impatient: Served) -> None:
    impatient.client.get("/echo")
    others = [impatient.connect() for _ in range(4)]
    try:
        wait_until(lambda: len(impatient.server.server_state.connections) == 5)
        answer = impatient.exchange(b"")
        assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b"retry-after: 1\r\n" in answer
        assert b'{"error":"too many connections are open"}' in answer
        assert is_served(impatient)
    finally:
        for other in others:
            other.close()
    wait_until(lambda: len(impatient.server.server_state.connections) == 1)
    assert impatient.exchange(GET.replace(b"host", b"connection: close\r\nhost")).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path", [b"/nowhere", b"/echo"])
def test_what_is_left_of_a_refused_body_is_not_taken_for_a_request(served: Served, path: bytes) -> None:
    chunks = b"1000\r\n" + b"GET /echo HTTP/1.1\r\n\r\n".ljust(4096) + b"\r\n"
    request = POST.replace(b"/echo", path) + b"transfer-encoding: chunked\r\n\r\n" + chunks * 50 + b"0\r\n\r\n"
    with served.connect() as connection:
        connection.sendall(request + GET.replace(b"host", b"connection: close\r\nhost"))
        answers = read_all(connection)
    assert answers.count(b"HTTP/1.1 ") == 2
    assert answers.startswith(b"HTTP/1.1 413 " if path == b"/echo" else b"HTTP/1.1 404 ")
    assert answers.endswith(b"\r\n\r\n{}")


def test_an_upgrade_that_nobody_offers_is_answered_as_a_plain_request(served: Served) -> None:
    request = GET.replace(
        b"host: a", b"host: a\r\nupgrade: websocket\r\nconnection: upgrade, close\r\nsec-websocket-version: 13"
    )
    assert served.exchange(request).startswith(b"HTTP/1.1 200 ")


def test_a_client_may_ask_before_it_sends_a_large_body(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(POST + b"expect: 100-continue\r\nconnection: close\r\ncontent-length: 4\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"1234")
        assert read_all(connection).endswith(b"\r\n\r\n1234")
    with served.connect() as connection:
        connection.sendall(POST + b"expect: 100-continue\r\ncontent-length: 400000\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_http_1_0_is_answered_and_closed(served: Served) -> None:
    assert served.exchange(b"GET /echo HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\n{}")


def test_whatever_bytes_come_the_server_serves_on(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    pieces = [
        GET,
        POST,
        b"content-length: 5\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\n",
        b"5\r\n[1,2]\r\n0\r\n\r\n",
    ]
    pieces += [
        b"\r\n",
        b"HEAD /items/%00 HTTP/1.1\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\n\r\n",
        b"[1,2]",
        b"PRI * HTTP/2.0\r\n\r\n",
    ]
    pieces += [b"GET http://a/echo HTTP/1.1\r\n\r\n", b"GET http://a HTTP/1.1\r\n\r\n", b"TRACE / HTTP/1.1\r\n\r\n"]

    @settings(max_examples=200, deadline=None)
    @given(st.lists(st.sampled_from(pieces) | st.binary(max_size=30), min_size=1, max_size=6), st.integers(0, 300))
    def send(parts: list[bytes], cut: int) -> None:
        with served.connect() as connection, suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(b"".join(parts)[: -cut or None])
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(65536)
            assert not answer or answer.startswith(b"HTTP/1.1 ")

    send()
    assert is_served(served)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def drip(connection: socket.socket, data: bytes) -> bytes:
    """Send one byte after the other until the server has enough of it; what it said."""
    connection.settimeout(0.02)
    answer = b""
    for at in range(len(data)):
        try:
            connection.send(data[at : at + 1])
            part = connection.recv(65536)
        except TimeoutError:
            continue
        except (ConnectionResetError, BrokenPipeError):
            return answer
        if not part:
            return answer
        answer += part
    return answer


def exchange_in_spite_of_a_reset(served: Served, request: bytes) -> bytes:
    """The answer to a request that the server may refuse before it has taken all of it."""
    with served.connect() as connection:
        with suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(request)
        return read_all(connection)

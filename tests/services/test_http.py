"""Which servers a guest reaches."""

from __future__ import annotations

import os
import socket

import pytest
from tests.services.conftest import PUBLIC, Lab, Serve, ok

from plugbay.errors import HttpFailed, PermissionDenied, PlugbayError
from plugbay.services import HttpClient


def test_a_granted_host_answers(serve: Serve, lab: Lab) -> None:
    server = serve(ok(b"hello", b"X-Thing: a", b"x-thing: b"))
    response = lab.get(f"http://api.example.com:{server.port}/path?q", "*.example.com")
    assert response.status == 200
    assert response.body == b"hello"
    assert response.headers == [("content-length", "5"), ("x-thing", "a"), ("x-thing", "b")]
    assert server.requests == [
        b"GET /path?q HTTP/1.1\r\nhost: api.example.com:%d\r\naccept-encoding: identity\r\nconnection: close\r\n\r\n"
        % server.port
    ]


def test_the_real_resolver_and_dialer_reach_this_machine_when_it_is_named(serve: Serve, lab: Lab) -> None:
    server = serve(ok())
    client = HttpClient()
    assert lab.get(f"http://127.0.0.1:{server.port}", f"127.0.0.1:{server.port}", client=client).status == 200
    assert lab.get(f"http://localhost:{server.port}", "localhost", client=client).status == 200
    with pytest.raises(PermissionDenied):
        lab.get(f"http://localhost:{server.port}", "*", client=client)
    assert len(server.requests) == 2


def test_proxies_of_the_environment_are_not_used(serve: Serve, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    server, proxy = serve(ok()), serve(ok(b"proxy"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    assert lab.get(f"http://api.example.com:{server.port}", "*").body == b"hello"
    assert proxy.requests == []


def test_a_host_that_was_not_granted_is_not_even_looked_up(lab: Lab) -> None:
    with pytest.raises(PermissionDenied):
        lab.get("http://api.example.com", "other.example.com")
    with pytest.raises(PermissionDenied):
        lab.get("http://api.example.com")
    assert (lab.looked_up, lab.dialed) == ([], [])


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1", "http://[::1]", "http://[::ffff:7f00:1]", "http://169.254.169.254/latest", "http://0.0.0.0"],
)
def test_addresses_inside_are_never_dialed_for_a_wildcard(lab: Lab, url: str) -> None:
    with pytest.raises(PermissionDenied):
        lab.get(url, "*")
    assert lab.dialed == []


def test_a_name_with_one_private_address_is_never_dialed_for_a_wildcard(lab: Lab) -> None:
    lab.names["mixed.example.com"] = [[PUBLIC, "10.0.0.1"]]
    with pytest.raises(PermissionDenied):
        lab.get("http://mixed.example.com", "*.example.com")
    assert lab.dialed == []


def test_a_name_rebound_after_the_check_makes_no_difference(serve: Serve, lab: Lab) -> None:
    server = serve(ok())
    lab.names["rebind.example.com"] = [[PUBLIC], ["127.0.0.1"]]
    url = f"http://rebind.example.com:{server.port}"
    lab.get(url, "*.example.com")
    assert lab.looked_up == ["rebind.example.com"]
    assert lab.dialed == [(PUBLIC, server.port)]
    with pytest.raises(PermissionDenied):
        lab.get(url, "*.example.com")
    assert lab.dialed == [(PUBLIC, server.port)]


def test_the_next_address_is_tried_when_one_fails(serve: Serve, lab: Lab) -> None:
    server = serve(ok())
    lab.names["api.example.com"] = [["2606:4700::1", "1.1.1.1", PUBLIC]]

    def dial(address: str, port: int, timeout: float) -> socket.socket:
        lab.dialed.append((address, port))
        if address != PUBLIC:
            raise ConnectionRefusedError("refused")
        return socket.create_connection(("127.0.0.1", port), timeout)

    client = HttpClient(resolver=lab.resolve, dialer=dial)
    assert lab.get(f"http://api.example.com:{server.port}", "*", client=client).status == 200
    assert [address for address, _ in lab.dialed] == ["2606:4700::1", "1.1.1.1", PUBLIC]


def test_an_address_that_hangs_leaves_time_for_the_next(serve: Serve, lab: Lab) -> None:
    server = serve(ok())
    lab.names["api.example.com"] = [["1.1.1.1", PUBLIC]]
    given: list[float] = []

    def dial(address: str, port: int, timeout: float) -> socket.socket:
        given.append(timeout)
        if address != PUBLIC:
            raise TimeoutError("timed out")
        return socket.create_connection(("127.0.0.1", port), timeout)

    lab.get(f"http://api.example.com:{server.port}", "*", client=HttpClient(resolver=lab.resolve, dialer=dial))
    assert given[0] <= 10 < given[1] <= 20


def test_a_server_that_is_not_there_fails(lab: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(HttpFailed, match="can't connect"):
        lab.get(f"http://api.example.com:{port}", "*")


def test_a_name_that_does_not_resolve_fails(lab: Lab) -> None:
    with pytest.raises(HttpFailed, match="can't be resolved"):
        lab.get("http://missing.example.com", "*")


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_client_works_on_both_sides_of_a_fork(serve: Serve, lab: Lab) -> None:
    server = serve(ok())
    client = HttpClient()
    url = f"http://localhost:{server.port}"
    lab.get(url, "localhost", client=client)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = 0 if lab.get(url, "localhost", client=client).body == b"hello" else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert lab.get(url, "localhost", client=client).body == b"hello"


def test_no_request_of_a_guest_leaves_the_error_tree(lab: Lab) -> None:
    fine = "http://api.example.com"
    headers: list[tuple[str, str]] = [("a\r\n", "b"), ("a", "\ud800"), ("a", "鍵")]
    for url in ("", "http://", "http://\ud800", "http://a\r\nb", "http://*.com", "http://a:99999", "x" * 100_000):
        with pytest.raises(PlugbayError):
            lab.get(url, "*")
    for method in ("", "GET\r\n", "CONNECT"):
        with pytest.raises(PlugbayError):
            lab.get(fine, "*", method=method)
    for header in headers:
        with pytest.raises(PlugbayError):
            lab.get(fine, "*", headers=[header])
    assert lab.dialed == []

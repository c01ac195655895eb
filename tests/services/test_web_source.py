"""Modules from the web. It is here, not with the other sources, for the servers and made-up names of this folder."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest
from tests.services.conftest import Lab, Serve, ok, redirect

from plugbay.errors import SourceNotFound, SourceUnreadable, TooLarge
from plugbay.module import web_source
from plugbay.module.source import read_source
from plugbay.module.web_source import download, plugbay_module_source
from plugbay.services import HttpClient, HttpResponse

WASM = b"\0asm\1\0\0\0"


@pytest.fixture
def client(lab: Lab) -> HttpClient:
    return HttpClient(resolver=lab.resolve, dialer=lab.dial)


def test_a_url_of_a_local_server_loads_since_its_giver_named_it(serve: Serve) -> None:
    server = serve(ok(WASM))
    url = f"http://127.0.0.1:{server.port}/a.wasm"
    source = read_source(url, max_bytes=100, fetch=lambda uri: plugbay_module_source(uri, 100))
    assert (source.data, source.origin) == (WASM, url)
    assert server.heads[0].startswith("get /a.wasm http/1.1")


@pytest.mark.parametrize("uri", ["snake://a", "httpx://a/b", "http:a", "a.wasm"])
def test_other_schemes_are_left_to_other_readers(uri: str) -> None:
    assert plugbay_module_source(uri, 100) is None


def test_a_redirect_to_another_public_server_is_followed(serve: Serve, lab: Lab, client: HttpClient) -> None:
    server = serve(ok(WASM))
    first = serve(redirect(f"http://other.example.com:{server.port}/b.wasm"))
    assert download(f"http://api.example.com:{first.port}/a.wasm", 100, client) == WASM
    assert lab.looked_up == ["api.example.com", "other.example.com"]


def test_a_redirect_to_a_private_server_is_not(serve: Serve, client: HttpClient) -> None:
    secret = serve(ok(WASM))
    server = serve(redirect(f"http://127.0.0.1:{secret.port}/"))
    with pytest.raises(SourceUnreadable, match=r"was not granted|leads to"):
        download(f"http://api.example.com:{server.port}/", 100, client)
    assert secret.requests == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n", SourceNotFound),
        (b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n", SourceUnreadable),
        (b"HTTP/1.1 206 Partial\r\nContent-Length: 8\r\n\r\n" + WASM, SourceUnreadable),
        (b"this is no HTTP\r\n\r\n", SourceUnreadable),
        (ok(b"x" * 101), TooLarge),
    ],
)
def test_what_is_no_module_of_the_right_size_is_an_error(
    serve: Serve, client: HttpClient, answer: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        download(f"http://127.0.0.1:{serve(answer).port}/a.wasm", 100, client)


@pytest.mark.parametrize("url", ["http://", "http://a b/", "https://user:word@example.com/", "http://nowhere.invalid/"])
def test_a_url_that_leads_nowhere_is_unreadable(client: HttpClient, url: str) -> None:
    with pytest.raises(SourceUnreadable):
        download(url, 100, client)


def test_a_server_that_never_answers_is_given_up(
    serve: Serve, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_source, "SECONDS", 0.05)

    def stall(_connection: socket.socket) -> None:
        time.sleep(0.5)

    server = serve(stall)
    with pytest.raises(SourceUnreadable, match=r"took over 0\.05 seconds"):
        download(f"http://127.0.0.1:{server.port}/", 100, client)


@pytest.mark.parametrize(("url", "plain"), [("https://api.example.com/", False), ("http://api.example.com/", True)])
def test_a_redirect_leads_from_https_to_https_only(url: str, plain: bool) -> None:
    class Spy(HttpClient):
        def request(self, url: str, **options: Any) -> HttpResponse:
            grants = options["grants"]
            assert any(grant.matches("other.example.com", 443) for grant in grants)
            assert options["keep_https"] is not plain
            assert any(grant.matches("other.example.com", 80) for grant in grants) is plain
            return HttpResponse(200, [], WASM)

    assert download(url, 100, Spy()) == WASM

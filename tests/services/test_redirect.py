"""Redirects, each hop checked like the first."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from tests.services.conftest import Lab, Serve, ok, redirect

from plugbay.errors import DeadlineExceeded, HttpFailed, PermissionDenied
from plugbay.services import HostPattern, HttpClient

if TYPE_CHECKING:
    import socket


def test_a_redirect_is_followed_to_a_granted_host(serve: Serve, lab: Lab) -> None:
    server = serve(redirect("/second"), ok(b"there"))
    assert lab.get(f"http://api.example.com:{server.port}/first", "*.example.com").body == b"there"
    assert [head.partition("\r\n")[0] for head in server.heads] == ["get /first http/1.1", "get /second http/1.1"]


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "//inside.example.com/",
        "http://elsewhere.org/",
        "file:///etc/passwd",
        "ftp://api.example.com/",
    ],
)
def test_a_redirect_to_where_the_plugin_may_not_go_is_refused(serve: Serve, lab: Lab, location: str) -> None:
    lab.names |= {"localhost": [["127.0.0.1"]], "inside.example.com": [["192.168.0.1"]]}
    server = serve(redirect(location), ok(b"never"))
    grants = ["*.example.com"] if "elsewhere" in location else ["*"]
    with pytest.raises(PermissionDenied):
        lab.get(f"http://api.example.com:{server.port}", *grants)
    assert len(lab.dialed) == len(server.requests) == 1


def test_a_redirect_to_plain_http_is_refused_where_https_is_to_be_kept(serve: Serve, lab: Lab) -> None:
    server = serve(redirect("http://api.example.com:443/"), ok(b"never"))
    client = HttpClient(resolver=lab.resolve, dialer=lab.dial)
    grants = [HostPattern.parse("*")]
    url, deadline_at = f"http://api.example.com:{server.port}", time.monotonic() + 30
    with pytest.raises(HttpFailed, match=r"leads to plain http: http://api\.example\.com:443/"):
        client.request(url, grants=grants, max_bytes=100, deadline_at=deadline_at, keep_https=True)
    assert len(lab.dialed) == 1


def test_redirects_without_end_are_given_up(serve: Serve, lab: Lab) -> None:
    server = serve(redirect("/again"))
    with pytest.raises(HttpFailed, match="more than 5 redirects"):
        lab.get(f"http://api.example.com:{server.port}", "*")
    assert len(server.requests) == 6


def test_a_redirect_without_a_location_is_an_answer(serve: Serve, lab: Lab) -> None:
    server = serve(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")
    assert lab.get(f"http://api.example.com:{server.port}", "*").status == 302


@pytest.mark.parametrize(
    ("status", "method", "then", "keeps_body"),
    [
        (301, "POST", "get", False),
        (302, "POST", "get", False),
        (303, "POST", "get", False),
        (303, "PUT", "get", False),
        (303, "HEAD", "head", True),
        (302, "PUT", "put", True),
        (307, "POST", "post", True),
        (308, "POST", "post", True),
    ],
)
def test_a_redirect_changes_the_method_as_browsers_do(
    serve: Serve, lab: Lab, status: int, method: str, then: str, keeps_body: bool
) -> None:
    server = serve(redirect("/next", status), ok(b""))
    headers = [("Content-Type", "text/plain")]
    lab.get(f"http://api.example.com:{server.port}", "*", method=method, body=b"body", headers=headers)
    assert server.heads[1].startswith(f"{then} /next ")
    assert server.requests[1].endswith(b"body") is keeps_body
    assert ("content-type" in server.heads[1]) is keeps_body


def test_credentials_stay_with_the_host_they_were_meant_for(serve: Serve, lab: Lab) -> None:
    other = serve(ok())
    server = serve(redirect("/same"), redirect(f"http://other.example.com:{other.port}/"))
    headers = [("Authorization", "secret"), ("Cookie", "secret"), ("X-Other", "kept")]
    lab.get(f"http://api.example.com:{server.port}", "*", headers=headers)
    assert ["secret" in head for head in (*server.heads, *other.heads)] == [True, True, False]
    assert "x-other: kept" in other.heads[0]


def test_slow_redirects_share_one_deadline(serve: Serve, lab: Lab) -> None:
    def slow(connection: socket.socket) -> None:
        time.sleep(0.06)
        connection.sendall(redirect("/again"))

    server = serve(slow)
    with pytest.raises(DeadlineExceeded):
        lab.get(f"http://api.example.com:{server.port}", "*", seconds=0.1)
    assert len(server.requests) < 4

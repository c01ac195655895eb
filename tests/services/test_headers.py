from __future__ import annotations

import pytest

from plugbay.errors import HttpFailed
from plugbay.services.headers import check_headers, check_method, without_content, without_credentials


@pytest.mark.parametrize(("method", "sent"), [("get", "GET"), ("POST", "POST"), ("Propfind", "PROPFIND")])
def test_a_method_is_sent_in_upper_case(method: str, sent: str) -> None:
    assert check_method(method) == sent


@pytest.mark.parametrize("method", ["", "GET /", "GET\r\n", "CONNECT", "trace", "GËT", "TRACK"])
def test_no_method_and_tunnels_are_refused(method: str) -> None:
    with pytest.raises(HttpFailed):
        check_method(method)


def test_headers_are_sent_in_lower_case_and_trimmed() -> None:
    assert check_headers([("X-A", " 1 "), ("x-a", "é")], b"") == (("x-a", "1"), ("x-a", "é"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("", "v"), ("a b", "v"), ("a:", "v"), ("a\r\nb", "v"), ("é", "v"), ("a", "v\r\nx: y"), ("a", "\n"), ("a", "\0")],
)
def test_characters_that_could_end_a_header_are_refused(name: str, value: str) -> None:
    with pytest.raises(HttpFailed, match="characters"):
        check_headers([(name, value)], b"")


@pytest.mark.parametrize(
    "name", ["Host", "connection", "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Proxy-Authorization", "Expect"]
)
def test_headers_of_the_connection_are_refused(name: str) -> None:
    with pytest.raises(HttpFailed, match="set by the host"):
        check_headers([(name, "x")], b"")


def test_a_content_length_must_be_true() -> None:
    assert check_headers([("Content-Length", "3")], b"abc") == ()
    with pytest.raises(HttpFailed):
        check_headers([("Content-Length", "4")], b"abc")


def test_an_accepted_encoding_gives_way_to_the_hosts() -> None:
    assert check_headers([("Accept-Encoding", "gzip")], b"") == ()


def test_too_many_headers_are_refused() -> None:
    with pytest.raises(HttpFailed, match="over 65536 bytes"):
        check_headers([(f"x-{number}", "y" * 1000) for number in range(70)], b"")


def test_credentials_and_content_headers_can_be_left_out() -> None:
    headers = (("authorization", "a"), ("cookie", "b"), ("content-type", "c"), ("x", "d"))
    assert without_credentials(headers) == (("content-type", "c"), ("x", "d"))
    assert without_content(headers) == (("authorization", "a"), ("cookie", "b"), ("x", "d"))

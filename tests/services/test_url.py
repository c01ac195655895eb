from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from plugbay.errors import HttpFailed, PermissionDenied
from plugbay.services.url import Url, parse_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://Example.com", Url("http", "example.com", 80, "/")),
        ("HTTPS://example.com./a?b#c", Url("https", "example.com", 443, "/a?b")),
        ("http://example.com:8080?q=1", Url("http", "example.com", 8080, "/?q=1")),
        ("http://example.com:/", Url("http", "example.com", 80, "/")),
        ("http://[::1]:80/", Url("http", "::1", 80, "/")),
        ("http://bücher.example/ü?ö=%20", Url("http", "xn--bcher-kva.example", 80, "/%C3%BC?%C3%B6=%20")),
        ('http://a/"<>|', Url("http", "a", 80, "/%22%3C%3E%7C")),
        ("http://a/?x[]=1?2", Url("http", "a", 80, "/?x[]=1?2")),
    ],
)
def test_a_url_is_read(text: str, url: Url) -> None:
    assert parse_url(text) == url
    assert parse_url(str(url)) == url


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "x",
            "//a",
            "/a",
            "http:",
            "http:a",
            "http://",
            "http:///a",
            "http://:80",
            "http://a:b",
            "http://a:65536",
        ),
        *(
            "http://a:0",
            "http://user@a",
            "http://user:pw@a",
            "http://a@b@c",
            "http://a b",
            "http://a\\b",
            "http://a\r\nb",
        ),
        *(
            "http://a/\tb",
            "http://a/ b",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1",
            "http://]",
        ),
        *("http://a/\ud800", "http://[::1]x/", "http://a[::1]/", "http://" + "a" * 70_000, "http://*", "http://%61"),
    ],
)
def test_what_is_no_url_is_refused(text: str) -> None:
    with pytest.raises(HttpFailed):
        parse_url(text)


@pytest.mark.parametrize(
    "text", ["file:///etc/passwd", "ftp://a/", "gopher://a", "data:,x", "unix:/run/x", "localhost:80/"]
)
def test_other_schemes_are_denied(text: str) -> None:
    with pytest.raises(PermissionDenied, match="http and https"):
        parse_url(text)


@pytest.mark.parametrize(
    ("location", "joined"),
    [
        ("/b", "http://a:81/b"),
        ("c?d", "http://a:81/x/c?d"),
        ("?q", "http://a:81/x/y?q"),
        ("//b/c", "http://b/c"),
        ("https://b", "https://b/"),
        ("", "http://a:81/x/y"),
    ],
)
def test_a_redirect_is_read_against_its_origin(location: str, joined: str) -> None:
    assert str(parse_url("http://a:81/x/y").join(location)) == joined


@pytest.mark.parametrize("location", ["http://[", "//[::1", "http://a\\@b", "//user@b"])
def test_a_redirect_to_no_url_is_refused(location: str) -> None:
    with pytest.raises(HttpFailed):
        parse_url("http://a/").join(location)


@given(text=st.text() | st.text(max_size=40).map(lambda rest: f"http://{rest}"))
def test_any_text_is_a_url_that_reads_back_the_same_or_is_refused(text: str) -> None:
    try:
        url = parse_url(text)
    except (HttpFailed, PermissionDenied):
        return
    assert str(url).isascii()
    assert parse_url(str(url)) == url

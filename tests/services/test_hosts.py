from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from plugbay.errors import ConfigInvalid
from plugbay.services import HostPattern
from plugbay.services.hosts import normal_host, parse_patterns


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("my_service", "my_service"),
        ("127.0.0.1", "127.0.0.1"),
        ("127。0。0。1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("[0:0::1]", "::1"),
    ],
)
def test_a_host_has_one_spelling(text: str, normal: str) -> None:
    assert normal_host(text) == normal


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "a..b", ".a", "-a.com", "a-.com", "a b", "a/b", "a@b", "a:b", "a%2e", "*", "a\x00", "a\n"),
        *("127.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "1.2.3.256", "1.2.3.4.5", "a.1"),
        *("::1", "[::1", "[fe80::1%eth0]", "[127.0.0.1]", "[]", "x" * 64, "a." * 130 + "com", "x" * 5000, "\ud800"),
    ],
)
def test_what_is_no_host_is_none(text: str) -> None:
    assert normal_host(text) is None


@given(text=st.text(max_size=80))
def test_any_text_is_a_host_in_its_final_spelling_or_none(text: str) -> None:
    normal = normal_host(text)
    if normal is not None:
        assert normal.isascii()
        assert normal_host(f"[{normal}]" if ":" in normal else normal) == normal


@pytest.mark.parametrize(
    ("pattern", "host", "port"),
    [
        ("api.example.com", "api.example.com", 443),
        ("API.example.com.", "api.example.com", 8080),
        ("api.example.com:8080", "api.example.com", 8080),
        ("api.example.com:*", "api.example.com", 8080),
        ("*.example.com", "a.example.com", 1),
        ("*.example.com", "a.b.example.com", 1),
        ("*.Bücher.example:443", "a.xn--bcher-kva.example", 443),
        ("api-*.example.com", "api-eu.example.com", 1),
        ("*", "anything", 1),
        ("*", "::1", 1),
        ("*:443", "anything.example", 443),
        ("[::1]:80", "::1", 80),
        ("[0::1]", "::1", 80),
        ("10.0.0.*", "10.0.0.7", 80),
    ],
)
def test_a_grant_covers(pattern: str, host: str, port: int) -> None:
    assert HostPattern.parse(pattern).matches(host, port)


@pytest.mark.parametrize(
    ("pattern", "host", "port"),
    [
        ("*.example.com", "example.com", 443),
        ("*.example.com", "example.com.evil.org", 443),
        ("*.example.com", "evilexample.com", 443),
        ("example.com", "a.example.com", 443),
        ("api.example.com:443", "api.example.com", 80),
        ("api-?.example.com".replace("?", "*"), "api.example.com", 443),
    ],
)
def test_a_grant_does_not_cover(pattern: str, host: str, port: int) -> None:
    assert not HostPattern.parse(pattern).matches(host, port)


@pytest.mark.parametrize(
    "text",
    [
        *("", ":", ":80", "a:", "a:0", "a:65536", "a:-1", "a:x", "a:80:80", "https://a", "a/b", "a b", "a?", "[ab]*"),
        *("[::1", "::1", "[::1]x", "*.a..b", "*.\x00", "127.1", "user@a"),
    ],
)
def test_what_is_no_grant_is_refused(text: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        HostPattern.parse(text)
    assert caught.value.found == text


def test_one_text_in_place_of_a_list_is_refused() -> None:
    with pytest.raises(ConfigInvalid, match="list of hosts"):
        parse_patterns("api.example.com")


def test_a_grant_without_a_wildcard_is_literal() -> None:
    assert HostPattern.parse("a.example.com:80").literal
    assert not HostPattern.parse("*.example.com").literal

from __future__ import annotations

import pytest

from plugbay.errors import HttpFailed, PermissionDenied
from plugbay.services.grants import check_addresses, check_host
from plugbay.services.hosts import parse_patterns
from plugbay.services.url import parse_url

PUBLIC = "93.184.215.14"


def leads(url: str, addresses: list[str], *grants: str) -> bool:
    check_host(parse_url(url), parse_patterns(grants))
    check_addresses(parse_url(url), addresses, parse_patterns(grants))
    return True


@pytest.mark.parametrize(
    ("url", "addresses", "grant"),
    [
        ("http://a.example", [PUBLIC, "2606:4700::1"], "*"),
        ("http://a.example", ["10.0.0.1"], "a.example"),
        ("http://localhost:81", ["127.0.0.1", "::1"], "localhost"),
        ("http://localhost:81", ["127.0.0.1"], "localhost:81"),
        ("http://10.0.0.1", ["10.0.0.1"], "10.0.0.1"),
        ("http://[::1]", ["::1"], "[::1]"),
        ("http://169.254.169.254", ["169.254.169.254"], "169.254.169.254"),
    ],
)
def test_a_grant_is_enough(url: str, addresses: list[str], grant: str) -> None:
    assert leads(url, addresses, grant)


def test_a_wildcard_and_the_address_by_itself_are_enough_together() -> None:
    assert leads("http://a.example", ["10.0.0.1"], "*.example", "10.0.0.1")
    assert leads("http://metadata.example", ["169.254.169.254"], "metadata.example", "169.254.169.254")


@pytest.mark.parametrize(
    ("url", "addresses", "grant"),
    [
        ("http://a.example", ["10.0.0.1"], "*.example"),
        ("http://a.example", [PUBLIC, "127.0.0.1"], "*"),
        ("http://a.example", ["::ffff:127.0.0.1"], "*"),
        ("http://a.example", ["64:ff9b::a00:1"], "*"),
        ("http://a.example", ["2002:7f00:1::"], "*"),
        ("http://127.0.0.1", ["127.0.0.1"], "*"),
        ("http://127.0.0.1", ["127.0.0.1"], "127.0.0.*"),
        ("http://a.example", ["169.254.169.254"], "a.example"),
        ("http://a.example", ["0.0.0.0"], "a.example"),
        ("http://a.example", ["fe80::1%1"], "a.example"),
        ("http://a.example", ["224.0.0.1"], "a.example"),
    ],
)
def test_addresses_inside_need_more_than_that(url: str, addresses: list[str], grant: str) -> None:
    with pytest.raises(PermissionDenied, match="leads to") as caught:
        leads(url, addresses, grant)
    assert caught.value.hint is not None
    assert "--allow-http" in caught.value.hint


def test_a_host_that_was_not_granted_is_named_with_the_way_to_grant_it() -> None:
    with pytest.raises(PermissionDenied) as caught:
        leads("https://api.example.com:8443/x", [PUBLIC], "api.example.com:443", "*.other.com")
    assert caught.value.found == "api.example.com:8443"
    assert caught.value.hint == ("Permissions(http=('api.example.com:8443',)), or --allow-http api.example.com:8443")


def test_what_a_resolver_makes_up_is_refused() -> None:
    with pytest.raises(HttpFailed, match="no address"):
        leads("http://a.example", ["nonsense"], "*")

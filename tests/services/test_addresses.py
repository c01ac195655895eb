from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import hypothesis.strategies as st
import pytest
from hypothesis import given

from plugbay.services.addresses import Reach, parse_address, reach

NAT64 = IPv6Network("64:ff9b::/96")
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.215.14", "172.32.0.1", "192.167.255.255", "2606:4700::1111", "2a00:1450::1"]
INTERNAL = ["127.0.0.1", "127.255.255.255", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"]
INTERNAL_V6 = ["::1", "fc00::1", "fd12:3456::1"]
SPECIAL = ["0.0.0.0", "0.1.2.3", "169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "192.0.2.1"]
SPECIAL_MORE = ["192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1"]
SPECIAL_V6 = ["::", "::2", "fe80::1", "fec0::1", "ff02::1", "2001::1", "2001:db8::1", "3fff::1", "100::1", "5f00::1"]
METADATA_V6 = ["fd00:ec2::254", "fd20:ce::254", "64:ff9b:1::1", "::127.0.0.1", "fe80::1%1"]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_machine_on_the_internet_is_public(address: str) -> None:
    assert reach(ip_address(address)) is Reach.PUBLIC


@pytest.mark.parametrize("address", INTERNAL + INTERNAL_V6)
def test_this_machine_and_its_network_are_internal(address: str) -> None:
    assert reach(ip_address(address)) is Reach.INTERNAL


@pytest.mark.parametrize("address", [*SPECIAL, *SPECIAL_MORE, "255.255.255.255", *SPECIAL_V6, *METADATA_V6])
def test_everything_else_is_special(address: str) -> None:
    assert reach(ip_address(address)) is Reach.SPECIAL


@given(inner=st.ip_addresses(v=4))
def test_an_address_that_embeds_another_reaches_as_far(inner: IPv4Address) -> None:
    number = int(inner)
    mapped = IPv6Address(0xFFFF << 32 | number)
    nat64 = IPv6Address(int(IPv6Address("64:ff9b::")) | number)
    six_to_four = IPv6Address(0x2002 << 112 | number << 80)
    assert {reach(mapped), reach(nat64), reach(six_to_four)} == {reach(inner)}


@given(address=st.ip_addresses())
def test_what_python_knows_to_be_private_is_never_public(address: IPv4Address | IPv6Address) -> None:
    embeds = address.version == 6 and (address.ipv4_mapped or address.sixtofour or address in NAT64)
    known = address.is_private or address.is_multicast or address.is_reserved or address.is_link_local
    assert embeds or not known or reach(address) is not Reach.PUBLIC


def test_a_name_is_no_address() -> None:
    assert parse_address("example.com") is None
    assert parse_address("127.0.0.1") == IPv4Address("127.0.0.1")

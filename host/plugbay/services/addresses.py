"""Which network addresses a guest may be connected to.

The tables follow IANA's registries of special-purpose addresses (RFC 6890 and its updates). They are written out, since
Python's ``is_private`` and ``is_global`` change between patch releases.
"""

from __future__ import annotations

from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address


class Reach(Enum):
    """How far an address reaches, which decides what grant it needs."""

    PUBLIC = "public"
    """A machine on the internet: any matching grant."""
    INTERNAL = "internal"
    """This machine or its private network: the host must be named without a wildcard."""
    SPECIAL = "special"
    """Link-local (cloud metadata services live there), multicast, reserved, unspecified: the address itself must be
    named, because whoever runs a granted name's DNS could point it there."""


_INTERNAL_V4 = tuple(
    map(
        IPv4Network,
        (
            "10.0.0.0/8",
            "100.64.0.0/10",  # shared address space of carriers
            "127.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
        ),
    )
)
_SPECIAL_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "100.100.100.200/32",  # Alibaba Cloud's metadata service
            "168.63.129.16/32",  # Azure's host services, on a public address
            "169.254.0.0/16",
            "192.0.0.0/24",  # includes Oracle Cloud's metadata service
            "192.0.2.0/24",
            "192.88.99.0/24",  # relays of 6to4
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
_INTERNAL_V6 = tuple(map(IPv6Network, ("::1/128", "fc00::/7")))
_SPECIAL_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments, Teredo among them
            "2001:db8::/32",
            "3fff::/20",  # documentation
            "fd00:ec2::/32",  # Amazon's metadata service
            "fd20:ce::254/128",  # Google's metadata service
        ),
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_EMBEDDING_V6 = (
    (IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (IPv6Network("2002::/16"), 80),  # 6to4
)
"""Networks whose addresses lead to an IPv4 address, and by how many bits that stands from the end."""


def reach(address: Address) -> Reach:
    """How far an address reaches; one that embeds an IPv4 address reaches as far as that."""
    if isinstance(address, IPv4Address):
        return _classify(address, _SPECIAL_V4, _INTERNAL_V4)
    for network, shift in _EMBEDDING_V6:
        if address in network:
            return reach(IPv4Address(int(address) >> shift & 0xFFFFFFFF))
    found = _classify(address, _SPECIAL_V6, _INTERNAL_V6)
    return Reach.SPECIAL if found is Reach.PUBLIC and address not in _GLOBAL_V6 else found


def parse_address(text: str) -> Address | None:
    """The address that a host is, as :func:`~plugbay.services.hosts.normal_host` spells it; None for a name."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def _classify(
    address: Address, special: tuple[IPv4Network | IPv6Network, ...], internal: tuple[IPv4Network | IPv6Network, ...]
) -> Reach:
    if any(address in network for network in special):
        return Reach.SPECIAL
    return Reach.INTERNAL if any(address in network for network in internal) else Reach.PUBLIC

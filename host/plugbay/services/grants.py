"""Whether a guest may reach a server: by its name first, by its addresses when they are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from plugbay.errors import HttpFailed, PermissionDenied
from plugbay.services.addresses import Reach, parse_address, reach
from plugbay.services.hosts import HostPattern

if TYPE_CHECKING:
    from plugbay.services.url import Url

Grants = Sequence[HostPattern]
"""The hosts that a plugin was granted."""


def check_host(url: Url, grants: Grants) -> None:
    """Raise :class:`~plugbay.errors.PermissionDenied` unless the URL's host and port are granted."""
    if not any(grant.matches(url.host, url.port) for grant in grants):
        raise PermissionDenied(
            f"HTTP to {url.authority} was not granted", found=url.authority, hint=_hint(url.authority)
        )


def check_addresses(url: Url, addresses: Sequence[str], grants: Grants) -> None:
    """Raise :class:`~plugbay.errors.PermissionDenied` if any address of the host is out of the plugin's reach.

    One is enough: a name with both a public and a private address is how a plugin would be led inside.
    """
    by_name = _names(url.host, url.port, grants)
    for text in addresses:
        address = parse_address(text)
        if address is None:
            raise HttpFailed(f"the name {url.host} resolves to {text!a}, which is no address", found=ascii(text))
        match reach(address):
            case Reach.PUBLIC:
                continue
            case Reach.INTERNAL if by_name:
                continue
            case Reach.INTERNAL:
                way_out = _hint(url.authority)
            case Reach.SPECIAL:
                way_out = _hint(str(address) if address.version == 4 else f"[{address}]")
        if not _names(str(address), url.port, grants):
            raise PermissionDenied(
                f"HTTP to {url.authority} leads to {address}, an address that no wildcard and no other name grants",
                found=str(address),
                hint=f"only if you want the plugin there: {way_out}",
            )


def _names(host: str, port: int, grants: Grants) -> bool:
    """Whether a grant names exactly this host."""
    return any(grant.literal and grant.matches(host, port) for grant in grants)


def _hint(host: str) -> str:
    return f"Permissions(http=({host!r},)), or --allow-http {host}"

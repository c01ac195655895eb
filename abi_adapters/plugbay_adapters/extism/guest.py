"""What the Extism adapter needs of an engine: a compiled plugin that makes guests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugbay.byte_guest import ByteGuest
    from plugbay.functions import HostFunction
    from plugbay.services import HostServices


class ExtismCode(Protocol):
    """A plugin compiled on some engine."""

    def instantiate(self, services: HostServices, functions: Mapping[str, HostFunction]) -> ByteGuest:
        """A fresh guest whose start-up has not run.

        ``functions`` answer its imports, by ``namespace.name``; they have the signatures given when it was compiled,
        and permission to call them was checked by whoever made them.
        """
        ...

    def close(self) -> None:
        """Free the code; guests are closed before."""
        ...

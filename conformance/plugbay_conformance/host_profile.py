"""Host profiles: habits of the hosts that a plugin will really meet, beside the one that the specification asks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HostProfile:
    """How the host under which a case runs behaves.

    The first one of each ABI is the specification's own; its results alone decide a verdict. The others tell where a
    plugin would break. ``memory_pages`` is the most memory of a guest, in pages of 64 KiB. ``imports`` are the names
    (``env.log``) that the host has, None for all that the ABI knows; a module that imports another one does not load.
    """

    name: str
    title: str
    abi: str
    profiles: tuple[str, ...]
    memory_pages: int = 1024
    imports: frozenset[str] | None = None
    runs_initialize: bool = True
    frees_dropped_input: bool = True
    frees_before_reading: bool = False
    """The result is decoded only after the guest has taken it back with ``free``."""
    fresh_instance_per_message: bool = False
    keeps_trapped_instance: bool = False
    """After a trap the same instance goes on: sessions under this host can be called again."""

    @property
    def is_specification(self) -> bool:
        """Whether its results decide the verdict."""
        return self.name == SPECIFICATION


SPECIFICATION = "specification"
"""Name of the host profile that behaves as the specification says."""

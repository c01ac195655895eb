"""The hosts that a gear will meet."""

from __future__ import annotations

from typing import Final

from plugbay_conformance.host_profile import SPECIFICATION, HostProfile

_PROFILES: Final = ("core", "extended")

RACK: Final = "fluxrig-v0.6"
"""Name of the host profile that behaves as the racks of fluxrig v0.6 do."""

HOSTS: Final = (
    HostProfile(SPECIFICATION, "The specification's own host", "fluxrig", _PROFILES),
    HostProfile(
        RACK,
        "A rack of fluxrig v0.6",
        "fluxrig",
        _PROFILES,
        memory_pages=16,
        imports=frozenset({"env.log"}),
        runs_initialize=False,
        frees_dropped_input=False,
        frees_before_reading=True,
        keeps_trapped_instance=True,
    ),
)
"""The first one decides the verdict; the others tell where a gear would break."""

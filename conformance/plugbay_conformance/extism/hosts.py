"""The hosts that Extism plugins and Reflow's actors meet."""

from __future__ import annotations

from typing import Final

from plugbay_conformance.host_profile import SPECIFICATION, HostProfile

HOSTS: Final = (
    HostProfile(
        SPECIFICATION,
        "The specification: one instance for many calls, all of Extism's functions and Reflow's three.",
        "extism",
        ("plugin", "actor"),
    ),
    HostProfile(
        "reflow",
        "Reflow's own runtime: a fresh instance for each message, unknown types and undeclared ports ignored.",
        "extism",
        ("actor",),
        fresh_instance_per_message=True,
    ),
)
"""The specification's own host first."""

"""The hosts that a module of byte functions will meet.

PrioStack publishes no binary form, so there is no other host whose habits could be imitated but the JavaScript that
wasm-bindgen writes; what that does otherwise (it frees empty outputs too) is a part of PRI-042.
"""

from __future__ import annotations

from typing import Final

from plugbay_conformance.host_profile import SPECIFICATION, HostProfile

HOSTS: Final = (
    HostProfile(
        SPECIFICATION,
        "The specification's own host",
        "priostack",
        ("packed", "wasm-bindgen", "assemblyscript"),
    ),
)

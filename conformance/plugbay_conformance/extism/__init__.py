"""Extism's and Reflow's cases."""

from __future__ import annotations

from typing import Final

from plugbay_conformance.case import Case
from plugbay_conformance.extism import (
    binary,
    calls,
    failures,
    host_calls,
    http,
    messages,
    metadata,
    octets,
    operations,
    transforms,
    values,
)
from plugbay_conformance.extism.contract import read_contract
from plugbay_conformance.extism.hosts import HOSTS

CASES: Final[tuple[Case, ...]] = tuple(
    sorted(
        (
            case
            for module in (
                binary,
                calls,
                octets,
                transforms,
                failures,
                host_calls,
                http,
                metadata,
                messages,
                values,
                operations,
            )
            for case in module.CASES
        ),
        key=lambda case: case.requirement,
    )
)
"""In the order of the specification."""

__all__ = ["CASES", "HOSTS", "read_contract"]

"""PrioStack's cases."""

from __future__ import annotations

from plugbay_conformance.priostack import (
    allocator,
    binary,
    bytes_kept,
    failures,
    growth,
    host_calls,
    inputs,
    life,
    numbers,
    results,
    steadiness,
    values,
)
from plugbay_conformance.priostack.hosts import HOSTS
from plugbay_conformance.priostack.reading_contract import read_contract

_MODULES = (
    binary,
    life,
    allocator,
    results,
    inputs,
    steadiness,
    growth,
    bytes_kept,
    values,
    numbers,
    failures,
    host_calls,
)

CASES = tuple(sorted((case for module in _MODULES for case in module.CASES), key=lambda case: case.requirement))
"""In the order of the requirements."""

__all__ = ["CASES", "HOSTS", "read_contract"]

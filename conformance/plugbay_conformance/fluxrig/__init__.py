"""fluxrig's cases."""

from __future__ import annotations

from plugbay_conformance.fluxrig import (
    allocator,
    answers,
    bad_input,
    binary,
    buffers,
    encoding,
    fields,
    host_calls,
    outcomes,
    start,
    steadiness,
    values,
)
from plugbay_conformance.fluxrig.hosts import HOSTS, RACK
from plugbay_conformance.fluxrig.reading_contract import read_contract

_MODULES = (
    *(binary, start, allocator, buffers, steadiness, bad_input, encoding),
    *(fields, values, answers, outcomes, host_calls),
)

CASES = tuple(sorted((case for module in _MODULES for case in module.CASES), key=lambda case: case.requirement))
"""In the order of the requirements."""

__all__ = ["CASES", "HOSTS", "RACK", "read_contract"]

"""Making cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import Case, CaseKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_conformance.case import CaseContext

    Run = Callable[[CaseContext], None]

EXACT_CLOCK: Final = frozenset({"wasmtime", "wazero"})
"""Engines on which clock and randomness stand still; libextism's WASI has the real ones."""
WITH_HTTP: Final = EXACT_CLOCK
"""Engines on which HTTP is answered from a list; libextism would go to the network by itself, and is refused that."""
WITH_LOGS: Final = EXACT_CLOCK
"""Engines that tell what one plugin logged; libextism has one log for the whole process."""


def binary(requirement: int, name: str, run: Run) -> Case:
    """A case that reads the file alone."""
    return Case(f"EXT-{requirement:03}", name, CaseKind.BINARY, run)


def module(
    requirement: int, name: str, run: Run, *, engines: frozenset[str] | None = None, on_hosts: bool = False
) -> Case:
    """A case for any plugin."""
    return Case(f"EXT-{requirement:03}", name, CaseKind.MODULE, run, engines, on_hosts)


def guest(
    requirement: int, name: str, run: Run, *, engines: frozenset[str] | None = None, on_hosts: bool = False
) -> Case:
    """A case for the conformance guest."""
    return Case(f"EXT-{requirement:03}", name, CaseKind.GUEST, run, engines, on_hosts)

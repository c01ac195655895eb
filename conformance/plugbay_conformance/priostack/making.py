"""Making cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay_conformance.case import Case, CaseKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_conformance.case import CaseContext

    Run = Callable[[CaseContext], None]


def binary(requirement: int, name: str, run: Run) -> Case:
    """A case that reads the file alone."""
    return Case(f"PRI-{requirement:03}", name, CaseKind.BINARY, run)


def module(requirement: int, name: str, run: Run) -> Case:
    """A case for any module."""
    return Case(f"PRI-{requirement:03}", name, CaseKind.MODULE, run)


def guest(requirement: int, name: str, run: Run) -> Case:
    """A case for the conformance guest."""
    return Case(f"PRI-{requirement:03}", name, CaseKind.GUEST, run)

"""Making cases."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from plugbay_conformance.case import Case, CaseFailed, CaseKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_conformance.case import CaseContext

    Run = Callable[[CaseContext], None]


def binary(requirement: int, name: str, run: Run) -> Case:
    """A case that reads the file alone."""
    return Case(f"FLX-{requirement:03}", name, CaseKind.BINARY, run)


def module(requirement: int, name: str, run: Run, *, on_hosts: str = "") -> Case:
    """A case for any gear.

    It is run on hosts with quirks too when ``on_hosts`` says, in a sentence, what follows there when it fails.
    """
    return _case(requirement, name, CaseKind.MODULE, run, on_hosts)


def guest(requirement: int, name: str, run: Run, *, on_hosts: str = "") -> Case:
    """A case for the conformance guest; ``on_hosts`` as above."""
    return _case(requirement, name, CaseKind.GUEST, run, on_hosts)


def _case(requirement: int, name: str, kind: CaseKind, run: Run, consequence: str) -> Case:
    told = _telling(run, consequence) if consequence else run
    return Case(f"FLX-{requirement:03}", name, kind, told, on_hosts=bool(consequence))


def _telling(run: Run, consequence: str) -> Run:
    """The case, which says on a host with quirks what its failure means there."""

    @wraps(run)
    def told(context: CaseContext) -> None:
        try:
            run(context)
        except CaseFailed as failure:
            if context.host.is_specification:
                raise
            raise CaseFailed(f"{failure.reason}; {consequence}", failure.evidence) from None

    return told

"""Fresh instances for cases, and what cases pass over."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import CaseSkipped
from plugbay_conformance.engines.contract import GuestStopped, Setting, StopKind
from plugbay_conformance.priostack.byte_functions import ByteFunctions
from plugbay_conformance.priostack.convention import read_convention

if TYPE_CHECKING:
    from collections.abc import Generator

    from plugbay_conformance.case import CaseContext
    from plugbay_conformance.engines.contract import PointerSession
    from plugbay_conformance.host_profile import HostProfile

DEFAULT: Final = Setting()


@contextmanager
def open_functions(
    context: CaseContext, setting: Setting = DEFAULT, host: HostProfile | None = None
) -> Generator[ByteFunctions]:
    """A fresh instance, closed at the end.

    A module without the exports of its convention, and one that does not start, break requirements of their own: the
    other cases are skipped (:class:`~plugbay_conformance.case.CaseSkipped`).
    """
    convention = read_convention(context.subject.info, context.subject.profile)
    if convention is None:
        raise CaseSkipped("it can't be called: see PRI-001 to PRI-005")

    def open_session() -> PointerSession:
        return context.engine.open_pointers(context.subject, host or context.host, setting)

    try:
        functions = ByteFunctions(convention, open_session)
    except GuestStopped as stopped:
        if stopped.kind is not StopKind.LINK:
            raise
        raise CaseSkipped(f"it does not start: {stopped.reason}") from stopped
    try:
        yield functions
    finally:
        functions.close()


def pass_over(stopped: GuestStopped) -> None:
    """Let a case go on after a stop that other requirements judge.

    Raises :class:`~plugbay_conformance.case.CaseSkipped` for a guest that hangs, since to wait for it at each call
    would take minutes, and the stop itself when it is the engine's.
    """
    if stopped.kind is StopKind.DEADLINE:
        raise CaseSkipped("a function does not answer in time: see PRI-046 to PRI-048") from stopped
    if stopped.kind is StopKind.ENGINE:
        raise stopped

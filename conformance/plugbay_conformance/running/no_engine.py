"""The engine of cases that run nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay_conformance.engines.contract import GuestStopped, StopKind

if TYPE_CHECKING:
    from plugbay_conformance.case import Subject
    from plugbay_conformance.engines.contract import CallSession, PointerSession, Setting
    from plugbay_conformance.host_profile import HostProfile

NO_ENGINE: Final = "-"
"""Its name, also in results."""


class NoEngine:
    """Stands where an engine does, and opens nothing."""

    def __init__(self) -> None:
        self.name = NO_ENGINE
        self.version = ""

    def open_pointers(self, subject: Subject, host: HostProfile, setting: Setting) -> PointerSession:
        """Raises :class:`GuestStopped`."""
        raise _refusal(subject, host, setting)

    def open_calls(self, subject: Subject, host: HostProfile, setting: Setting) -> CallSession:
        """Raises :class:`GuestStopped`."""
        raise _refusal(subject, host, setting)

    def close(self) -> None:
        """Nothing is held."""


def _refusal(subject: Subject, *_: object) -> GuestStopped:
    return GuestStopped(StopKind.ENGINE, f"a case that only reads {subject.name} has no engine")

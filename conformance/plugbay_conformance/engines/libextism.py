"""The engine libextism, Extism's own runtime: for calls of plugins alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from plugbay_conformance.engines.errors import EngineMissing
from plugbay_conformance.engines.extism_calls import ExtismCalls

if TYPE_CHECKING:
    from plugbay_conformance.case import Subject
    from plugbay_conformance.engines.contract import CallSession, Setting
    from plugbay_conformance.host_profile import HostProfile


class LibextismConformance:
    """A :class:`~plugbay_conformance.engines.contract.ConformanceEngine` on libextism."""

    name = "libextism"

    def __init__(self) -> None:
        self._calls = ExtismCalls(self.name)
        self.version = self._calls.version

    def open_pointers(self, subject: Subject, host: HostProfile, setting: Setting) -> NoReturn:  # noqa: ARG002 # the contract's
        """Always raises :class:`EngineMissing`: libextism runs Extism plugins and nothing else."""
        raise EngineMissing(
            f"libextism can't run a module of {subject.abi}", hint="choose the engine wasmtime, or wazero"
        )

    def open_calls(self, subject: Subject, host: HostProfile, setting: Setting) -> CallSession:
        """A fresh instance of an Extism plugin. Raises :class:`GuestStopped` (kind LINK)."""
        return self._calls.open(subject, host, setting)

    def close(self) -> None:
        """Free what was compiled."""
        self._calls.close()

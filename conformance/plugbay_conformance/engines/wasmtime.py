"""The engine wasmtime."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

from plugbay.engines.wasmtime.engine import CodeSettings, GuestCode, WasmtimeEngine
from plugbay.errors import ModuleError
from plugbay.limits import Limits
from plugbay.module.source import WasmSource
from plugbay.module.verified import Trust, verify
from plugbay_conformance.engines.contract import GuestStopped, StopKind
from plugbay_conformance.engines.imports import check_imports
from plugbay_conformance.engines.limits import TABLE_ELEMENTS
from plugbay_conformance.engines.prober import prober_text
from plugbay_conformance.engines.wasmtime_pointers import WasmtimePointers

if TYPE_CHECKING:
    from plugbay_conformance.case import Subject
    from plugbay_conformance.engines.contract import CallSession, PointerSession, Setting
    from plugbay_conformance.engines.extism_calls import ExtismCalls
    from plugbay_conformance.host_profile import HostProfile

_KEPT_CODES = 8


class WasmtimeConformance:
    """A :class:`~plugbay_conformance.engines.contract.ConformanceEngine` on wasmtime."""

    name = "wasmtime"

    def __init__(self) -> None:
        self._engine = WasmtimeEngine()
        self._codes: dict[tuple[str, int], GuestCode] = {}
        self._calls: ExtismCalls | None = None
        self.version = self._engine.version

    def open_pointers(self, subject: Subject, host: HostProfile, setting: Setting) -> PointerSession:
        """A fresh instance under that host. Raises :class:`GuestStopped` (kind LINK)."""
        check_imports(subject, host)
        limits = Limits(memory_pages=host.memory_pages, table_elements=TABLE_ELEMENTS)
        settings = CodeSettings.of(limits)
        try:
            code = self._code(subject, limits)
        except ModuleError as error:
            raise GuestStopped(StopKind.LINK, error.reason) from error
        prober = partial(self._engine.compile_own, prober_text(), settings)
        session = WasmtimePointers(self._engine.native(settings), code, prober, subject, host, setting)
        try:
            session.start()
        except BaseException:
            session.close()
            raise
        return session

    def open_calls(self, subject: Subject, host: HostProfile, setting: Setting) -> CallSession:
        """A fresh instance of an Extism plugin. Raises :class:`GuestStopped` (kind LINK)."""
        if self._calls is None:
            from plugbay_conformance.engines.extism_calls import ExtismCalls

            self._calls = ExtismCalls(self.name)
        return self._calls.open(subject, host, setting)

    def close(self) -> None:
        """Free what was compiled."""
        if self._calls is not None:
            self._calls.close()
        self._codes.clear()
        self._engine.close()

    def _code(self, subject: Subject, limits: Limits) -> GuestCode:
        key = (subject.info.digest, limits.memory_pages)
        code = self._codes.get(key)
        if code is None:
            digest = hashlib.sha256(subject.module).hexdigest()
            module = verify(WasmSource(subject.module, digest, subject.name), Trust())
            while len(self._codes) >= _KEPT_CODES:
                del self._codes[next(iter(self._codes))]
            code = self._codes[key] = self._engine.compile_guest(module, subject.info, limits)
        return code

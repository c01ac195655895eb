"""The engine wazero, fluxrig's own runtime, and Extism's Go SDK on it, in a process beside this one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from plugbay.errors import ModuleError
from plugbay.module.rewrite import START_EXPORT, check_tables, prepare_guest
from plugbay_conformance.engines.capped_tables import cap_tables
from plugbay_conformance.engines.contract import GuestStopped, StopKind
from plugbay_conformance.engines.env_imports import encoded_response
from plugbay_conformance.engines.imports import check_imports, glue_role
from plugbay_conformance.engines.limits import TABLE_ELEMENTS
from plugbay_conformance.engines.signatures import start_up
from plugbay_conformance.engines.wazero_binary import cache_folder, find_binary
from plugbay_conformance.engines.wazero_calls import WazeroCalls
from plugbay_conformance.engines.wazero_process import Patience, WazeroProcess
from plugbay_conformance.engines.wazero_sessions import PREPARE_SECONDS, WazeroPointers, checked

if TYPE_CHECKING:
    from plugbay_conformance.case import Subject
    from plugbay_conformance.engines.contract import CallSession, PointerSession, Setting
    from plugbay_conformance.host_profile import HostProfile

_KEPT_MODULES: Final = 8


class WazeroConformance:
    """A :class:`~plugbay_conformance.engines.contract.ConformanceEngine` on wazero."""

    name = "wazero"

    def __init__(self) -> None:
        self._binary = find_binary()
        self._process = WazeroProcess(self._binary, cache_folder())
        self._sessions = 0
        self._modules: dict[tuple[str, int, bool], tuple[str, bytes]] = {}
        self.version = self._process.greeting["wazero"].removeprefix("v")

    @property
    def process(self) -> WazeroProcess:
        """The child that serves the next session: a new one when the last one died."""
        if self._process.dead is not None:
            self._process = WazeroProcess(self._binary, cache_folder())
        return self._process

    def open_pointers(self, subject: Subject, host: HostProfile, setting: Setting) -> PointerSession:
        """A fresh instance under that host. Raises :class:`GuestStopped` (kind LINK)."""
        check_imports(subject, host)
        start = start_up(subject.info, subject.abi) if host.runs_initialize else []
        if subject.info.start is not None:
            start.insert(0, START_EXPORT)
        number = self._open(
            "open_pointers",
            self._module(subject, host, linked=True),
            setting,
            start=start,
            glue=_glue(subject),
            keep=host.keeps_trapped_instance,
        )
        return WazeroPointers(self._process, number, setting.deadline, subject.info)

    def open_calls(self, subject: Subject, host: HostProfile, setting: Setting) -> CallSession:
        """A fresh instance of an Extism plugin. Raises :class:`GuestStopped` (kind LINK).

        Its start-up runs with its first call, as Extism's Go SDK does it.
        """
        for item in subject.info.imports:
            name = f"{item.module}.{item.name}"
            if host.imports is not None and name not in host.imports:
                raise GuestStopped(StopKind.LINK, f"imports {name}, which {host.name} does not have")
        module = self._module(subject, host, linked=False)
        number = self._open("open_calls", module, setting, pages=host.memory_pages)
        return WazeroCalls(self._process, number, setting.deadline)

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def _open(self, operation: str, module: tuple[str, bytes], setting: Setting, **fields: object) -> int:
        """Open a session; the program is given the module only when it does not have it."""
        self._sessions += 1
        key, wasm = module
        request = {
            "op": operation,
            "session": self._sessions,
            "module": key,
            "setting": _setting(setting),
            **fields,
        }
        patience = Patience(PREPARE_SECONDS + setting.deadline, setting.deadline)
        reply = checked(self.process.ask(request, patience))
        if reply.get("missing"):
            load = {"op": "load", "module": key, "wasm": wasm, "pages": fields.get("pages", 0)}
            checked(self._process.ask(load, patience))
            checked(self._process.ask(request, patience))
        return self._sessions

    def _module(self, subject: Subject, host: HostProfile, *, linked: bool) -> tuple[str, bytes]:
        """The bytes that the program runs, and their name there: the limits are written into them.

        For sessions of pointers (``linked``) the start section has become an export, as plugbay does it.
        """
        place = (subject.info.digest, host.memory_pages, linked)
        if place not in self._modules:
            while len(self._modules) >= _KEPT_MODULES:
                del self._modules[next(iter(self._modules))]
            self._modules[place] = _prepared(subject, host, linked=linked)
        return self._modules[place]


def _prepared(subject: Subject, host: HostProfile, *, linked: bool) -> tuple[str, bytes]:
    try:
        check_tables(subject.info, table_elements=TABLE_ELEMENTS)
        wasm = cap_tables(subject.module, TABLE_ELEMENTS)
        if linked:
            wasm = prepare_guest(wasm, subject.info, memory_pages=host.memory_pages)
    except ModuleError as error:
        raise GuestStopped(StopKind.LINK, error.reason) from error
    digest = hashlib.sha256(wasm).hexdigest()
    return f"{digest} {'pointers' if linked else 'calls'} {host.memory_pages}", wasm


def _glue(subject: Subject) -> list[dict[str, str]]:
    roles = ((item, glue_role(item.module, item.name)) for item in subject.info.imports)
    return [{"module": item.module, "name": item.name, "role": role} for item, role in roles if role is not None]


def _setting(setting: Setting) -> dict[str, Any]:
    return {
        "state": dict(setting.state),
        "answers": {item.url: encoded_response(item) for item in reversed(setting.responses)},
        "responses": [
            {"url": item.url, "status": item.status, "headers": dict(item.headers), "body": item.body}
            for item in setting.responses
        ],
        "config": dict(setting.config),
        "clock": setting.clock,
        "seed": setting.random_seed % 2**64,
        "deadline": setting.deadline,
        "grants_state": setting.grants_state,
    }

"""Sessions of Extism plugins on plugbay's own adapter: on wasmtime, and on libextism, Extism's own runtime."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any, Final

from plugbay.contracts import Claim, PluginOptions
from plugbay.engines.wasmtime.features import OPTIONAL
from plugbay.errors import DeadlineExceeded, GuestError, GuestExit, PlugbayError
from plugbay.limits import Limits
from plugbay.module.source import read_source
from plugbay.module.verified import Trust, verify
from plugbay.permissions import Permissions
from plugbay_adapters.extism.adapter import (  # noqa: TID251 # below the instance, where log levels and errors are whole
    ExtismAdapter,
    compile_code,
    imported_functions,
)
from plugbay_adapters.extism.claim import callable_functions  # noqa: TID251 # as above
from plugbay_conformance.engines.contract import (
    CallOutcome,
    CallStatus,
    GuestStopped,
    LogLine,
    Repeated,
    SentRequest,
    StopKind,
)
from plugbay_conformance.engines.extism_services import CannedHttp, RefereeServices, ReflowStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay.byte_guest import ByteGuest
    from plugbay.contracts import Engine
    from plugbay_adapters.extism.guest import ExtismCode  # noqa: TID251 # as above
    from plugbay_conformance.case import Subject
    from plugbay_conformance.engines.contract import Setting
    from plugbay_conformance.host_profile import HostProfile

WASMTIME: Final = "wasmtime"
LIBEXTISM: Final = "libextism"
_MOST_BYTES: Final = 16 * 1024 * 1024
"""Bytes of one input, output or log, so that no plugin fails for a limit that its ABI does not know."""
_KEPT_CODES: Final = 8
"""Compiled modules that stay: one for each setting and host that the cases of a worker use in turn."""
_CHUNK: Final = 500
"""Calls whose outputs are held at once while many are repeated."""


class ExtismCalls:
    """Opens sessions on one engine, and keeps what it compiled for them. Used by one thread."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._engine = _make_engine(name)
        self._codes: dict[tuple[object, ...], ExtismCode] = {}

    @property
    def version(self) -> str:
        """The runtime's."""
        return self._engine.version

    def open(self, subject: Subject, host: HostProfile, setting: Setting) -> ExtismSession:
        """A fresh plugin, its start-up done. Raises :class:`GuestStopped` (kind LINK) when it can't be made."""
        store = ReflowStore(setting.state)
        options = self._options(host, setting, store)
        http = CannedHttp(setting.responses)
        services = RefereeServices(options.name, options.permissions, options.limits, setting, http)
        try:
            _require_imports(subject, host, options)
            code = self._code(subject, options)
            guest = code.instantiate(services, imported_functions(subject.info, options))
        except PlugbayError as error:
            raise GuestStopped(StopKind.LINK, error.reason) from error
        try:
            guest.start()
        except PlugbayError as error:
            guest.close()
            raise GuestStopped(StopKind.LINK, error.reason) from error
        except BaseException:
            guest.close()
            raise
        return ExtismSession(guest, frozenset(callable_functions(subject.info)), http, store)

    def close(self) -> None:
        """Free the compiled code and the engine; sessions are closed before."""
        while self._codes:
            self._codes.popitem()[1].close()
        self._engine.close()

    def _options(self, host: HostProfile, setting: Setting, store: ReflowStore) -> PluginOptions:
        limits = Limits(
            deadline=setting.deadline,
            memory_pages=host.memory_pages,
            input_bytes=_MOST_BYTES,
            output_bytes=_MOST_BYTES,
        )
        permissions = Permissions()
        if (
            self.name == WASMTIME
        ):  # libextism has no log to bound, and would do HTTP itself, so the adapter refuses both
            limits = limits.with_changes(log_bytes=_MOST_BYTES)
            permissions = Permissions(http=("*",))
        functions = store.functions()
        return PluginOptions("guest", limits, setting.config, OPTIONAL, permissions, functions)

    def _code(self, subject: Subject, options: PluginOptions) -> ExtismCode:
        key = (subject.info.digest, options.limits, tuple(sorted(options.config.items())))
        code = self._codes.pop(key, None)
        if code is None:
            while len(self._codes) >= _KEPT_CODES:
                self._codes.pop(next(iter(self._codes))).close()
            module = verify(read_source(subject.module, max_bytes=options.limits.module_bytes), Trust())
            wanted = imported_functions(subject.info, options)
            code = compile_code(module, subject.info, self._engine, options, wanted)
        self._codes[key] = code
        return code


class ExtismSession:
    """One plugin; see :class:`~plugbay_conformance.engines.contract.CallSession`."""

    def __init__(self, guest: ByteGuest, functions: frozenset[str], http: CannedHttp, store: ReflowStore) -> None:
        self._guest = guest
        self._functions = functions
        self._http = http
        self._store = store
        self._logs: list[LogLine] = []

    def call(self, function: str, payload: bytes) -> CallOutcome:
        """Call an export with bytes."""
        if function not in self._functions:
            return CallOutcome(CallStatus.TRAP, error=f"it exports no function {function!r} that a host can call")
        if self._guest.poisoned:
            return CallOutcome(CallStatus.TRAP, error="the instance ended with an earlier call")
        try:
            output = self._guest.invoke(function, payload)
        except PlugbayError as error:
            return _outcome(error)
        finally:
            self._take_logs()
        return CallOutcome(CallStatus.OK, output)

    def repeat(self, function: str, payloads: Sequence[bytes], count: int) -> Repeated:
        """Call an export ``count`` times, the payloads in turn."""
        if function not in self._functions:
            raise GuestStopped(StopKind.LINK, f"it exports no function {function!r} that a host can call")
        digest = hashlib.sha256()
        done = first = 0
        while done < count:
            size = min(100 if done == 0 else _CHUNK, count - done)
            results = self._run([payloads[(done + index) % len(payloads)] for index in range(size)], function)
            for result in results:
                digest.update(_entry(result))
            self._logs.clear()
            done += size
            first = first or self._pages()
        return Repeated(count, first, self._pages(), digest.hexdigest())

    def logs(self) -> list[LogLine]:
        """What was logged since the last time. Always nothing on libextism."""
        taken, self._logs = self._logs, []
        return taken

    def requests(self) -> list[SentRequest]:
        """The HTTP requests since the last time."""
        return self._http.take_requests()

    def sent(self) -> list[dict[str, object]]:
        """What was sent since the last time."""
        return self._store.take_sent()

    def state(self) -> dict[str, object]:
        """What is in the store."""
        return self._store.state()

    def close(self) -> None:
        """Free the plugin."""
        self._guest.poisoned = False  # nobody inherits its variables
        self._guest.close()

    def _run(self, payloads: Sequence[bytes], function: str) -> list[bytes | PlugbayError]:
        results: list[bytes | PlugbayError] = []
        while len(results) < len(payloads):
            if self._guest.batches:
                results += self._guest.invoke_many(function, payloads[len(results) :])
            else:
                results.append(self._one(function, payloads[len(results)]))
            self._take_logs()
            if self._guest.poisoned:
                raise _stopped(results[-1])
        return results

    def _one(self, function: str, payload: bytes) -> bytes | PlugbayError:
        try:
            return self._guest.invoke(function, payload)
        except PlugbayError as error:
            return error

    def _take_logs(self) -> None:
        self._logs += [LogLine(record.level.value, record.text) for record in self._guest.take_logs()]

    def _pages(self) -> int:
        """Pages of the plugin's own memory; only wasmtime's guest has it at hand."""
        instance: Any = getattr(self._guest, "_guest", None)
        if instance is None or "memory" not in instance._exports:  # noqa: SLF001 # the host has no use for it
            return 0
        pages: int = instance._exports["memory"].size(instance._store)  # noqa: SLF001 # as above
        return pages


def _make_engine(name: str) -> Engine:
    if name == WASMTIME:
        from plugbay.engines.wasmtime.engine import WasmtimeEngine

        return WasmtimeEngine()
    from plugbay.engines.extism.engine import ExtismEngine

    # Else, where RUST_BACKTRACE is set, libextism takes 0.1 s for each failed call, to name native frames.
    os.environ.setdefault("RUST_LIB_BACKTRACE", "0")
    return ExtismEngine()


def _require_imports(subject: Subject, host: HostProfile, options: PluginOptions) -> None:
    """Raise what keeps the module from being hosted, before anything is compiled."""
    for item in subject.info.imports:
        name = f"{item.module}.{item.name}"
        if host.imports is not None and name not in host.imports:
            raise GuestStopped(StopKind.LINK, f"imports {name}, which {host.name} does not have")
    claim = ExtismAdapter().claim(subject.info, options)
    if isinstance(claim, Claim) and claim.findings:
        raise claim.findings[0]


def _outcome(error: PlugbayError) -> CallOutcome:
    if isinstance(error, DeadlineExceeded):
        return CallOutcome(CallStatus.DEADLINE, error=error.reason)
    if isinstance(error, GuestError):
        code = error.found if isinstance(error.found, int) else None
        return CallOutcome(CallStatus.ERROR, error="" if code is not None else error.reason, code=code)
    if isinstance(error, GuestExit):
        return CallOutcome(CallStatus.TRAP, error=error.reason, code=error.exit_code)
    return CallOutcome(CallStatus.TRAP, error=error.reason)


def _stopped(result: bytes | PlugbayError) -> GuestStopped:
    """Why an instance of which that is the last result is of no more use."""
    if isinstance(result, bytes):
        return GuestStopped(StopKind.EXIT, "the plugin ended itself by proc_exit with the code 0")
    kinds = ((DeadlineExceeded, StopKind.DEADLINE), (GuestExit, StopKind.EXIT))
    kind = next((kind for error, kind in kinds if isinstance(result, error)), StopKind.TRAP)
    return GuestStopped(kind, result.reason)


def _entry(result: bytes | PlugbayError) -> bytes:
    """What a result adds to :class:`Repeated`'s digest."""
    return len(result).to_bytes(4, "little") + result if isinstance(result, bytes) else b"\xff\xff\xff\xff"

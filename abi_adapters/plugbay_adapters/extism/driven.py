"""Extism plugins on wasmtime: the kernel beside the guest, one crossing a message."""

from __future__ import annotations

import struct
from collections import deque
from typing import TYPE_CHECKING, Final

from plugbay.engines.wasmtime.blueprint import Blueprint
from plugbay.engines.wasmtime.byte_functions import DrivenFunctions
from plugbay.engines.wasmtime.driver import Driver
from plugbay.engines.wasmtime.mailbox import CODE_MASK, HAS_RECORDS, Record, Status
from plugbay.engines.wasmtime.service_calls import service_handlers
from plugbay.engines.wasmtime.wasi import WASI, WASI_ASKING, wasi_driver
from plugbay.engines.wasmtime.wasi_files import file_asking, file_drivers, file_handlers
from plugbay.errors import GuestError, PlugbayError
from plugbay.functions import FunctionCall
from plugbay.guest_log import GuestLog
from plugbay.wasi import GuestFiles
from plugbay_adapters.extism.claim import COMMAND, start_functions
from plugbay_adapters.extism.config import config_texts
from plugbay_adapters.extism.http import HTTP_IMPORTS, HttpRequests
from plugbay_adapters.extism.shims import shim_driver, shim_handlers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plugbay.contracts import PluginOptions
    from plugbay.engines.wasmtime.engine import WasmtimeEngine
    from plugbay.engines.wasmtime.mailbox import Row
    from plugbay.engines.wasmtime.service_calls import Handler
    from plugbay.functions import HostFunction
    from plugbay.module.info import FuncType, ModuleInfo
    from plugbay.module.verified import VerifiedModule
    from plugbay.services import HostServices

_FOUR_U32: Final = struct.Struct("<IIII")
_TWO_U32: Final = struct.Struct("<II")
_NO_ENTRIES: Final = (0, b"")


def kernel_driver() -> Driver:
    """The Extism kernel (``kernel.wat``)."""
    return Driver.load("plugbay_adapters.extism", "kernel.wat")


def provided_imports(functions: Mapping[str, HostFunction]) -> dict[str, FuncType]:
    """What a module may import: the kernel, WASI and host functions, each ``module.name``."""
    provided = {name: function.type for name, function in functions.items()}
    return {**provided, **wasi_driver().provides, **kernel_driver().provides}


class DrivenCode:
    """A plugin compiled for wasmtime. ``functions`` are those of the host functions that its modules import."""

    def __init__(
        self,
        engine: WasmtimeEngine,
        module: VerifiedModule,
        info: ModuleInfo,
        options: PluginOptions,
        functions: Mapping[str, HostFunction],
    ) -> None:
        self._options = options
        self._functions = tuple(functions)
        self._config = _entries({name.encode(): text.encode() for name, text in config_texts(options.config).items()})
        self._left: deque[tuple[int, bytes]] = deque()
        drivers = [kernel_driver()]
        if functions:
            drivers.append(shim_driver(tuple(functions.values())))
        modules = (info, *(linked.info for linked in options.linked))
        if any(item.module == WASI for declared in modules for item in declared.imports):
            drivers += file_drivers() if options.permissions.paths else (wasi_driver(),)
        asking = HTTP_IMPORTS | WASI_ASKING | frozenset(functions)
        self._blueprint = Blueprint(
            engine,
            module,
            info,
            drivers,
            plugin=options.name,
            limits=options.limits,
            bindings={},
            asking=asking | file_asking() if options.permissions.paths else asking,
            features=options.features,
            starts=start_functions(info),
            linked=options.linked,
        )

    def instantiate(self, services: HostServices, functions: Mapping[str, HostFunction]) -> DrivenGuest:
        """A fresh guest, with the variables of one that had to be replaced."""
        files = GuestFiles(self._options.permissions.paths)
        try:
            variables = self._left.popleft()
        except IndexError:
            variables = _NO_ENTRIES
        try:
            guest = DrivenGuest(self, self._options.name, files)
            handlers = self._handlers(guest, files, services, functions)
            guest.attach(self._blueprint.instantiate(services, handlers, setup=self._setup(variables)))
        except BaseException:
            files.close()
            self.keep_variables(*variables)
            raise
        return guest

    def keep_variables(self, count: int, data: bytes) -> None:
        """Variables of a guest that is replaced; the next one gets them."""
        if count:
            self._left.append((count, data))

    def close(self) -> None:
        """Nothing to free: the compiled module goes with its last instance."""

    def _handlers(
        self, guest: DrivenGuest, files: GuestFiles, services: HostServices, functions: Mapping[str, HostFunction]
    ) -> dict[int, Handler]:
        return {
            **service_handlers(services),
            **(file_handlers(files) if self._options.permissions.paths else {}),
            **HttpRequests(services).handlers(),
            **shim_handlers([functions[name] for name in self._functions], guest.current_call, services.check_time),
        }

    def _setup(self, variables: tuple[int, bytes]) -> bytes:
        """What the kernel's ``setup`` reads."""
        limits = self._options.limits
        (config_count, config), (count, data) = self._config, variables
        return _FOUR_U32.pack(limits.memory_pages, limits.var_bytes, config_count, count) + config + data


class DrivenGuest(DrivenFunctions):
    """One live plugin beside its kernel (see :class:`~plugbay.byte_guest.ByteGuest`)."""

    def __init__(self, code: DrivenCode, plugin: str, files: GuestFiles) -> None:
        super().__init__(plugin)
        self._files = files
        self._code = code

    def current_call(self) -> FunctionCall:
        """The call that the guest is in the middle of."""
        return FunctionCall(self._plugin, self._selected, self.services.deadline_at)

    def invoke(self, function: str, payload: bytes) -> bytes:
        """One call of an export: its output. A command runs once in an instance."""
        if function != COMMAND:
            return super().invoke(function, payload)
        self.unsettled = True
        try:
            return super().invoke(function, payload)
        finally:
            self.poisoned = True

    def invoke_many(self, function: str, payloads: Sequence[bytes]) -> list[bytes | PlugbayError]:
        """Calls in order, in as few crossings as their sizes allow."""
        if function != COMMAND:
            return super().invoke_many(function, payloads)
        results = super().invoke_many(function, payloads[:1])
        self.poisoned = True
        return results

    def close(self) -> None:
        """Free it. The variables of one that is poisoned pass to the one that replaces it."""
        if self.poisoned and self._selected != COMMAND:
            try:
                count, data = self._guest.dump()
            except PlugbayError as error:
                GuestLog(self._plugin).warn(f"its variables are lost: {error.reason}")
            else:
                self._code.keep_variables(count, data)
        super().close()
        self._files.close()

    def _result(self, row: Row) -> bytes:
        error = self._take_records(self._guest.answers.records(row)) if row.status & HAS_RECORDS else None
        self.poisoned = self._guest.poisoned
        match row.status & CODE_MASK:
            case Status.ERROR:
                raise GuestError(error or "", plugin=self._plugin, function=self._selected)
            case Status.RETURN_CODE:
                code = int.from_bytes(self._guest.answers.output(row), "little", signed=True)
                raise GuestError(
                    f"returned the code {code} without an error text",
                    plugin=self._plugin,
                    function=self._selected,
                    expected=0,
                    found=code,
                )
            case _:
                return self._guest.answers.output(row)

    def _report(self, kind: int, data: bytes) -> str | None:
        return data.decode("utf-8", "replace") if kind == Record.GUEST_ERROR else None


def _entries(values: Mapping[bytes, bytes]) -> tuple[int, bytes]:
    """Entries as the kernel's setup takes them, and how many they are."""
    parts = [_TWO_U32.pack(len(key), len(value)) + key + value for key, value in values.items()]
    return len(parts), b"".join(parts)

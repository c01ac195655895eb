"""Extism plugins on wasmtime: the kernel beside the guest, one crossing a message."""

from __future__ import annotations

import struct
from collections import deque
from typing import TYPE_CHECKING, Final

from plugbay.engines.wasmtime.blueprint import Blueprint
from plugbay.engines.wasmtime.driver import Driver
from plugbay.engines.wasmtime.mailbox import CODE_MASK, HAS_RECORDS, Record, Status
from plugbay.engines.wasmtime.records import LogReader
from plugbay.engines.wasmtime.service_calls import service_handlers
from plugbay.engines.wasmtime.wasi import WASI, WASI_ASKING, wasi_driver
from plugbay.engines.wasmtime.wasi_files import file_asking, file_drivers, file_handlers
from plugbay.errors import GuestError, GuestTrap, PlugbayError
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
    from plugbay.engines.wasmtime.driven import DrivenInstance
    from plugbay.engines.wasmtime.engine import WasmtimeEngine
    from plugbay.engines.wasmtime.mailbox import Row
    from plugbay.engines.wasmtime.service_calls import Handler
    from plugbay.functions import HostFunction
    from plugbay.module.info import FuncType, ModuleInfo
    from plugbay.module.verified import VerifiedModule
    from plugbay.outcome import LogRecord
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


class DrivenGuest:
    """One live plugin beside its kernel (see :class:`~plugbay_adapters.extism.guest.ExtismGuest`)."""

    def __init__(self, code: DrivenCode, plugin: str, files: GuestFiles) -> None:
        self.poisoned = False
        self.unsettled = True
        self._files = files
        self._code = code
        self._plugin = plugin
        self._selected = ""
        self._logs: list[LogRecord] = []

    def attach(self, guest: DrivenInstance) -> None:
        """Join the instance; before that there is only its host side."""
        self._guest = guest
        self._invoke = guest.invoke
        self.services = guest.services
        self.batches = guest.batches

    def current_call(self) -> FunctionCall:
        """The call that the guest is in the middle of."""
        return FunctionCall(self._plugin, self._selected, self.services.deadline_at)

    def start(self) -> None:
        """Run the start-up functions."""
        try:
            self._take_records(self._guest.start())
        except PlugbayError:
            self.poisoned = True
            self._take_records(self._guest.unfinished())
            raise

    def invoke(self, function: str, payload: bytes) -> bytes:
        """One call of an export: its output."""
        if function != self._selected:
            self._select(function)
        try:
            output = self._invoke(payload)
            if output is not None and function != COMMAND:
                return output
            self.unsettled = True
            done = output if output is not None else self._guest.row()
        except PlugbayError as error:
            self.unsettled = True
            failure = self._failure(error)
            raise failure from failure.__cause__
        try:
            return done if isinstance(done, bytes) else self._result(done)
        finally:
            if function == COMMAND:
                self.poisoned = True  # a command runs once in an instance

    def invoke_many(self, function: str, payloads: Sequence[bytes]) -> list[bytes | PlugbayError]:
        """Calls in order, in as few crossings as their sizes allow."""
        if function != self._selected:
            self._select(function)
        results = self._guest.invoke_many(
            payloads[:1] if function == COMMAND else payloads, _same, self._either, self._failure
        )
        self.poisoned = self._guest.poisoned or function == COMMAND
        return results

    def take_logs(self) -> tuple[LogRecord, ...]:
        """The log lines since they were last taken, and the host's notes on services that it refused."""
        if self.batches and not self._logs:
            self.unsettled = False
            return ()
        logs = (*self._logs, *self._guest.notes())
        self._logs.clear()
        self.unsettled = not self.batches
        return logs

    @property
    def fuel_used(self) -> int | None:
        """Fuel units of the last single call; None when not metered."""
        return self._guest.fuel_used

    def interrupt(self) -> None:
        """Stop what runs; for other threads."""
        self._guest.interrupt()

    def close(self) -> None:
        """Free it. The variables of one that is poisoned pass to the one that replaces it."""
        if self.poisoned and self._selected != COMMAND:
            try:
                count, data = self._guest.dump()
            except PlugbayError as error:
                GuestLog(self._plugin).warn(f"its variables are lost: {error.reason}")
            else:
                self._code.keep_variables(count, data)
        self._guest.close()
        self._files.close()

    def _select(self, function: str) -> None:
        self._guest.select(self._guest.functions.number(function))
        self._selected = function

    def _result(self, row: Row) -> bytes:
        """The output of a row that is special. Raises :class:`GuestError`."""
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

    def _either(self, row: Row) -> bytes | PlugbayError:
        try:
            return self._result(row)
        except GuestError as error:
            return error

    def _failure(self, error: PlugbayError) -> PlugbayError:
        """The error of a call that did not return: what the guest reported before it trapped comes first."""
        self.poisoned = self._guest.poisoned
        text = self._take_records(self._guest.unfinished())
        if text and isinstance(error, GuestTrap):
            reported = GuestError(text, plugin=self._plugin, function=self._selected)
            reported.__cause__ = error
            return reported
        error.function = error.function or self._selected
        return error

    def _take_records(self, area: bytes) -> str | None:
        """Keep the log lines of an area; the error text that the guest reported, if any."""
        reader = LogReader()
        reports = [data for kind, data in reader.take(area) if kind == Record.GUEST_ERROR]
        self._logs += reader.finish()
        return reports[-1].decode("utf-8", "replace") if reports else None


def _entries(values: Mapping[bytes, bytes]) -> tuple[int, bytes]:
    """Entries as the kernel's setup takes them, and how many they are."""
    parts = [_TWO_U32.pack(len(key), len(value)) + key + value for key, value in values.items()]
    return len(parts), b"".join(parts)


def _same(output: bytes) -> bytes | PlugbayError:
    return output

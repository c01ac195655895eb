"""A guest without a driver: called by wasmtime's ordinary calls. Some 10 microseconds each, and simple to build on."""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

import wasmtime

from plugbay.engines.wasmtime.engine import CodeSettings
from plugbay.engines.wasmtime.failures import deadline_exceeded
from plugbay.engines.wasmtime.traps import call_error
from plugbay.engines.wasmtime.unchecked import EpochWatch
from plugbay.errors import ForbiddenImport, InitFailed, LimitExceeded, PlugbayError, PointerOutOfBounds
from plugbay.limits import PAGE_BYTES
from plugbay.module.rewrite import START_EXPORT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plugbay.contracts import PluginOptions
    from plugbay.engines.wasmtime.engine import WasmtimeEngine
    from plugbay.module.info import ModuleInfo
    from plugbay.module.verified import VerifiedModule
    from plugbay.services import HostServices


class PlainModule:
    """A guest's module, compiled with its limits; makes instances."""

    def __init__(
        self, engine: WasmtimeEngine, module: VerifiedModule, info: ModuleInfo, options: PluginOptions
    ) -> None:
        self.options = options
        self.native = engine.native(CodeSettings.of(options.limits))
        self.code = engine.compile_guest(module, info, options.limits, options.features)

    def instantiate(self, services: HostServices, imports: Mapping[str, Callable[..., Any]]) -> PlainGuest:
        """A fresh instance, its start function and ``_initialize`` run. ``imports`` are functions by ``module.name``;
        each gets the guest before its arguments, which are signed.

        Raises :class:`ForbiddenImport` for an import that is not among them, :class:`InitFailed` when the start-up
        fails and :class:`LimitExceeded` when it goes over a limit.
        """
        guest = PlainGuest(self, services)
        try:
            guest.link(imports)
        except BaseException:
            guest.close()
            raise
        return guest


class PlainGuest:
    """A live guest, for one thread at a time. ``poisoned`` is set when a call failed; no other may follow."""

    def __init__(self, module: PlainModule, services: HostServices) -> None:
        limits = module.options.limits
        self.poisoned = False
        self._module = module
        self._services = services
        self._pending: BaseException | None = None
        self._store = wasmtime.Store(module.native)
        self._store.set_limits(memory_size=limits.memory_pages * PAGE_BYTES, table_elements=limits.table_elements)
        self._watch = EpochWatch(self._store, self._may_go_on, self._keep_error)
        self._exports: Mapping[str, Any] = {}

    def link(self, imports: Mapping[str, Callable[..., Any]]) -> None:
        """Instantiate; done once, by :meth:`PlainModule.instantiate`."""
        functions: list[Any] = []
        for item in self._module.code.module.imports:
            body = imports.get(f"{item.module}.{item.name}")
            if body is None or not isinstance(item.type, wasmtime.FuncType):
                raise ForbiddenImport(
                    f"imports {item.module}.{item.name}, which nothing here provides",
                    plugin=self._module.options.name,
                    found=f"{item.module}.{item.name}",
                )
            functions.append(wasmtime.Func(self._store, item.type, partial(body, self)))
        self.begin()
        try:
            instance = wasmtime.Instance(self._store, self._module.code.module, functions)
            self._exports = dict(instance.exports(self._store).items())
            for name in (START_EXPORT, "_initialize"):
                if name in self._exports:
                    self.call(name)
        except LimitExceeded:
            raise
        except (wasmtime.WasmtimeError, wasmtime.Trap, PlugbayError) as error:
            reason = error.reason if isinstance(error, PlugbayError) else str(error)
            raise InitFailed(f"its start-up failed: {reason}", plugin=self._module.options.name) from error

    def begin(self) -> None:
        """Start a message: its clock and its fuel."""
        self._services.begin()
        if self._module.options.limits.fuel is not None:
            self._store.set_fuel(self._module.options.limits.fuel)

    def call(self, function: str, *arguments: int | float) -> Any:
        """Call an export; its result as Python has it.

        Raises :class:`CallError`, or what an import raised, and is poisoned.
        """
        try:
            return self._exports[function](self._store, *arguments)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            self.poisoned = True
            if self._pending is not None:
                raise self._pending from None
            options = self._module.options
            shift = self._module.code.code_shift
            raise call_error(error, plugin=options.name, fuel=options.limits.fuel, code_shift=shift) from None
        except BaseException:
            self.poisoned = True
            raise

    def read(self, start: int, size: int, *, memory: str = "memory") -> bytes:
        """Bytes of the guest's memory. Raises :class:`PointerOutOfBounds`, and is poisoned."""
        start, size = start & 0xFFFFFFFF, size & 0xFFFFFFFF
        self._check(start, size, memory)
        return bytes(self._exports[memory].read(self._store, start, start + size)) if size else b""

    def write(self, start: int, data: bytes, *, memory: str = "memory") -> None:
        """Write into the guest's memory. Raises :class:`PointerOutOfBounds`, and is poisoned."""
        start &= 0xFFFFFFFF
        self._check(start, len(data), memory)
        if data:
            self._exports[memory].write(self._store, data, start)

    def close(self) -> None:
        """Free the store and all in it."""
        self._store.close()

    def _check(self, start: int, size: int, memory: str) -> None:
        held = self._exports[memory].data_len(self._store)
        if start + size > held:
            self.poisoned = True
            raise PointerOutOfBounds(
                f"gave {size} bytes at {start:#x}, beyond its memory of {held} bytes",
                plugin=self._module.options.name,
                expected=held,
                found=start + size,
            )

    def _may_go_on(self) -> bool:
        if monotonic() < self._services.deadline_at:
            return True
        self._pending = deadline_exceeded(plugin=self._module.options.name, limits=self._module.options.limits)
        return False

    def _keep_error(self, error: BaseException) -> None:
        self._pending = error

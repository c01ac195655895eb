"""A plugin's modules and their drivers, compiled once and linked into instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import wasmtime

from plugbay.engines.wasmtime.driven import DrivenInstance
from plugbay.engines.wasmtime.engine import CodeSettings
from plugbay.engines.wasmtime.linking import CompiledDriver, CompiledGuest, compile_guest, in_scope
from plugbay.engines.wasmtime.mailbox import BATCH_BYTES, INPUT
from plugbay.engines.wasmtime.service_calls import ServiceCalls
from plugbay.engines.wasmtime.unchecked import HostFunction
from plugbay.errors import InitFailed
from plugbay.limits import PAGE_BYTES, Limits
from plugbay.module.info import MemoryType
from plugbay.module.rewrite import START_EXPORT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plugbay.contracts import LinkedModule
    from plugbay.engines.wasmtime.driver import Driver
    from plugbay.engines.wasmtime.engine import WasmtimeEngine
    from plugbay.engines.wasmtime.linking import Scope
    from plugbay.engines.wasmtime.service_calls import Handlers
    from plugbay.module.info import ModuleInfo
    from plugbay.module.verified import VerifiedModule
    from plugbay.services import HostServices

_MAIN = "main"


class Blueprint:
    """Compiled once, instantiated many times.

    ``drivers`` serve the guest together; the first one owns the mailbox. ``bindings`` maps names under which drivers
    import from ``guest`` to the guest's export names, where they differ. ``asking`` names the imports that
    are answered in Python; a guest that has none of them runs in batches. ``starts`` are the exports that make the
    guest ready, in order. ``linked`` are modules that the guest, or those after them, import from by name; the first
    driver then must need nothing of a guest.
    """

    def __init__(
        self,
        engine: WasmtimeEngine,
        module: VerifiedModule,
        info: ModuleInfo,
        drivers: Sequence[Driver],
        *,
        plugin: str,
        limits: Limits,
        bindings: Mapping[str, str],
        asking: frozenset[str],
        features: frozenset[str] = frozenset(),
        starts: Sequence[str] = (),
        linked: Sequence[LinkedModule] = (),
    ) -> None:
        self.plugin = plugin
        self.limits = limits
        settings = CodeSettings.of(limits)
        self._native = engine.native(settings)
        leading = [driver for driver in drivers if not driver.needs_guest]
        trailing = [driver for driver in drivers if driver.needs_guest]
        self._leading = [CompiledDriver(driver, engine.compile_own(driver.text, settings)) for driver in leading]
        before: dict[str, ModuleInfo] = {}
        guests = [(one.name, one.module, one.info) for one in linked] + [(_MAIN, module, info)]
        self._guests: list[CompiledGuest] = []
        for name, verified, declared in guests:
            guest = compile_guest(
                name,
                engine.compile_guest(verified, declared, limits, features),
                declared,
                leading=leading,
                trailing=trailing,
                linked=before,
                bindings=bindings,
                compile_text=lambda text: engine.compile_own(text, settings),
                plugin=plugin,
            )
            self._guests.append(guest)
            before[name] = declared
        names = {f"{item.module}.{item.name}" for _, _, declared in guests for item in declared.imports}
        self._serves = not asking.isdisjoint(names)
        self._has_start = [declared.start is not None for _, _, declared in guests]
        self._starts = tuple(starts)
        memory = info.export("memory")
        self._memory = memory is not None and isinstance(memory.type, MemoryType)
        own = [len(driver.provides) + sum(table.minimum for table in driver.info.tables) for driver in drivers]
        self._table_elements = max(limits.table_elements, *own)

    def instantiate(self, services: HostServices, handlers: Handlers, *, setup: bytes | None = None) -> DrivenInstance:
        """A fresh instance; its start functions have not run. ``handlers`` answer the drivers' requests.

        ``setup`` is what a driver that exports that function starts with. Raises :class:`InitFailed` when the engine
        refuses, for instance for want of memory.
        """
        store = wasmtime.Store(self._native)
        store.set_limits(memory_size=self._most_bytes(), table_elements=self._table_elements)
        instance = DrivenInstance(store, self.plugin, self.limits, services)
        try:
            self._link(store, instance, handlers)
            if setup is not None:
                instance.setup(setup)
        except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
            store.close()
            pending = instance.watch.take_pending()
            if pending is not None:
                raise pending from None
            raise InitFailed(
                f"can't be instantiated: {str(error).strip().splitlines()[-1].strip()}", plugin=self.plugin
            ) from error
        except BaseException:
            store.close()
            raise
        return instance

    def _most_bytes(self) -> int:
        limits = self.limits
        message = limits.input_bytes + limits.output_bytes + limits.log_bytes
        mailbox = INPUT + 4 * BATCH_BYTES + 2 * message + limits.state_bytes + limits.http_bytes
        return max(limits.memory_pages * PAGE_BYTES, mailbox, 8 * limits.var_bytes)

    def _link(self, store: wasmtime.Store, instance: DrivenInstance, handlers: Handlers) -> None:
        calls = ServiceCalls(handlers, note_bytes=self.limits.log_bytes)
        host = {
            "service": HostFunction(store, _service_type(), calls.service, instance.watch.keep_error),
            "fetch": HostFunction(store, _fetch_type(), calls.fetch, instance.watch.keep_error),
        }
        scope: Scope = {"host": {name: function.function for name, function in host.items()}}
        for part in self._leading:
            scope[part.driver.name] = part.link(store, scope)
        for guest in self._guests:
            scope[in_scope(guest.name)] = guest.link(store, scope)
        main = scope[in_scope(_MAIN)]
        starts = [
            scope[in_scope(guest.name)][START_EXPORT]
            for guest, has in zip(self._guests, self._has_start, strict=True)
            if has
        ]
        instance.attach(
            scope["driver"],
            main,
            calls,
            memory=main["memory"] if self._memory else None,
            serves=self._serves,
            starts=[*starts, *(main[name] for name in self._starts)],
            code_shift=self._guests[-1].code.code_shift,
            keep=tuple(host.values()),
        )


def _service_type() -> wasmtime.FuncType:
    return wasmtime.FuncType([wasmtime.ValType.i32()] * 3, [wasmtime.ValType.i64()])


def _fetch_type() -> wasmtime.FuncType:
    return wasmtime.FuncType([wasmtime.ValType.i32()], [])

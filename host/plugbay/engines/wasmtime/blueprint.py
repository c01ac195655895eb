"""A guest and its drivers, compiled once and linked into instances."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import wasmtime

from plugbay.engines.wasmtime.driven import DrivenInstance
from plugbay.engines.wasmtime.driver import trampoline_text
from plugbay.engines.wasmtime.engine import CodeSettings
from plugbay.engines.wasmtime.mailbox import BATCH_BYTES, INPUT
from plugbay.engines.wasmtime.service_calls import ServiceCalls
from plugbay.engines.wasmtime.unchecked import HostFunction, guest_export
from plugbay.errors import ForbiddenImport, InitFailed
from plugbay.limits import PAGE_BYTES, Limits
from plugbay.module.rewrite import START_EXPORT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plugbay.engines.wasmtime.driver import Driver
    from plugbay.engines.wasmtime.engine import WasmtimeEngine
    from plugbay.engines.wasmtime.service_calls import Handlers
    from plugbay.module.info import ModuleInfo
    from plugbay.module.verified import VerifiedModule
    from plugbay.services import HostServices

    Externs = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Part:
    """One driver, compiled, and its trampoline."""

    driver: Driver
    module: wasmtime.Module
    trampoline: wasmtime.Module


class Blueprint:
    """Compiled once, instantiated many times.

    ``drivers`` serve the guest together; the first one owns the mailbox. ``bindings`` maps names under which drivers
    import from ``guest`` to the guest's export names, where they differ. ``asking`` names the imports that
    are answered in Python; a guest that has none of them runs in batches.
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
    ) -> None:
        self.plugin = plugin
        self.limits = limits
        settings = CodeSettings.of(limits)
        self._native = engine.native(settings)
        self._guest = engine.compile_guest(module, info, limits, features)
        self._wanted = {
            item.name: bindings.get(item.name, item.name)
            for driver in drivers
            for item in driver.info.imports
            if item.module == "guest"
        }
        imports = [f"{item.module}.{item.name}" for item in info.imports]
        self._serves = not asking.isdisjoint(imports)
        self._starts = [
            name
            for name, wanted in ((START_EXPORT, info.start is not None), ("_initialize", True))
            if wanted and (name == START_EXPORT or info.function(name) is not None)
        ]
        shares = _shares(drivers, imports, plugin)
        self._parts = [
            _Part(
                driver,
                engine.compile_own(driver.text, settings),
                engine.compile_own(trampoline_text(driver, names), settings),
            )
            for driver, names in shares
        ]
        servers = {name: index for index, (_, names) in enumerate(shares) for name in names}
        self._served = [(name, servers[name]) for name in imports]

    def instantiate(self, services: HostServices, handlers: Handlers) -> DrivenInstance:
        """A fresh instance; its start functions have not run. ``handlers`` answer the drivers' requests.

        Raises :class:`InitFailed` when the engine refuses, for instance for want of memory.
        """
        store = wasmtime.Store(self._native)
        store.set_limits(memory_size=self._most_bytes(), table_elements=self.limits.table_elements)
        instance = DrivenInstance(store, self.plugin, self.limits, services)
        try:
            return self._link(store, instance, handlers)
        except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
            store.close()
            if instance.pending is not None:
                raise instance.pending from None
            raise InitFailed(
                f"can't be instantiated: {str(error).strip().splitlines()[-1].strip()}", plugin=self.plugin
            ) from error
        except BaseException:
            store.close()
            raise

    def _most_bytes(self) -> int:
        limits = self.limits
        message = limits.input_bytes + limits.output_bytes + limits.log_bytes
        mailbox = INPUT + 4 * BATCH_BYTES + 2 * message + limits.state_bytes + limits.http_bytes
        return max(limits.memory_pages * PAGE_BYTES, mailbox)

    def _link(self, store: wasmtime.Store, instance: DrivenInstance, handlers: Handlers) -> DrivenInstance:
        calls = ServiceCalls(handlers, note_bytes=self.limits.log_bytes)
        host = {
            "service": HostFunction(store, _service_type(), calls.service, instance.keep_error),
            "fetch": HostFunction(store, _fetch_type(), calls.fetch, instance.keep_error),
        }
        trampolines = [_Exports(store, wasmtime.Instance(store, part.trampoline, [])) for part in self._parts]
        served = [trampolines[part][name] for name, part in self._served]
        guest = _Exports(store, wasmtime.Instance(store, self._guest.module, served))
        scope: dict[str, Externs] = {
            "host": {name: function.function for name, function in host.items()},
            "guest": {name: guest[export] for name, export in self._wanted.items()},
        }
        for part, slots in zip(self._parts, trampolines, strict=True):
            scope["slots"] = slots
            externs = [scope[item.module][item.name] for item in part.driver.info.imports]
            driver = _Exports(store, wasmtime.Instance(store, part.module, externs))
            scope.setdefault("driver", driver)
        instance.attach(
            scope["driver"],
            scope["guest"]["memory"],
            calls,
            serves=self._serves,
            starts=[guest[name] for name in self._starts],
            code_shift=self._guest.code_shift,
            keep=tuple(host.values()),
        )
        return instance


class _Exports(dict[str, Any]):
    """An instance's exports, each fetched when it is asked for: few of them ever are."""

    def __init__(self, store: wasmtime.Store, instance: wasmtime.Instance) -> None:
        super().__init__()
        self._fetch = partial(guest_export, store, instance)

    def __missing__(self, name: str) -> Any:
        export = self[name] = self._fetch(name)
        return export


def _shares(drivers: Sequence[Driver], imports: Sequence[str], plugin: str) -> list[tuple[Driver, frozenset[str]]]:
    """Each driver that the guest needs with the imports that it serves; the first driver is always needed."""
    left = frozenset(imports)
    shares: list[tuple[Driver, frozenset[str]]] = []
    for driver in drivers:
        names = left.intersection(driver.provides)
        if names or driver is drivers[0]:
            shares.append((driver, names))
        left -= names
    if left:
        raise ForbiddenImport(
            f"imports {', '.join(sorted(left))}, which nothing here provides", plugin=plugin, found=sorted(left)[0]
        )
    return shares


def _service_type() -> wasmtime.FuncType:
    return wasmtime.FuncType([wasmtime.ValType.i32()] * 3, [wasmtime.ValType.i64()])


def _fetch_type() -> wasmtime.FuncType:
    return wasmtime.FuncType([wasmtime.ValType.i32()], [])

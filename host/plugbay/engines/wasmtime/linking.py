"""One module of a plugin compiled beside the drivers that serve it, and how they are joined in a store.

A driver that needs nothing of a guest exists before it, and its functions are imported directly. One that needs the
guest's exports is instantiated after it, through a trampoline (see :mod:`~plugbay.engines.wasmtime.driver`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import wasmtime

from plugbay.engines.wasmtime.driver import trampoline_text
from plugbay.engines.wasmtime.unchecked import guest_export
from plugbay.errors import ForbiddenImport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from plugbay.engines.wasmtime.driver import Driver
    from plugbay.engines.wasmtime.engine import GuestCode
    from plugbay.module.info import ModuleInfo

Scope = dict[str, Any]
"""What modules may import from: each driver by its name, each module of the plugin by :func:`in_scope`; maps of names
to what wasmtime takes."""


def in_scope(module: str) -> str:
    """Where a scope has a plugin's module, whose name may be that of a driver."""
    return f"module {module}"


class Exports(dict[str, Any]):
    """An instance's exports, each fetched when it is asked for: few of them ever are."""

    def __init__(self, store: wasmtime.Store, instance: wasmtime.Instance) -> None:
        super().__init__()
        self._fetch = partial(guest_export, store, instance)

    def __missing__(self, name: str) -> Any:
        export = self[name] = self._fetch(name)
        return export

    def __contains__(self, name: object) -> bool:
        try:
            self[str(name)]
        except KeyError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class CompiledDriver:
    """A driver, compiled, and the trampoline to it where it needs one."""

    driver: Driver
    module: wasmtime.Module
    trampoline: wasmtime.Module | None = None

    def link(self, store: wasmtime.Store, scope: Scope) -> Exports:
        """An instance in the store; it imports from the scope, and the first one becomes its ``driver``."""
        externs = [scope[item.module][item.name] for item in self.driver.info.imports]
        exports = Exports(store, wasmtime.Instance(store, self.module, externs))
        scope.setdefault("driver", exports)
        return exports


@dataclass(frozen=True, slots=True)
class CompiledGuest:
    """A module of a plugin and the drivers beside it.

    ``imports`` are (server, name) in the module's order: the server is a key of the scope.
    ``wanted`` maps names under which drivers import from ``guest`` to the module's export names.
    """

    name: str
    code: GuestCode
    imports: tuple[tuple[str, str], ...]
    drivers: tuple[CompiledDriver, ...]
    wanted: Mapping[str, str]

    def link(self, store: wasmtime.Store, scope: Scope) -> Exports:
        """An instance in the store; its start functions have not run. ``scope`` holds what it may import from."""
        slots = {
            part.driver.name: Exports(store, wasmtime.Instance(store, part.trampoline, []))
            for part in self.drivers
            if part.trampoline is not None
        }
        servers: Scope = {**scope, **slots}
        externs = [servers[server][name] for server, name in self.imports]
        exports = Exports(store, wasmtime.Instance(store, self.code.module, externs))
        local = {**scope, "guest": {name: exports[export] for name, export in self.wanted.items()}}
        for part in self.drivers:
            local["slots"] = slots[part.driver.name]
            local[part.driver.name] = part.link(store, local)
        scope.setdefault("driver", local["driver"])
        return exports


def compile_guest(
    name: str,
    code: GuestCode,
    info: ModuleInfo,
    *,
    leading: Sequence[Driver],
    trailing: Sequence[Driver],
    linked: Mapping[str, ModuleInfo],
    bindings: Mapping[str, str],
    compile_text: Callable[[str], wasmtime.Module],
    plugin: str,
) -> CompiledGuest:
    """Find who serves each import: leading drivers, trailing ones, then the modules linked before this one.

    Raises :class:`ForbiddenImport` for what nobody serves.
    """
    imports = [(item.module, item.name, f"{item.module}.{item.name}") for item in info.imports]
    servers: dict[str, str] = {}
    for driver in (*leading, *trailing):
        servers.update({full: driver.name for _, _, full in imports if full in driver.provides and full not in servers})
    found: list[tuple[str, str]] = []
    for module, item, full in imports:
        if full in servers:
            found.append((servers[full], full))
        elif module in linked and linked[module].export(item) is not None:
            found.append((in_scope(module), item))
        else:
            raise ForbiddenImport(f"imports {full}, which nothing here provides", plugin=plugin, found=full)
    # Without a leading driver it is the first trailing one that owns the mailbox.
    owner = () if leading else trailing[:1]
    needed = _needed(trailing, [*owner, *(driver for driver in trailing if driver.name in servers.values())])
    parts = tuple(
        CompiledDriver(
            driver,
            compile_text(driver.text),
            compile_text(trampoline_text(driver, frozenset(f for f, s in servers.items() if s == driver.name))),
        )
        for driver in needed
    )
    wanted = {
        item.name: bindings.get(item.name, item.name)
        for driver in needed
        for item in driver.info.imports
        if item.module == "guest"
    }
    return CompiledGuest(name, code, tuple(found), parts, wanted)


def _needed(trailing: Sequence[Driver], wanted: Sequence[Driver]) -> list[Driver]:
    """The wanted drivers and those that they build on, each after those that it imports from."""
    by_name = {driver.name: driver for driver in trailing}
    needed: dict[str, Driver] = {}

    def add(driver: Driver) -> None:
        for item in driver.info.imports:
            if item.module in by_name:
                add(by_name[item.module])
        needed.setdefault(driver.name, driver)

    for driver in wanted:
        add(driver)
    return list(needed.values())

"""Loads and checks the plugins of plugbay itself: adapters, engines, stores, sources, commands, observers."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any, TypeVar

import pluggy

from plugbay.contracts import AbiAdapter, Engine
from plugbay.errors import PluginRegistrationError
from plugbay.functions import HostFunction
from plugbay.hookspecs import PROJECT, PlugbayHooks
from plugbay.observer import Observer

_Named = TypeVar("_Named", AbiAdapter, Engine)


class PlugbayPlugins:
    """The registered plugins. Each host has its own, so that nothing is shared by accident.

    ``extra`` are modules or objects to register beside those of the entry points, for tests and programs that bring
    their own. Raises :class:`PluginRegistrationError` for a hook that doesn't exist, one with wrong arguments or
    answers, a plugin that can't be imported, or two adapters or engines of one name.
    """

    def __init__(self, extra: Iterable[object] = (), *, entry_points: bool = True) -> None:
        self.manager = pluggy.PluginManager(PROJECT)
        self.manager.add_hookspecs(PlugbayHooks)
        try:
            if entry_points:
                self.manager.load_setuptools_entrypoints(PROJECT)
            for plugin in extra:
                self.manager.register(plugin)
            self.manager.check_pending()
            hook = self.manager.hook
            self.adapters: dict[str, AbiAdapter] = _by_name("adapter", _all_of(AbiAdapter, hook.plugbay_adapters()))
            self.engines: dict[str, Engine] = _by_name("engine", _all_of(Engine, hook.plugbay_engines()))
            self.functions: tuple[HostFunction, ...] = tuple(_all_of(HostFunction, hook.plugbay_host_functions()))
            self.observers: tuple[Observer, ...] = tuple(_all_of(Observer, hook.plugbay_observers()))
        except PluginRegistrationError:
            raise
        except Exception as error:  # importing and asking run the code of others, which may raise anything
            raise PluginRegistrationError(
                f"a plugin of plugbay can't be registered: {error}",
                hint="uninstall the package that provides it, or mend its hooks",
            ) from error

    @property
    def hook(self) -> Any:
        """The hooks, to call by keyword."""
        return self.manager.hook

    def close(self) -> None:
        """Close the engines."""
        for engine in self.engines.values():
            engine.close()


def _all_of(contract: type, answers: list[list[object]]) -> list[Any]:
    """What the answers hold, each checked to have the members of its contract."""
    items: list[Any] = []
    for item in (item for answer in answers for item in answer):
        if not _fulfils(item, contract):
            raise PluginRegistrationError(
                f"a plugin registers {item!r}, which is no {contract.__name__}",
                expected=contract.__name__,
                found=type(item).__name__,
                hint="implement the contract in plugbay.contracts, or uninstall the package",
            )
        items.append(item)
    return items


def _fulfils(item: object, contract: type) -> bool:
    """``isinstance`` as of Python 3.12: does not ask the properties of a protocol, which may load a library."""
    if not getattr(contract, "_is_protocol", False):
        return isinstance(item, contract)
    missing = object()
    members = [name for name in vars(contract) if not name.startswith("_")]
    return all(inspect.getattr_static(item, name, missing) is not missing for name in members)


def _by_name(kind: str, items: list[_Named]) -> dict[str, _Named]:
    named: dict[str, _Named] = {}
    for item in items:
        if item.name in named:
            raise PluginRegistrationError(
                f"two plugins register an {kind} called {item.name}: {type(named[item.name]).__module__} and "
                f"{type(item).__module__}",
                hint="uninstall one of the packages",
            )
        named[item.name] = item
    return named

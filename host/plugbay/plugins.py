"""Loads and checks the plugins of plugbay itself: adapters, engines, stores, sources, commands, observers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pluggy

from plugbay.errors import PluginRegistrationError
from plugbay.hookspecs import PROJECT, PlugbayHooks

if TYPE_CHECKING:
    from plugbay.contracts import AbiAdapter, Engine
    from plugbay.observer import Observer


class PlugbayPlugins:
    """The registered plugins. Each host has its own, so that nothing is shared by accident.

    ``extra`` are modules or objects to register beside those of the entry points, for tests and programs that bring
    their own. Raises :class:`PluginRegistrationError` for a hook that doesn't exist, one with wrong arguments, a plugin
    that can't be imported, or two adapters or engines of one name.
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
        except (pluggy.PluginValidationError, ValueError, ImportError, AttributeError) as error:
            raise PluginRegistrationError(
                f"a plugin of plugbay can't be registered: {error}",
                hint="uninstall the package that provides it, or mend its hooks",
            ) from error
        self.adapters: dict[str, AbiAdapter] = self._by_name("adapter", self.manager.hook.plugbay_adapters())
        self.engines: dict[str, Engine] = self._by_name("engine", self.manager.hook.plugbay_engines())
        self.observers: tuple[Observer, ...] = tuple(
            observer for observers in self.manager.hook.plugbay_observers() for observer in observers
        )

    @property
    def hook(self) -> Any:
        """The hooks, to call by keyword."""
        return self.manager.hook

    def close(self) -> None:
        """Close the engines."""
        for engine in self.engines.values():
            engine.close()

    def _by_name(self, kind: str, answers: list[list[Any]]) -> dict[str, Any]:
        named: dict[str, Any] = {}
        for item in (item for answer in answers for item in answer):
            if item.name in named:
                raise PluginRegistrationError(
                    f"two plugins register an {kind} called {item.name}: {type(named[item.name]).__module__} and "
                    f"{type(item).__module__}",
                    hint="uninstall one of the packages",
                )
            named[item.name] = item
        return named

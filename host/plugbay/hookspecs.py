"""The questions that plugbay asks its plugins. Each is one typed sentence; answer it with ``@hookimpl``.

A plugin is a module or object registered under the entry-point group ``plugbay``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pluggy

from plugbay.contracts import AbiAdapter, Engine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import typer

    from plugbay.functions import HostFunction
    from plugbay.manifest import PluginManifest
    from plugbay.observer import Observer
    from plugbay.state import StateStore

PROJECT = "plugbay"
"""Name of the pluggy project and of the entry-point group."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class PlugbayHooks(Protocol):
    """Every hook. All arguments are passed by keyword; take only those you need."""

    @hookspec
    def plugbay_adapters(self) -> list[AbiAdapter]:
        """Which ABI adapters do you add?"""
        ...

    @hookspec
    def plugbay_engines(self) -> list[Engine]:
        """Which engines do you add?"""
        ...

    @hookspec(firstresult=True)
    def plugbay_state_store(self, url: str) -> StateStore | None:
        """Which store does this URL open? None when its scheme is not yours."""
        ...

    @hookspec(firstresult=True)
    def plugbay_module_source(self, uri: str, max_bytes: int) -> bytes | None:
        """What are the bytes (at most ``max_bytes``) of the module at this URI? None when its scheme is not yours."""
        ...

    @hookspec(firstresult=True)
    def plugbay_manifest(self, document: Mapping[str, Any], folder: Path) -> PluginManifest | None:
        """What does this manifest, whose relative paths start at ``folder``, say? None when it is not yours."""
        ...

    @hookspec
    def plugbay_host_functions(self) -> list[HostFunction]:
        """Which host functions do you offer to plugins?"""
        ...

    @hookspec
    def plugbay_commands(self, app: typer.Typer) -> None:
        """Add your commands to the command line."""
        ...

    @hookspec
    def plugbay_observers(self) -> list[Observer]:
        """Who else wants to know what happens?"""
        ...

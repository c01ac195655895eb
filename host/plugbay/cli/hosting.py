"""What the shared options of the verbs ask for: how to host one plugin."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plugbay.detection import AUTO
from plugbay.errors import ConfigInvalid
from plugbay.limits import Limits
from plugbay.module.source import WasmSource
from plugbay.module.wat import compile_text, looks_like_text
from plugbay.permissions import Permissions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugbay.cli.session import Session
    from plugbay.host import Host
    from plugbay.plugin import Plugin

MEMORY = "memory:"
"""The state store when no other is named: it is empty at the start and gone at the end."""


@dataclass(frozen=True, slots=True)
class Hosting:
    """The plugin's host, ABI, config, name, rights and limits."""

    abi: str = AUTO
    engine: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    features: frozenset[str] = frozenset()
    name: str | None = None
    instances: int = 1
    state: str = MEMORY
    permissions: Permissions = field(default_factory=Permissions)
    limits: Limits = field(default_factory=Limits)


def open_host(session: Session, hosting: Hosting) -> Host:
    """A host with the session's plugins and the state store asked for; the caller closes it."""
    from plugbay.host import Host

    return Host(state=hosting.state, permissions=hosting.permissions, limits=hosting.limits, plugins=session.plugins)


def read_module_file(host: Host, file: str) -> WasmSource:
    """The module at a path or URI; one in the text format is compiled, and its digest is that of the binary.

    Raises :class:`ModuleError`.
    """
    source = host.read(file)
    if not file.endswith(".wat") and not looks_like_text(source.data):
        return source
    binary = compile_text(source.data, source.origin)
    return WasmSource(binary, hashlib.sha256(binary).hexdigest(), source.origin)


def load_plugin(host: Host, hosting: Hosting, file: str, *, instances: int = 1) -> Plugin:
    """The plugin in the file, hosted as asked for, with at least ``instances``. The caller closes it."""
    return load_module(host, hosting, read_module_file(host, file), instances=instances)


def load_module(host: Host, hosting: Hosting, source: WasmSource, *, instances: int = 1) -> Plugin:
    """The plugin in a module that was read before."""
    return host.load(
        source,
        abi=hosting.abi,
        engine=hosting.engine,
        config=hosting.config,
        instances=max(hosting.instances, instances),
        name=hosting.name,
        features=hosting.features,
    )


def function_of(plugin: Plugin, name: str | None) -> str:
    """The function that a verb was told to call, or the plugin's own. Raises :class:`ConfigInvalid`."""
    if name is None:
        return plugin.default_function
    if name not in plugin.functions:
        raise ConfigInvalid(
            f"the plugin has no function {name}",
            function=name,
            hint=f"it has: {', '.join(sorted(plugin.functions))}",
        )
    return name

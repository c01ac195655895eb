"""The Reflow adapter: claims actors and hosts them as Extism plugins with ports, config and state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from plugbay.contracts import Claim, CompiledPlugin, Decline, Engine, GuestInstance, PluginOptions
from plugbay.services import HostServices, HttpClient
from plugbay.state import MemoryStore
from plugbay_adapters.extism.adapter import ExtismAdapter, compile_code, granted_functions, imported_functions
from plugbay_adapters.extism.claim import callable_functions
from plugbay_adapters.reflow.actor import Actor
from plugbay_adapters.reflow.claim import ABI, claim_module, entry_point
from plugbay_adapters.reflow.context import ContextWriter
from plugbay_adapters.reflow.host_functions import SIGNATURES, ActorFunctions
from plugbay_adapters.reflow.instance import ReflowInstance
from plugbay_adapters.reflow.result import ResultReader

if TYPE_CHECKING:
    from plugbay.functions import HostFunction
    from plugbay.module.info import ModuleInfo
    from plugbay.module.verified import VerifiedModule


class ReflowAdapter:
    """Reflow actors. Their config is the actor's own, and ``entry_point``, the name of the export for messages."""

    name = ABI
    engines = ExtismAdapter.engines

    def claim(self, info: ModuleInfo, options: PluginOptions) -> Claim | Decline:
        """Claim by the exports that actors have."""
        base = ExtismAdapter().claim(info, _with_reflow(options))
        return claim_module(info, entry_point(options.config), base, frozenset(SIGNATURES))

    def compile(
        self, module: VerifiedModule, info: ModuleInfo, engine: Engine, options: PluginOptions
    ) -> CompiledPlugin:
        """The actor compiled with its limits, its metadata read. Raises :class:`InvalidMetadata` too."""
        return ReflowPlugin(module, info, engine, options)


class ReflowPlugin:
    """An actor, compiled and asked for its metadata; its config is judged when the first instance is made."""

    def __init__(self, module: VerifiedModule, info: ModuleInfo, engine: Engine, options: PluginOptions) -> None:
        self.default_function = entry_point(options.config)
        self.functions = frozenset(callable_functions(info))
        self._options = options
        self._context: ContextWriter | None = None
        offered = imported_functions(info, _with_reflow(options))
        self._actor = _introduced(module, info, engine, options, offered)
        self._granted = granted_functions(offered, options)
        self._code = compile_code(module, info, engine, options, offered)
        self.metadata: Mapping[str, Any] = self._actor.metadata.to_dict()
        self._results = ResultReader(self._actor.metadata, plugin=options.name)

    def instantiate(self, services: HostServices) -> GuestInstance:
        """A fresh actor, its start-up done. Raises :class:`ConfigInvalid` for a config that it does not take."""
        functions = ActorFunctions(services, self._results, plugin=self._options.name)
        guest = self._code.instantiate(services, {**self._granted, **functions.bound()})
        instance = ReflowInstance(guest, functions, self._actor, self.functions, self.default_function, self._results)
        try:
            if self._context is None:
                self._context = self._judge_config(instance)
        except BaseException:
            instance.close()
            raise
        instance.context = self._context
        services.rollback()  # what start-up and validate_config wrote is no message's
        return instance

    def close(self) -> None:
        """Free the code."""
        self._code.close()

    def _judge_config(self, instance: ReflowInstance) -> ContextWriter:
        name = self._options.name
        config = self._actor.completed_config(self._options.config)
        self._actor.require_valid(instance.guest, config)
        return ContextWriter(self._actor.metadata.component, name, config, plugin=name)


def _introduced(
    module: VerifiedModule,
    info: ModuleInfo,
    engine: Engine,
    options: PluginOptions,
    functions: Mapping[str, HostFunction],
) -> Actor:
    """What the actor says of itself: an instance is asked that reaches nothing of the host's."""
    alone = replace(options.permissions, state=False, http=(), functions=(), paths=())
    options = replace(options, permissions=alone)
    services = HostServices(options.name, alone, options.limits, MemoryStore(), HttpClient())
    code = compile_code(module, info, engine, options, functions)
    try:
        guest = code.instantiate(services, granted_functions(functions, options))
        try:
            return Actor.introduce(guest, frozenset(callable_functions(info)), plugin=options.name)
        finally:
            guest.close()
    finally:
        code.close()


def _with_reflow(options: PluginOptions) -> PluginOptions:
    return replace(options, functions={**options.functions, **SIGNATURES})

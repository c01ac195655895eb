"""The PrioStack adapter: claims modules of byte functions and compiles them beside the driver of their convention."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from plugbay.byte_instance import ByteInstance
from plugbay.contracts import Claim, CompiledPlugin, Decline, Engine, GuestInstance, PluginOptions
from plugbay.engines.wasmtime.blueprint import Blueprint
from plugbay.engines.wasmtime.engine import WasmtimeEngine
from plugbay.engines.wasmtime.mailbox import OWN_SERVICES
from plugbay.engines.wasmtime.service_calls import service_handlers
from plugbay.engines.wasmtime.wasi import WASI_ASKING
from plugbay.module.info import FuncType
from plugbay_adapters.priostack.claim import ABI, claim_module, find_reading
from plugbay_adapters.priostack.config import read_config
from plugbay_adapters.priostack.convention import START_NAMES, Convention
from plugbay_adapters.priostack.drivers import drivers_for
from plugbay_adapters.priostack.findings import PACKED_PAGES, find_function
from plugbay_adapters.priostack.guest import ByteFunctions

if TYPE_CHECKING:
    from plugbay.engines.wasmtime.service_calls import Handler
    from plugbay.module.info import ModuleInfo
    from plugbay.module.verified import VerifiedModule
    from plugbay.services import HostServices
    from plugbay_adapters.priostack.convention import Reading

ASKING_IMPORTS: Final = frozenset({"env.now", "env.random", "env.seed"})
"""Imports that ask the host; the driver answers the others alone."""
_SPELLINGS: Final = 256
"""Other spellings of names that are remembered: to find one takes longer than a call."""
_NOW: Final = OWN_SERVICES
_RANDOM: Final = OWN_SERVICES + 1
_U32: Final = struct.Struct("<I")


class PriostackAdapter:
    """Byte functions of the three conventions. Their config: ``convention``, and ``function``, the default one."""

    name = ABI
    engines = (WasmtimeEngine.name,)

    def claim(self, info: ModuleInfo, options: PluginOptions) -> Claim | Decline:
        """Claim by the types of exports, and by what the toolchains leave beside them."""
        return claim_module(info, read_config(options))

    def compile(
        self, module: VerifiedModule, info: ModuleInfo, engine: Engine, options: PluginOptions
    ) -> CompiledPlugin:
        """The module compiled with its limits."""
        assert isinstance(engine, WasmtimeEngine), "the host picks an engine from .engines"
        return PriostackPlugin(module, info, engine, options)


class PriostackPlugin:
    """A module of byte functions, compiled."""

    def __init__(
        self, module: VerifiedModule, info: ModuleInfo, engine: WasmtimeEngine, options: PluginOptions
    ) -> None:
        config = read_config(options)
        reading = find_reading(info, config)
        assert reading is not None, "the claim found it too"
        self.functions = frozenset(reading.functions)
        wanted = config.function
        self.default_function = reading.functions[0] if wanted is None else find_function(wanted, reading)
        self.metadata: Mapping[str, Any] = _metadata(reading)
        self._name = options.name
        self._find = lru_cache(_SPELLINGS)(partial(find_function, reading=reading, plugin=options.name))
        limits = options.limits
        if reading.convention is Convention.PACKED:
            limits = replace(limits, memory_pages=min(limits.memory_pages, PACKED_PAGES))
        self._blueprint = Blueprint(
            engine,
            module,
            info,
            drivers_for(reading, info, memory_pages=limits.memory_pages),
            plugin=options.name,
            limits=limits,
            bindings={part.role: part.name for part in reading.parts},
            asking=ASKING_IMPORTS | WASI_ASKING,
            features=options.features,
            starts=_start_functions(info),
        )

    def instantiate(self, services: HostServices) -> GuestInstance:
        """A fresh instance, its start functions run."""
        guest = ByteFunctions(self._name)
        guest.attach(self._blueprint.instantiate(services, _handlers(services)))
        return ByteInstance(guest, self._name, self.functions, self.default_function, self._find)

    def close(self) -> None:
        """Nothing to free: the compiled module goes with its last instance."""


def _start_functions(info: ModuleInfo) -> tuple[str, ...]:
    """The exports that make an instance ready, in order. Where ``_initialize`` is there, it calls the constructors."""
    initialize, constructors, wasm_bindgen = START_NAMES
    first = initialize if info.function(initialize) == FuncType() else constructors
    return tuple(name for name in (first, wasm_bindgen) if info.function(name) == FuncType())


def _metadata(reading: Reading) -> dict[str, Any]:
    return {
        "convention": str(reading.convention),
        "byte_functions": [
            {"name": name, "type": str(reading.function_type), "convention": str(reading.convention)}
            for name in reading.functions
        ],
        "other_functions": [{"name": name, "type": str(type_)} for name, type_ in reading.others.items()],
    }


def _handlers(services: HostServices) -> dict[int, Handler]:
    return {
        **service_handlers(services),
        _NOW: lambda _request: services.now_ns(),
        _RANDOM: lambda request: services.random(_U32.unpack(request)[0]),
    }

"""The fluxrig adapter: claims gears and compiles them beside their driver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cbor2

from plugbay.contracts import Claim, CompiledPlugin, Decline, Engine, GuestInstance, PluginOptions
from plugbay.engines.wasmtime.blueprint import Blueprint
from plugbay.engines.wasmtime.driver import Driver
from plugbay.engines.wasmtime.engine import WasmtimeEngine
from plugbay.engines.wasmtime.mailbox import Service
from plugbay.engines.wasmtime.service_calls import Handler, service_handlers, split_pair
from plugbay.engines.wasmtime.wasi import WASI, WASI_ASKING, wasi_driver
from plugbay.errors import ConfigInvalid
from plugbay.module.info import FuncType, ModuleInfo
from plugbay.module.verified import VerifiedModule
from plugbay.services import HostServices
from plugbay_adapters.fluxrig.claim import ABI, allocator_name, claim_module
from plugbay_adapters.fluxrig.instance import FluxrigInstance

DEFAULT_ENTRYPOINT = "process"
ASKING_IMPORTS = frozenset({"env.flux_kv_get", "env.flux_kv_put", "env.flux_req_http"})
"""Imports that ask the host; the driver answers the others alone."""


class FluxrigAdapter:
    """fluxrig gears, both profiles of the ABI sheet. Its config: ``entrypoint``, the name of the gear's function."""

    name = ABI
    engines = (WasmtimeEngine.name,)

    def claim(self, info: ModuleInfo, options: PluginOptions) -> Claim | Decline:
        """Claim by alloc, free and the entrypoint."""
        provided: dict[str, FuncType] = {}
        for driver in _drivers(info):
            provided |= driver.provides
        return claim_module(info, _entrypoint(options), provided)

    def compile(
        self, module: VerifiedModule, info: ModuleInfo, engine: Engine, options: PluginOptions
    ) -> CompiledPlugin:
        """The gear compiled with its limits. Raises the claim's first finding, or what compiling raises."""
        assert isinstance(engine, WasmtimeEngine), "the host picks an engine from .engines"
        return FluxrigPlugin(module, info, engine, options)


class FluxrigPlugin:
    """A gear, compiled."""

    def __init__(
        self,
        module: VerifiedModule,
        info: ModuleInfo,
        engine: WasmtimeEngine,
        options: PluginOptions,
    ) -> None:
        self.default_function = _entrypoint(options)
        self.functions = frozenset({self.default_function})
        self.metadata: Mapping[str, Any] = {}
        self._name = options.name
        self._limits = options.limits
        self._blueprint = Blueprint(
            engine,
            module,
            info,
            _drivers(info),
            plugin=options.name,
            limits=options.limits,
            bindings={"alloc": allocator_name(info), "process": self.default_function},
            asking=ASKING_IMPORTS | WASI_ASKING,
            features=options.features,
            starts=[name for name in ("_initialize",) if info.function(name) is not None],
        )

    def instantiate(self, services: HostServices) -> GuestInstance:
        """A fresh gear, its start functions run."""
        guest = self._blueprint.instantiate(services, _handlers(services))
        return FluxrigInstance(guest, self._name, self.default_function, self._limits)

    def close(self) -> None:
        """Nothing to free: the compiled module goes with its last instance."""


def _drivers(info: ModuleInfo) -> tuple[Driver, ...]:
    """The gear's driver, and the default-deny WASI beside it where the gear imports any of it."""
    driver = Driver.load("plugbay_adapters.fluxrig", "driver.wat")
    return (driver, wasi_driver()) if any(item.module == WASI for item in info.imports) else (driver,)


def _entrypoint(options: PluginOptions) -> str:
    config = options.config
    if options.linked:
        raise ConfigInvalid(
            f"a fluxrig gear is one module, {len(options.linked)} others are linked to it",
            found=", ".join(linked.name for linked in options.linked),
        )
    unknown = sorted(set(config) - {"entrypoint"})
    if unknown:
        raise ConfigInvalid(
            f"a fluxrig gear has no config {', '.join(unknown)}", function=unknown[0], hint="it takes: entrypoint"
        )
    name = config.get("entrypoint", DEFAULT_ENTRYPOINT)
    if not isinstance(name, str) or not name:
        raise ConfigInvalid("entrypoint must be the name of an export", function="entrypoint", found=name)
    return name


def _handlers(services: HostServices) -> dict[int, Handler]:
    def http(request: bytes) -> bytes:
        url, body = split_pair(request)
        response = services.http_request(url.decode(), method="POST" if body else "GET", headers=(), body=body)
        headers: dict[str, str] = {}
        for name, value in response.headers:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value  # RFC 9110, 5.3
        return cbor2.dumps({"status": response.status, "headers": headers, "body": response.body})

    return {**service_handlers(services), Service.HTTP: http}

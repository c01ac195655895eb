"""The Extism adapter: claims plugins and compiles them for wasmtime or libextism."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Never

from plugbay.byte_instance import ByteInstance
from plugbay.contracts import Claim, CompiledPlugin, Decline, Engine, GuestInstance, PluginOptions
from plugbay.engines.wasmtime.engine import WasmtimeEngine
from plugbay.errors import MissingExport
from plugbay.functions import check_function, parse_function_patterns
from plugbay_adapters.extism.claim import ABI, callable_functions, claim_module
from plugbay_adapters.extism.driven import DrivenCode, provided_imports

if TYPE_CHECKING:
    from plugbay.functions import FunctionCall, HostFunction
    from plugbay.module.info import ModuleInfo
    from plugbay.module.verified import VerifiedModule
    from plugbay.services import HostServices
    from plugbay_adapters.extism.guest import ExtismCode

LIBEXTISM = "extism"


class ExtismAdapter:
    """Extism plugins. Their config is a map of texts; values of other kinds reach the plugin as JSON."""

    name = ABI
    engines = (WasmtimeEngine.name, LIBEXTISM)

    def claim(self, info: ModuleInfo, options: PluginOptions) -> Claim | Decline:
        """Claim by imports from the kernel, or exports that a host can call."""
        linked = [(one.name, one.info) for one in options.linked]
        return claim_module(info, provided_imports(options.functions), linked)

    def compile(
        self, module: VerifiedModule, info: ModuleInfo, engine: Engine, options: PluginOptions
    ) -> CompiledPlugin:
        """The plugin compiled with its limits."""
        return ExtismPlugin(module, info, engine, options)


class ExtismPlugin:
    """A plugin, compiled."""

    def __init__(self, module: VerifiedModule, info: ModuleInfo, engine: Engine, options: PluginOptions) -> None:
        names = callable_functions(info)
        self.functions = frozenset(names)
        self.default_function = names[0]
        self.metadata: Mapping[str, Any] = {}
        self._name = options.name
        self._offered = imported_functions(info, options)
        self._granted = granted_functions(self._offered, options)
        self._code = compile_code(module, info, engine, options, self._offered)

    def instantiate(self, services: HostServices) -> GuestInstance:
        """A fresh plugin, its start-up done."""
        guest = self._code.instantiate(services, self._granted)
        return ByteInstance(guest, self._name, self.functions, self.default_function, self._no_function)

    def close(self) -> None:
        """Free the code."""
        self._code.close()

    def _no_function(self, name: str) -> Never:
        raise MissingExport(
            f"there is no function {name} to call",
            plugin=self._name,
            function=name,
            expected=", ".join(sorted(self.functions)),
            hint="an Extism function takes no parameters and returns an i32 or nothing",
        )


def compile_code(
    module: VerifiedModule,
    info: ModuleInfo,
    engine: Engine,
    options: PluginOptions,
    functions: Mapping[str, HostFunction],
) -> ExtismCode:
    """The plugin compiled for an engine, with the signatures of the host functions that it imports."""
    if isinstance(engine, WasmtimeEngine):
        return DrivenCode(engine, module, info, options, functions)
    # Not at the top: libextism is loaded by those who ask for it.
    from plugbay.engines.extism.engine import ExtismEngine
    from plugbay_adapters.extism.reference import compile_reference

    assert isinstance(engine, ExtismEngine), "the host picks an engine from .engines"
    return compile_reference(engine, module, info, options, functions)


def imported_functions(info: ModuleInfo, options: PluginOptions) -> dict[str, HostFunction]:
    """Those of the offered host functions that the plugin's modules import."""
    modules = (info, *(linked.info for linked in options.linked))
    names = {f"{item.module}.{item.name}" for declared in modules for item in declared.imports}
    return {name: function for name, function in options.functions.items() if name in names}


def granted_functions(functions: Mapping[str, HostFunction], options: PluginOptions) -> dict[str, HostFunction]:
    """The functions; a call of one that was not granted fails with that reason."""
    grants = parse_function_patterns(options.permissions.functions)
    return {
        name: function if any(grant.matches(function) for grant in grants) else function.run_by(_Refusal(function))
        for name, function in functions.items()
    }


class _Refusal:
    """Runs no function that was not granted."""

    def __init__(self, function: HostFunction) -> None:
        self._function = function

    def run(self, call: FunctionCall, body: object, values: object) -> Never:  # noqa: ARG002 # what runners take
        check_function(self._function, (), call.plugin)
        raise AssertionError("nothing grants it")

"""Extism plugins on libextism, made of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from plugbay import Limits, Permissions
from plugbay.contracts import LinkedModule, PluginOptions
from plugbay.engines.extism.engine import ExtismEngine
from plugbay.module.binary import read_module
from plugbay.module.source import read_source
from plugbay.module.verified import Trust, verify
from plugbay.services import HostServices, HttpClient
from plugbay.state import MemoryStore
from plugbay_adapters.extism.reference import ReferenceCode, compile_reference

if TYPE_CHECKING:
    from plugbay.functions import HostFunction
    from plugbay_adapters.extism.reference_guest import ReferenceGuest

KERNEL = """
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "free" (func $free (param i64)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "load_u8" (func $load (param i64) (result i32)))
  (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
  (import "extism:host/env" "input_offset" (func $input (result i64)))
  (import "extism:host/env" "input_length" (func $size (result i64)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (import "extism:host/env" "error_set" (func $error (param i64)))
  (import "extism:host/env" "config_get" (func $config (param i64) (result i64)))
  (import "extism:host/env" "var_get" (func $get (param i64) (result i64)))
  (import "extism:host/env" "var_set" (func $set (param i64 i64)))
  (import "extism:host/env" "http_request" (func $http (param i64 i64) (result i64)))
  (import "extism:host/env" "log_error" (func $log_error (param i64)))
"""
HELPERS = """
  (func $answer (param $handle i64) (call $output (local.get $handle) (call $length (local.get $handle))))
  (func $byte (param $value i32) (result i64) (local $handle i64)
    (local.set $handle (call $alloc (i64.const 1)))
    (call $store (local.get $handle) (local.get $value))
    (local.get $handle))
  (func $copy (result i64) (local $to i64) (local $at i64)
    (local.set $to (call $alloc (call $size)))
    (block $done (loop $next
      (br_if $done (i64.ge_u (local.get $at) (call $size)))
      (call $store (i64.add (local.get $to) (local.get $at))
                   (call $load (i64.add (call $input) (local.get $at))))
      (local.set $at (i64.add (local.get $at) (i64.const 1)))
      (br $next)))
    (local.get $to))
"""
EXIT = '(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1)'


@dataclass
class Loaded:
    """Compiled code, and what its guests need."""

    code: ReferenceCode
    options: PluginOptions
    functions: dict[str, HostFunction]

    def guest(self, *, started: bool = True) -> ReferenceGuest:
        options = self.options
        services = HostServices(options.name, options.permissions, options.limits, MemoryStore(), HttpClient())
        guest = self.code.instantiate(services, self.functions)
        if started:
            guest.start()
        return guest


Load = Callable[..., Loaded]
"""Compiles a plugin; the first argument are its fields, after the kernel's imports and those in ``imports``."""
Make = Callable[..., "ReferenceGuest"]
"""The same, and makes a guest of it."""


@pytest.fixture(scope="session", autouse=True)
def quiet_environment() -> Iterator[None]:
    """Keep libextism from the user's cache, and from naming the native frames of each error, which takes 0.1 s."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("EXTISM_CACHE_CONFIG", "")
        environment.setenv("RUST_LIB_BACKTRACE", "0")
        yield


@pytest.fixture
def engine() -> Iterator[ExtismEngine]:
    engine = ExtismEngine()
    yield engine
    engine.close()


@pytest.fixture
def load(wat: Callable[[str], bytes], engine: ExtismEngine) -> Iterator[Load]:
    loaded: list[Loaded] = []

    def compile_text(
        body: str,
        *,
        imports: str = "",
        functions: tuple[HostFunction, ...] = (),
        linked: dict[str, str] | None = None,
        limits: Limits | None = None,
        permissions: Permissions | None = None,
        config: dict[Any, Any] | None = None,
    ) -> Loaded:
        module = verify(read_source(wat(f"(module {KERNEL} {imports} {HELPERS} {body})"), max_bytes=10**7), Trust())
        others: list[LinkedModule] = []
        for name, text in (linked or {}).items():
            other = verify(read_source(wat(text), max_bytes=10**7), Trust())
            others.append(LinkedModule(name, other, read_module(other.data, other.digest)))
        by_name = {function.qualified_name: function for function in functions}
        options = PluginOptions(
            "guest",
            limits or Limits(),
            config or {},
            permissions=permissions or Permissions(),
            functions=by_name,
            linked=tuple(others),
        )
        info = read_module(module.data, module.digest)
        loaded.append(Loaded(compile_reference(engine, module, info, options, by_name), options, by_name))
        return loaded[-1]

    yield compile_text
    for each in loaded:
        each.code.close()


@pytest.fixture
def make(load: Load) -> Iterator[Make]:
    """Guests whose start-up is done; closed after the test."""
    guests: list[ReferenceGuest] = []

    def make_guest(body: str, **options: Any) -> ReferenceGuest:
        guests.append(load(body, **options).guest())
        return guests[-1]

    yield make_guest
    for guest in guests:
        guest.close()

"""Extism plugins made of text, on every engine that can run them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.extism.script import PAGES, PUPPET, Puppet

from plugbay import Host, Plugin

if TYPE_CHECKING:
    from plugbay.functions import HostFunction

ENGINES = ("wasmtime", "extism")
"""The engines that the tests with the fixture ``engine`` run on."""

KERNEL = """
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "free" (func $free (param i64)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "length_unsafe" (func $length_unsafe (param i64) (result i64)))
  (import "extism:host/env" "load_u8" (func $load_u8 (param i64) (result i32)))
  (import "extism:host/env" "load_u64" (func $load_u64 (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "store_u64" (func $store_u64 (param i64 i64)))
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "input_offset" (func $input_offset (result i64)))
  (import "extism:host/env" "input_load_u8" (func $input_load_u8 (param i64) (result i32)))
  (import "extism:host/env" "input_load_u64" (func $input_load_u64 (param i64) (result i64)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (import "extism:host/env" "error_set" (func $error_set (param i64)))
  (import "extism:host/env" "config_get" (func $config_get (param i64) (result i64)))
  (import "extism:host/env" "var_get" (func $var_get (param i64) (result i64)))
  (import "extism:host/env" "var_set" (func $var_set (param i64 i64)))
  (import "extism:host/env" "log_trace" (func $log_trace (param i64)))
  (import "extism:host/env" "log_debug" (func $log_debug (param i64)))
  (import "extism:host/env" "log_info" (func $log_info (param i64)))
  (import "extism:host/env" "log_warn" (func $log_warn (param i64)))
  (import "extism:host/env" "log_error" (func $log_error (param i64)))
  (import "extism:host/env" "get_log_level" (func $get_log_level (result i32)))
"""
HTTP = """
  (import "extism:host/env" "http_request" (func $http_request (param i64 i64) (result i64)))
  (import "extism:host/env" "http_status_code" (func $http_status_code (result i32)))
  (import "extism:host/env" "http_headers" (func $http_headers (result i64)))
"""
PROC_EXIT = '(import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))'
MEMORY = '(memory (export "memory") 1)'
HELPERS = """
  ;; A block with bytes of the guest's memory.
  (func $block (param $p i32) (param $n i32) (result i64) (local $handle i64) (local $i i32)
    (local.set $handle (call $alloc (i64.extend_i32_u (local.get $n))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
      (call $store_u8 (i64.add (local.get $handle) (i64.extend_i32_u (local.get $i)))
                      (i32.load8_u (i32.add (local.get $p) (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (local.get $handle))
  ;; A block with $n bytes of the input, from $at on.
  (func $taken (param $at i64) (param $n i64) (result i64) (local $handle i64) (local $i i64)
    (local.set $handle (call $alloc (local.get $n)))
    (block $done (loop $next
      (br_if $done (i64.ge_u (local.get $i) (local.get $n)))
      (call $store_u8 (i64.add (local.get $handle) (local.get $i))
                      (call $input_load_u8 (i64.add (local.get $at) (local.get $i))))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br $next)))
    (local.get $handle))
  (func $input (result i64) (call $taken (i64.const 0) (call $input_length)))
  ;; Make a block the output.
  (func $answer (param $handle i64) (call $output_set (local.get $handle) (call $length (local.get $handle))))
  (func $answer_u64 (param $value i64) (local $handle i64)
    (local.set $handle (call $alloc (i64.const 8)))
    (call $store_u64 (local.get $handle) (local.get $value))
    (call $answer (local.get $handle)))
"""

Load = Callable[..., Plugin]
"""Loads a plugin; the first argument are its fields. ``imports`` are further imports, ``functions`` host functions."""


def plugin_text(fields: str, *, imports: str = "", memory: str = MEMORY) -> str:
    """A plugin that imports the kernel: fields after it, and helpers beside them."""
    return f"(module $plugin {KERNEL} {imports} {memory} {HELPERS} {fields})"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "only(engine, why): the fixture engine has this value alone")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test runs on every engine, unless it is marked ``only``."""
    if "engine" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("only")
        metafunc.parametrize("engine", ENGINES if only is None else only.args[:1])


@pytest.fixture
def load_module(engine: str) -> Iterator[Load]:
    """Loads modules on the engine, by hosts that close after the test."""
    hosts: list[Host] = []

    def load(source: Any, *, functions: tuple[HostFunction, ...] = (), state: Any = None, **options: Any) -> Plugin:
        hosts.append(Host(functions=functions, state=state))
        options.setdefault("name", "guest")
        return hosts[-1].load(source, engine=engine, **options)

    yield load
    for host in hosts:
        host.close()


@pytest.fixture
def load(load_module: Load, wat: Callable[[str], bytes]) -> Load:
    """The same for fields of a plugin."""

    def load(fields: str, *, imports: str = "", memory: str = MEMORY, **options: Any) -> Plugin:
        return load_module(wat(plugin_text(fields, imports=imports, memory=memory)), **options)

    return load


@pytest.fixture
def puppet(load: Load) -> Callable[..., Puppet]:
    """Loads a guest that does what scripts say; the arguments are those of ``Host.load``."""

    def make(**options: Any) -> Puppet:
        return Puppet(load(PUPPET, imports=PROC_EXIT, memory=MEMORY.replace(" 1)", f" {PAGES})"), **options))

    return make

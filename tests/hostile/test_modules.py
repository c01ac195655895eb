"""Modules that are hostile before they run: wrong exports, forbidden imports, odd memories, huge sizes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plugbay import Host, Message
from plugbay.errors import (
    ConfigInvalid,
    ForbiddenImport,
    InitFailed,
    InvalidBinary,
    MissingExport,
    ModuleError,
    PlugbayError,
    UnknownAbi,
    UnsupportedFeature,
    WrongSignature,
)

EXPORTS = {
    "memory": '(memory (export "memory") 1)',
    "alloc": '(func (export "alloc") (param i32) (result i32) (i32.const 8))',
    "free": '(func (export "free") (param i32 i32))',
    "process": '(func (export "process") (param i32 i32) (result i64) (i64.const 0))',
}


def _module(*parts: str, **replaced: str) -> str:
    return f"(module {' '.join(parts)} {' '.join((EXPORTS | replaced).values())})"


@pytest.mark.parametrize("name", EXPORTS)
def test_a_missing_export_is_named(refusal: Callable[..., PlugbayError], name: str) -> None:
    text = _module(**({name: ""} if name != "memory" else {name: "(memory 1)"}))
    error = refusal(text, abi="fluxrig")
    assert isinstance(error, MissingExport)
    assert isinstance(error, LookupError)
    assert (error.plugin, error.function) == ("hostile", name)
    assert error.expected


WRONG = {
    "alloc without a result": ("alloc", '(func (export "alloc") (param i32))'),
    "alloc with two parameters": ("alloc", '(func (export "alloc") (param i32 i32) (result i32) (i32.const 8))'),
    "alloc with 64 bits": ("alloc", '(func (export "alloc") (param i64) (result i64) (i64.const 8))'),
    "alloc with a float": ("alloc", '(func (export "alloc") (param f32) (result i32) (i32.const 8))'),
    "alloc that is a global": ("alloc", '(global (export "alloc") i32 (i32.const 8))'),
    "free with a result": ("free", '(func (export "free") (param i32 i32) (result i32) (i32.const 8))'),
    "free with one parameter": ("free", '(func (export "free") (param i32))'),
    "free that is a table": ("free", '(table (export "free") 1 funcref)'),
    "process with 32 bits": ("process", '(func (export "process") (param i32 i32) (result i32) (i32.const 0))'),
    "process with two results": (
        "process",
        '(func (export "process") (param i32 i32) (result i32 i32) (i32.const 0) (i32.const 0))',
    ),
    "process with a thousand parameters": (
        "process",
        f'(func (export "process") (param {"i32 " * 1000}) (result i64) (i64.const 0))',
    ),
    "process without anything": ("process", '(func (export "process"))'),
    "memory that is a global": ("memory", '(memory 1) (global (export "memory") i32 (i32.const 1))'),
    "memory that is a function": ("memory", '(memory 1) (func (export "memory"))'),
    "_initialize with a parameter": ("_initialize", '(func (export "_initialize") (param i32))'),
    "_initialize with a result": ("_initialize", '(func (export "_initialize") (result i32) (i32.const 1))'),
    "_initialize that is a memory": ("_initialize", '(export "_initialize" (memory 0))'),
}


@pytest.mark.parametrize(("name", "declaration"), WRONG.values(), ids=WRONG)
def test_an_export_of_the_wrong_type_is_named_with_both_types(
    refusal: Callable[..., PlugbayError], name: str, declaration: str
) -> None:
    error = refusal(_module(**{name: declaration}), abi="fluxrig")
    assert isinstance(error, WrongSignature)
    assert (error.plugin, error.function) == ("hostile", name)
    assert error.expected
    assert error.found
    assert error.expected != error.found


FORBIDDEN = {
    "an unknown module": ('(import "host" "log" (func (param i32 i32 i32)))', "host.log"),
    "an unknown function": ('(import "env" "exec" (func (param i32 i32)))', "env.exec"),
    "an empty name": ('(import "" "" (func))', "."),
    "a dotted name that reads like a granted one": ('(import "env.log" "" (func))', "env.log."),
    "wasi of a later preview": ('(import "wasi:cli/run" "run" (func))', "wasi:cli/run.run"),
    "a wasi function that there is not": ('(import "wasi_snapshot_preview1" "fork" (func))', "fork"),
    "a memory": ('(import "env" "memory" (memory 1))', "env.memory"),
    "a table": ('(import "env" "table" (table 1 funcref))', "env.table"),
    "a global": ('(import "env" "stack" (global (mut i32)))', "env.stack"),
    "the driver's own requests": ('(import "host" "service" (func (param i32 i32 i32) (result i64)))', "host.service"),
    "another driver's stop": ('(import "driver" "stop" (func (param i32 i32)))', "driver.stop"),
    "the driver's table": ('(import "slots" "table" (table 1 funcref))', "slots.table"),
    "a name with a null in it": (r'(import "env" "log\00" (func (param i32 i32 i32)))', "env.log"),
}


@pytest.mark.parametrize(("declaration", "name"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_forbidden_import_is_named(refusal: Callable[..., PlugbayError], declaration: str, name: str) -> None:
    memory = "" if "(memory" not in declaration else '(export "memory" (memory 0))'
    error = refusal(_module(declaration, **({"memory": memory} if memory else {})), abi="fluxrig")
    assert isinstance(error, ForbiddenImport)
    assert isinstance(error, PermissionError)
    assert error.plugin == "hostile"
    assert name in str(error.function)
    assert error.hint


MISTYPED = {
    "log with one parameter": ("env.log", '(import "env" "log" (func (param i32)))'),
    "log with a result": ("env.log", '(import "env" "log" (func (param i32 i32 i32) (result i32)))'),
    "log that is a global": ("env.log", '(import "env" "log" (global i32))'),
    "emit with 64 bits": ("env.emit", '(import "env" "emit" (func (param i64)))'),
    "get with two results": ("env.flux_kv_get", '(import "env" "flux_kv_get" (func (param i32 i32) (result i32 i32)))'),
    "a wasi function": (
        "wasi_snapshot_preview1.fd_write",
        '(import "wasi_snapshot_preview1" "fd_write" (func (param i32) (result i32)))',
    ),
}


@pytest.mark.parametrize(("name", "declaration"), MISTYPED.values(), ids=MISTYPED)
def test_a_granted_import_of_the_wrong_type_is_named_with_both_types(
    refusal: Callable[..., PlugbayError], name: str, declaration: str
) -> None:
    error = refusal(_module(declaration))
    assert isinstance(error, WrongSignature)
    assert (error.plugin, error.function) == ("hostile", name)
    assert error.expected != error.found


def test_the_same_import_twice_is_served_twice(arena: Host, guest: Callable[..., bytes], evil: Message) -> None:
    log = '(import "env" "log" (func {} (param i32 i32 i32)))'
    body = """(call $one (i32.const 1) (i32.const 0) (i32.const 1))
      (call $two (i32.const 1) (i32.const 1) (i32.const 1))
      (call $copy (local.get $p) (local.get $n))"""
    module = guest(body, imports=log.format("$one") + log.format("$two"), extra='(data (i32.const 0) "12")')
    assert [text for _, text in arena.load(module, name="twice").process(evil).logs] == ["1", "2"]


SHAPES: dict[str, tuple[str, type[ModuleError]]] = {
    "two memories": (_module(memory='(memory (export "memory") 1) (memory 1)'), UnsupportedFeature),
    "two exported memories": (
        _module(memory='(memory (export "memory") 1) (memory (export "second") 1)'),
        UnsupportedFeature,
    ),
    "a shared memory": (_module(memory='(memory (export "memory") 1 1 shared)'), UnsupportedFeature),
    "a 64-bit memory": (
        """(module (memory (export "memory") i64 1) (func (export "alloc") (param i32) (result i32) (i32.const 8))
          (func (export "free") (param i32 i32))
          (func (export "process") (param i32 i32) (result i64) (i64.const 0)))""",
        UnsupportedFeature,
    ),
    "tail calls": (_module("(func $f (return_call $f))"), UnsupportedFeature),
    "exceptions": (_module("(tag $t) (func (throw $t))"), UnsupportedFeature),
    "garbage-collected types": (_module("(type (struct (field i32)))"), UnsupportedFeature),
    "typed function references": (_module("(type $t (func)) (func (param (ref $t)))"), UnsupportedFeature),
    "atomic instructions": (_module("(func (atomic.fence))"), UnsupportedFeature),
    "relaxed vectors": (
        _module("(func (param v128 v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))"),
        UnsupportedFeature,
    ),
    "wide arithmetic": (
        _module(
            "(func (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1)))",
        ),
        UnsupportedFeature,
    ),
    "the host's own name for the start": (_module('(func (export "plugbay:start"))'), InvalidBinary),
    "a 64-bit table": (_module("(table i64 1 funcref)"), UnsupportedFeature),
}


@pytest.mark.parametrize(("text", "expected"), SHAPES.values(), ids=SHAPES)
def test_what_the_abi_s_own_host_refuses_is_refused(
    refusal: Callable[..., PlugbayError], text: str, expected: type[ModuleError]
) -> None:
    error = refusal(text)
    assert isinstance(error, expected)
    assert error.plugin in ("hostile", None)


STARTS = {
    "a start that traps": "(func $s (unreachable)) (start $s)",
    "a start that reads beyond memory": "(func $s (drop (i32.load (i32.const 65536)))) (start $s)",
    "_initialize that traps": '(func (export "_initialize") (unreachable))',
    "data beyond memory": '(data (i32.const 65536) "x")',
    "data at a negative address": '(data (i32.const -1) "xx")',
    "elements beyond a table": "(table 1 funcref) (func $f) (elem (i32.const 1) $f)",
}


@pytest.mark.parametrize("extra", STARTS.values(), ids=STARTS)
def test_a_start_up_that_fails_is_refused(
    guest: Callable[..., bytes], refusal: Callable[..., PlugbayError], extra: str
) -> None:
    error = refusal(guest(extra=extra))
    assert isinstance(error, InitFailed)
    assert error.plugin == "hostile"


CONFIGS: dict[str, tuple[dict[str, object], type[PlugbayError]]] = {
    "a number": ({"entrypoint": 7}, ConfigInvalid),
    "nothing": ({"entrypoint": ""}, ConfigInvalid),
    "null": ({"entrypoint": None}, ConfigInvalid),
    "a list": ({"entrypoint": ["process"]}, ConfigInvalid),
    "another key": ({"entry_point": "process"}, ConfigInvalid),
    "an export that there is not": ({"entrypoint": "nobody"}, MissingExport),
    "the allocator": ({"entrypoint": "alloc"}, WrongSignature),
    "free": ({"entrypoint": "free"}, WrongSignature),
    "the memory": ({"entrypoint": "memory"}, WrongSignature),
    "a name with a null in it": ({"entrypoint": "process\0"}, MissingExport),
    "half a surrogate": ({"entrypoint": "\ud800"}, MissingExport),
}


@pytest.mark.parametrize(("config", "expected"), CONFIGS.values(), ids=CONFIGS)
def test_an_odd_entrypoint_is_refused(
    guest: Callable[..., bytes],
    refusal: Callable[..., PlugbayError],
    config: dict[str, object],
    expected: type[PlugbayError],
) -> None:
    assert isinstance(refusal(guest(), abi="fluxrig", config=config), expected)


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        b"\0asm",
        b"\0asm\1\0\0",
        b"\0asm\2\0\0\0",
        b"\0asm\x0d\0\1\0",
        b"MZ",
        b"\x7fELF",
        b"PK\3\4",
        b"\x1f\x8b\x08",
    ],
)
def test_bytes_that_are_no_module_are_refused(refusal: Callable[..., PlugbayError], data: bytes) -> None:
    assert isinstance(refusal(data), InvalidBinary)


def test_an_empty_module_is_nobody_s(refusal: Callable[..., PlugbayError]) -> None:
    error = refusal("(module)")
    assert isinstance(error, UnknownAbi)
    assert error.plugin == "hostile"
    assert error.hint

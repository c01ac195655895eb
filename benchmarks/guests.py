"""The guests that are measured, as bytes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import wasmtime

PASSTHROUGH: Final = Path(__file__).parents[1] / "examples" / "passthrough" / "passthrough.wasm"
"""The echo of a fluxrig gear, from Zig: its real allocator allocates, copies and frees on every call."""
FRAUD: Final = Path(__file__).parents[1] / "examples" / "fraud" / "fraud.wasm"
GUESTS: Final = Path(__file__).with_name("guests")
EXTISM_ECHO: Final = GUESTS / "echo.wasm"
"""An Extism plugin from Rust: ``echo`` returns its input."""
EXTISM_CONFIG_VAR: Final = GUESTS / "config_var.wasm"
"""An Extism plugin from Rust: ``count`` adds a config value to a var."""
ACTORS: Final = {language: FRAUD.parents[1] / "actors" / f"counter-{language}.wasm" for language in ("go", "rust")}
"""The same Reflow actor in two languages: it parses a context, counts, and builds a result, all in JSON."""
BYTE_FUNCTIONS: Final = GUESTS / "byte_functions.wasm"
"""PrioStack functions from Rust, ``packed``: ``echo`` returns its input, ``burn`` computes for a while."""
USERS: Final = {
    language: FRAUD.parents[1] / "users" / f"users-{language}.wasm"
    for language in (
        *("rust-bindgen", "rust-bindgen-retptr", "rust", "c", "zig"),
        *("assemblyscript", "assemblyscript-minimal"),
    )
}
"""The same service of PrioStack's in many languages: it parses a request, checks it, and answers, in JSON.

Not Go's, which needs WASI: the peer has no ordinary calls that do the same."""
LOG_TEXT: Final = "card 4f1a9c scored 87 of 100: country changed within ten minutes"
"""64 bytes."""

_ALLOCATOR: Final = """
  (memory (export "memory") 4)
  (global $top (mut i32) (i32.const 1024))
  (global $live (mut i32) (i32.const 0))
  (func $alloc (export "alloc") (param $n i32) (result i32)
    (global.set $live (i32.add (global.get $live) (i32.const 1)))
    (global.get $top)
    (global.set $top (i32.and (i32.add (i32.add (global.get $top) (local.get $n)) (i32.const 7)) (i32.const -8))))
  (func (export "free") (param i32 i32)
    (global.set $live (i32.sub (global.get $live) (i32.const 1)))
    (if (i32.eqz (global.get $live)) (then (global.set $top (i32.const 1024)))))
  (func $copy (param $p i32) (param $n i32) (result i64) (local $q i32)
    (local.set $q (call $alloc (local.get $n)))
    (memory.copy (local.get $q) (local.get $p) (local.get $n))
    (i64.or (i64.shl (i64.extend_i32_u (local.get $q)) (i64.const 32)) (i64.extend_i32_u (local.get $n))))"""
"""A bump allocator that starts anew when nothing is left, and the result that repeats the input."""


@cache
def logging_gear(lines: int) -> bytes:
    """A gear that logs ``lines`` lines of 64 bytes for a message and passes the message on."""
    return _binary(f"""(module
  (import "env" "log" (func $log (param i32 i32 i32)))
  {_ALLOCATOR}
  (data (i32.const 16) "{LOG_TEXT}")
  (func (export "process") (param $p i32) (param $n i32) (result i64) (local $left i32)
    (local.set $left (i32.const {lines}))
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $left)))
      (call $log (i32.const 2) (i32.const 16) (i32.const {len(LOG_TEXT)}))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $next)))
    (call $copy (local.get $p) (local.get $n))))""")


@cache
def computing_gear() -> bytes:
    """A gear that mixes bits as many times as the little-endian u32 at the start of the message says."""
    return _binary(f"""(module
  {_ALLOCATOR}
  (func (export "process") (param $p i32) (param $n i32) (result i64) (local $left i32) (local $x i64)
    (local.set $left (i32.load (local.get $p)))
    (local.set $x (i64.const 88172645463325252))
    (loop $next
      (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 13))))
      (local.set $x (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 7))))
      (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 17))))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i64.store (i32.const 512) (local.get $x))
    (call $copy (i32.const 512) (i32.const 8))))""")


@cache
def large_gear(functions: int) -> bytes:
    """A gear of many functions that hash the message, store and call each other; each message runs them once."""
    bodies = "\n".join(_hashing_function(index) for index in range(functions))
    return _binary(f"""(module
  {_ALLOCATOR}
  {bodies}
  (func (export "process") (param $p i32) (param $n i32) (result i64)
    (i64.store (i32.const 512) (i64.extend_i32_u (call $f{functions - 1} (local.get $p) (local.get $n))))
    (call $copy (local.get $p) (local.get $n))))""")


def extism_echo() -> bytes:
    """An Extism plugin that copies its input to its output, eight bytes at a time as the PDKs do."""
    return _binary("""(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "input_length" (func $length (result i64)))
  (import "extism:host/env" "input_load_u8" (func $load8 (param i64) (result i32)))
  (import "extism:host/env" "input_load_u64" (func $load64 (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store8 (param i64 i32)))
  (import "extism:host/env" "store_u64" (func $store64 (param i64 i64)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (memory (export "memory") 1)
  (func (export "process") (result i32) (local $n i64) (local $out i64) (local $at i64)
    (local.set $n (call $length))
    (local.set $out (call $alloc (local.get $n)))
    (block $words_done (loop $words
      (br_if $words_done (i64.gt_u (i64.add (local.get $at) (i64.const 8)) (local.get $n)))
      (call $store64 (i64.add (local.get $out) (local.get $at)) (call $load64 (local.get $at)))
      (local.set $at (i64.add (local.get $at) (i64.const 8)))
      (br $words)))
    (block $bytes_done (loop $bytes
      (br_if $bytes_done (i64.ge_u (local.get $at) (local.get $n)))
      (call $store8 (i64.add (local.get $out) (local.get $at)) (call $load8 (local.get $at)))
      (local.set $at (i64.add (local.get $at) (i64.const 1)))
      (br $bytes)))
    (call $output (local.get $out) (local.get $n))
    (i32.const 0)))""")


def _hashing_function(index: int) -> str:
    """Function ``index``: a loop of loads and multiplications, a switch, a store, and a call of the one before it."""
    prime, turn, mask = 2_654_435_761 ^ index * 40_503, 5 + index % 23, (1 << 3 + index % 7) - 1
    before = f"(call $f{index - 1} (local.get $p) (local.get $n))" if index else "(i32.const 2166136261)"
    return f"""(func $f{index} (param $p i32) (param $n i32) (result i32)
    (local $at i32) (local $hash i32) (local $x i64)
    (local.set $hash (i32.xor {before} (i32.const {prime})))
    (block $done (loop $next
      (br_if $done (i32.gt_u (i32.add (local.get $at) (i32.const 64)) (local.get $n)))
      (local.set $x (i64.mul (i64.load (i32.add (local.get $p) (local.get $at))) (i64.const {prime * 2 + 1})))
      (local.set $hash (i32.rotl (i32.xor (local.get $hash) (i32.wrap_i64 (local.get $x))) (i32.const {turn})))
      (if (i32.eqz (i32.and (local.get $hash) (i32.const {mask})))
        (then (local.set $hash (i32.add (local.get $hash) (i32.load8_u (i32.add (local.get $p) (local.get $at))))))
        (else (local.set $hash (i32.mul (local.get $hash) (i32.const {prime | 1})))))
      (block $c (block $b (block $a
        (br_table $a $b $c (i32.rem_u (local.get $hash) (i32.const 3))))
        (local.set $hash (i32.sub (local.get $hash) (i32.const {turn * 977}))) (br $c))
        (local.set $hash (i32.xor (local.get $hash) (i32.shr_u (local.get $hash) (i32.const {turn % 13 + 3})))))
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (br $next)))
    (i32.store (i32.const {520 + index % 60 * 4}) (local.get $hash))
    (local.get $hash))"""


def _binary(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(text))

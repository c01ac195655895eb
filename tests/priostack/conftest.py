"""Guests of every convention around the same body, so that one test speaks for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import wasmtime

from plugbay import Plugin
from plugbay.errors import BatchError, PlugbayError

FRAME = """
(module $guest
  {imports}
  (memory (export "memory") {pages})
  (global $heap (mut i32) (i32.const 4096))
  (global $live (mut i32) (i32.const 0))
  (global $pins (mut i32) (i32.const 0))
  (global $collected (mut i32) (i32.const 0))
  ;; A buffer as AssemblyScript's are: a runtime id of 1 and the size in front of its bytes. 0 when memory is full.
  (func $bump (param $n i32) (result i32) (local $p i32) (local $missing i32)
    (local.set $p (i32.add (global.get $heap) (i32.const 16)))
    (global.set $heap (i32.add (local.get $p) (i32.and (i32.add (local.get $n) (i32.const 15)) (i32.const -8))))
    (local.set $missing (i32.sub (global.get $heap) (i32.shl (memory.size) (i32.const 16))))
    (if (i32.gt_s (local.get $missing) (i32.const 0)) (then
      (if (i32.eq (i32.const -1)
            (memory.grow (i32.shr_u (i32.add (local.get $missing) (i32.const 65535)) (i32.const 16))))
        (then (global.set $heap (i32.sub (local.get $p) (i32.const 16))) (return (i32.const 0))))))
    (i32.store (i32.sub (local.get $p) (i32.const 8)) (i32.const 1))
    (i32.store (i32.sub (local.get $p) (i32.const 4)) (local.get $n))
    (global.set $live (i32.add (global.get $live) (i32.const 1)))
    (local.get $p))
  (func $release (param $p i32)
    (global.set $live (i32.sub (global.get $live) (i32.const 1)))
    (if (i32.eqz (global.get $live)) (then (global.set $heap (i32.const 4096)))))
  (func $copy (param $p i32) (param $n i32) (result i32 i32) (local $q i32)
    (local.set $q (call $bump (local.get $n)))
    (memory.copy (local.get $q) (local.get $p) (local.get $n))
    (local.get $q) (local.get $n))
  (func $number (param $value i32) (result i32 i32) (local $q i32)
    (local.set $q (call $bump (i32.const 4)))
    (i32.store (local.get $q) (local.get $value))
    (local.get $q) (i32.const 4))
  (func $none (result i32 i32) (i32.const 0) (i32.const 0))
  (func $run (param $p i32) (param $n i32) (result i32 i32) {body})
  {shape}
  {extra})
"""
PACKED = """
  (func $alloc (export "alloc") (param $n i32) (result i32) {alloc})
  (func $free (export "free") (param $p i32) (param $n i32) {free})
  (func (export "{name}") (param $p i32) (param $n i32) (result i64) (local $q i32) (local $k i32)
    (call $run (local.get $p) (local.get $n)) (local.set $k) (local.set $q)
    (i64.or (i64.shl (i64.extend_i32_u (local.get $q)) (i64.const 32)) (i64.extend_i32_u (local.get $k))))
"""
POINTER_FREE = PACKED.replace('"free") (param $p i32) (param $n i32)', '"dealloc") (param $p i32)').replace(
    '"alloc")', '"malloc")'
)
MULTI_VALUE = """
  (func $alloc (export "__wbindgen_malloc") (param $n i32) (param $align i32) (result i32) {alloc})
  (func $free (export "__wbindgen_free") (param $p i32) (param $n i32) (param $align i32) {free})
  (func (export "{name}") (param $p i32) (param $n i32) (result i32 i32)
    (call $run (local.get $p) (local.get $n)) (call $release (local.get $p)))
"""
RETPTR = """
  (global $stack (mut i32) (i32.const 2048))
  (func (export "__wbindgen_add_to_stack_pointer") (param $by i32) (result i32)
    (global.set $stack (i32.add (global.get $stack) (local.get $by)))
    (global.get $stack))
  (func $alloc (export "__wbindgen_export") (param $n i32) (param $align i32) (result i32) {alloc})
  (func $realloc (export "__wbindgen_export2") (param i32 i32 i32 i32) (result i32) (unreachable))
  (func $free (export "__wbindgen_export3") (param $p i32) (param $n i32) (param $align i32) {free})
  (func (export "{name}") (param $at i32) (param $p i32) (param $n i32) (local $q i32) (local $k i32)
    (call $run (local.get $p) (local.get $n)) (local.set $k) (local.set $q)
    (i32.store (local.get $at) (local.get $q))
    (i32.store offset=4 (local.get $at) (local.get $k))
    (call $release (local.get $p)))
"""
BUFFERS = """
  (func $alloc (export "__new") (param $n i32) (param $id i32) (result i32) {alloc})
  (func (export "__pin") (param $p i32) (result i32)
    (global.set $pins (i32.add (global.get $pins) (i32.const 1))) (local.get $p))
  (func (export "__unpin") (param $p i32) (global.set $pins (i32.sub (global.get $pins) (i32.const 1))))
  (func $free (export "__collect")
    (if (i32.eqz (global.get $pins)) (then (global.set $live (i32.const 0)) (global.set $heap (i32.const 4096))))
    (global.set $collected (i32.add (global.get $collected) (i32.const 1))))
  (func (export "{name}") (param $p i32) (result i32)
    (call $run (local.get $p) (i32.load (i32.sub (local.get $p) (i32.const 4)))) (drop))
"""
COPY = "(call $copy (local.get $p) (local.get $n))"


@dataclass(frozen=True)
class Shape:
    """One way in which a convention is spoken."""

    name: str
    convention: str
    text: str
    throws: str = ""
    """An import that ends a call with the text at (ptr, len), and its use as ``$throw``."""

    def build(
        self,
        body: str = COPY,
        *,
        name: str = "echo",
        imports: str = "",
        extra: str = "",
        pages: str = "1",
        alloc: str = "(call $bump (local.get $n))",
        free: str = "(call $release (local.get $p))",
    ) -> bytes:
        """A module around a body whose input is at ``$p``, ``$n``, and which answers a pointer and a length."""
        shape = self.text.format(name=name, alloc=alloc, free=free)
        text = FRAME.format(body=body, shape=shape, imports=imports, extra=extra, pages=pages)
        return bytes(wasmtime.wat2wasm(text))


SHAPES = (
    Shape("packed", "packed", PACKED),
    Shape("packed-pointer-free", "packed", POINTER_FREE),
    Shape("multi-value", "wasm-bindgen", MULTI_VALUE),
    Shape("retptr", "wasm-bindgen", RETPTR),
    Shape("buffers", "assemblyscript", BUFFERS),
)


@pytest.fixture(params=SHAPES, ids=lambda shape: shape.name)
def shape(request: pytest.FixtureRequest) -> Shape:
    """Each way in which a convention is spoken."""
    found: Shape = request.param
    return found


@pytest.fixture(params=["call", "call_many"])
def fail(request: pytest.FixtureRequest) -> Callable[..., PlugbayError]:
    """The error of a payload, alone or in the middle of a batch; the payloads around it are answered."""

    def alone(plugin: Plugin, payload: bytes, function: str = "echo") -> PlugbayError:
        with pytest.raises(PlugbayError) as caught:
            plugin.call(function, payload)
        return caught.value

    def amid(plugin: Plugin, payload: bytes, function: str = "echo") -> PlugbayError:
        with pytest.raises(BatchError) as caught:
            plugin.call_many(function, [b"before", payload, b"after"])
        before, error, after = caught.value.results
        assert (before, after) == (b"before", b"after")
        assert isinstance(error, PlugbayError)
        return error

    return alone if request.param == "call" else amid

"""Guests that are stopped in the middle of what the kernel does for them."""

from __future__ import annotations

import pytest
from tests.extism.conftest import Load

from plugbay import Limits
from plugbay.errors import (
    OutOfFuel,
)

FUEL = 3_000_000
COUNT = 40
BURN = """
  ;; The input: u64 how often to burn fuel, u64 bytes that are dead before all others and u64 that are behind them, u64
  ;; bytes of a new value of number 0.
  (func $word (param $index i64) (result i64) (call $input_load_u64 (i64.shl (local.get $index) (i64.const 3))))
  (func $set (param $number i64) (param $size i64) (local $handle i64)
    (local.set $handle (call $alloc (i64.const 8)))
    (call $store_u64 (local.get $handle) (local.get $number))
    (call $var_set (local.get $handle) (call $alloc (local.get $size))))
  (func $size (param $number i64) (result i64) (local $handle i64)
    (local.set $handle (call $alloc (i64.const 8)))
    (call $store_u64 (local.get $handle) (local.get $number))
    (call $length (call $var_get (local.get $handle))))
  (func $all (param $size i64) (local $n i64)
    (local.set $n (i64.const 40))
    (loop $more
      (local.set $n (i64.sub (local.get $n) (i64.const 1)))
      (call $set (local.get $n) (local.get $size))
      (br_if $more (i64.ne (local.get $n) (i64.const 0)))))
  (func (export "prepare")
    (call $all (i64.const 0))
    (call $set (i64.const 99) (call $word (i64.const 1)))
    (call $all (i64.const 8))
    (call $set (i64.const 98) (call $word (i64.const 2)))
    (call $set (i64.const 99) (i64.const 0))
    (call $set (i64.const 98) (i64.const 0)))
  (func (export "set") (local $left i64)
    (local.set $left (call $word (i64.const 0)))
    (loop $more
      (local.set $left (i64.sub (local.get $left) (i64.const 1)))
      (br_if $more (i64.gt_s (local.get $left) (i64.const 0))))
    (call $set (i64.const 0) (call $word (i64.const 3))))
  (func (export "check") (local $n i64) (local $whole i64)
    (local.set $n (i64.const 40))
    (loop $more
      (local.set $n (i64.sub (local.get $n) (i64.const 1)))
      (local.set $whole
        (i64.add (local.get $whole) (i64.extend_i32_u (i64.eq (call $size (local.get $n)) (i64.const 8)))))
      (br_if $more (i64.ne (local.get $n) (i64.const 1))))
    (call $answer_u64 (i64.or (i64.shl (local.get $whole) (i64.const 32)) (call $size (i64.const 0)))))
"""


@pytest.mark.only("wasmtime", why="libextism's Python package meters no fuel")
@pytest.mark.parametrize("size", [0, 9, 60_000])
@pytest.mark.parametrize("dead", [(8, 8), (80_000, 8), (8, 80_000)])
def test_a_guest_that_is_stopped_while_it_sets_a_variable_loses_none(
    load: Load, dead: tuple[int, int], size: int
) -> None:
    guest = load(BURN, limits=Limits(fuel=FUEL, var_bytes=10_000_000))

    def call(function: str, burn: int = 0) -> bytes:
        return guest.call(function, b"".join(word.to_bytes(8, "little") for word in (burn, *dead, size)))

    def set_after(burn: int) -> bool:
        """Whether the fuel was enough; afterwards every variable is there, whole."""
        call("prepare")
        try:
            call("set", burn)
            done = True
        except OutOfFuel:
            done = False
        whole = (COUNT - 1) << 32
        assert int.from_bytes(call("check"), "little") in ((whole + size,) if done else (whole + 8, whole + size)), burn
        return done

    least, most = 0, FUEL
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if set_after(middle) else (least, middle)
    # From here on the fuel ends in the last steps of the call, then earlier and earlier in it.
    done = [set_after(least + more) for more in (*range(1, 500), *range(500, 40_000, 131))]
    assert done.count(False) > 700

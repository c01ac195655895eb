from __future__ import annotations

from collections.abc import Callable

import pytest

from plugbay import Host
from plugbay.engines.wasmtime.features import OPTIONAL, check_features
from plugbay.errors import ConfigInvalid, InvalidBinary, UnsupportedFeature

Wat = Callable[[str], bytes]

CORE_2 = {
    "multi-value": "(module (func (result i32 i32) (i32.const 1) (i32.const 2)))",
    "bulk-memory": "(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 1))))",
    "reference-types": "(module (table 1 externref) (table 1 funcref) (func (drop (ref.null extern))))",
    "simd": "(module (func (drop (v128.const i32x4 0 0 0 0))))",
    "sign-extension": "(module (func (drop (i32.extend8_s (i32.const 1)))))",
    "saturating conversions": "(module (func (drop (i32.trunc_sat_f32_s (f32.const 1)))))",
    "mutable globals": '(module (global (export "g") (mut i32) (i32.const 1)))',
}
BEYOND = {
    "tail-call": "(module (func $f (return_call $f)))",
    "multi-memory": "(module (memory 1) (memory 1))",
    "relaxed-simd": "(module (func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0)))))",
    "extended-const": "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))",
    "threads": "(module (memory 1 1 shared))",
    "atomics": "(module (memory 1 1 shared) (func (drop (i32.atomic.load (i32.const 0)))))",
    "memory64": "(module (memory i64 1))",
    "gc": "(module (type (struct (field i32))))",
    "exceptions": "(module (tag))",
    "function-references": "(module (type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0))))",
}


@pytest.mark.parametrize("name", sorted(CORE_2))
def test_core_2_is_accepted(wat: Wat, name: str) -> None:
    wasm = wat(CORE_2[name])
    assert check_features(wasm, frozenset(), origin="m") is None  # type: ignore[func-returns-value] # it must not raise


@pytest.mark.parametrize("name", sorted(BEYOND))
def test_what_came_later_is_refused(wat: Wat, name: str) -> None:
    with pytest.raises(UnsupportedFeature, match="m uses a wasm feature beyond core"):
        check_features(wat(BEYOND[name]), frozenset(), shown=frozenset({name}), origin="m")


@pytest.mark.parametrize("name", sorted(OPTIONAL))
def test_a_proposal_is_accepted_when_allowed_by_name(wat: Wat, name: str) -> None:
    wasm = wat(BEYOND[name])
    check_features(wasm, frozenset({name}), shown=frozenset({name}), origin="m")
    with pytest.raises(UnsupportedFeature):
        check_features(wasm, OPTIONAL - {name}, shown=frozenset({name}), origin="m")


def test_a_gear_whose_globals_compute_is_refused_until_it_is_allowed(host: Host, wat: Wat) -> None:
    wasm = wat("""(module (memory (export "memory") 1)
      (global $at i32 (i32.add (i32.const 1024) (i32.const 8)))
      (func (export "alloc") (param i32) (result i32) (global.get $at))
      (func (export "free") (param i32 i32))
      (func (export "process") (param i32 i32) (result i64) (i64.const 0)))""")
    with pytest.raises(UnsupportedFeature, match="extended-const"):
        host.load(wasm)
    assert host.load(wasm, features=["extended-const"]).call("process", b"x") == b""


@pytest.mark.parametrize("name", ["threads", "memory64", "gc", "exceptions", "tail_call", ""])
def test_other_proposals_cannot_be_allowed(name: str) -> None:
    with pytest.raises(ConfigInvalid, match="no such wasm feature to allow") as caught:
        check_features(b"\0asm\x01\0\0\0", frozenset({name}), origin="m")
    assert "tail-call" in (caught.value.hint or "")


def test_what_no_feature_could_mend_is_an_invalid_binary() -> None:
    # A function whose body leaves nothing for its result.
    wasm = b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\x03\x02\x01\0\x0a\x04\x01\x02\0\x0b"
    with pytest.raises(InvalidBinary, match="m is not valid WebAssembly: type mismatch"):
        check_features(wasm, frozenset(), origin="m")


def test_a_gear_with_tail_calls_loads_when_they_are_allowed(host: Host, gear: Callable[..., bytes]) -> None:
    wasm = gear("(return_call $copy (local.get $p) (local.get $n))")
    with pytest.raises(UnsupportedFeature):
        host.load(wasm)
    plugin = host.load(wasm, features=["tail-call"])
    assert plugin.call("process", b"hello") == b"hello"
    with pytest.raises(UnsupportedFeature):
        host.load(wasm)  # being cached for one who allowed it does not allow it to others

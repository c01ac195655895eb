from __future__ import annotations

from collections.abc import Callable

import pytest
import wasmtime

from plugbay import Host, Limits
from plugbay.engines.wasmtime.traps import call_error
from plugbay.errors import CallError, GuestTrap, OutOfFuel, TrapFrame
from plugbay.module.binary import read_module

TRAPS = {
    "unreachable": "(unreachable)",
    "out of bounds memory access": "(drop (i32.load (i32.const -4)))",
    "integer divide by zero": "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
    "integer overflow": "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))",
    "invalid conversion to integer": "(drop (i32.trunc_f32_s (f32.const nan)))",
    "uninitialized element": "(call_indirect (type $nothing) (i32.const 0))",
    "indirect call type mismatch": "(call_indirect (type $nothing) (i32.const 1))",
    "out of bounds table access": "(call_indirect (type $nothing) (i32.const 99))",
    "call stack exhausted": "(call $deep)",
}
EXTRA = """
  (type $nothing (func))
  (table 2 2 funcref)
  (elem (i32.const 1) func $free)
  (func $deep (call $deep))
"""


@pytest.mark.parametrize("name", sorted(TRAPS))
def test_a_trap_is_named_as_wasm_names_it(host: Host, gear: Callable[..., bytes], name: str) -> None:
    plugin = host.load(gear(f"{TRAPS[name]} (i64.const 0)", extra=EXTRA), name="gear")
    with pytest.raises(GuestTrap) as caught:
        plugin.call("process", b"message")
    assert caught.value.trap == name
    assert caught.value.plugin == "gear"
    assert caught.value.to_dict()["trap"] == name


def test_the_backtrace_has_the_guests_functions_and_none_of_the_hosts(host: Host, gear: Callable[..., bytes]) -> None:
    extra = "(func $inner (unreachable)) (func $outer (call $inner))"
    plugin = host.load(gear("(call $outer) (i64.const 0)", extra=extra))
    with pytest.raises(GuestTrap, match="trapped in inner: unreachable") as caught:
        plugin.call("process", b"message")
    assert [frame.function for frame in caught.value.frames] == ["inner", "outer", "process"]
    assert "\n  at inner @ 0x" in str(caught.value)


@pytest.mark.parametrize("start", ["", "(func $begin) (start $begin)"])
def test_offsets_are_those_of_the_plugins_own_file(host: Host, gear: Callable[..., bytes], start: str) -> None:
    wasm = gear("(unreachable)", extra=start)  # the memory's maximum and the start's export move the code
    plugin = host.load(wasm)
    with pytest.raises(GuestTrap) as caught:
        plugin.call("process", b"message")
    (frame,) = caught.value.frames
    assert wasm[frame.offset] == 0x00  # the opcode of unreachable
    assert read_module(wasm, "").export("process") is not None


def test_functions_without_a_name_are_known_by_their_index(host: Host, wat: Callable[[str], bytes]) -> None:
    plugin = host.load(
        wat("""(module (memory (export "memory") 1)
          (func (export "alloc") (param i32) (result i32) (i32.const 8))
          (func (export "free") (param i32 i32))
          (func (unreachable))
          (func (export "process") (param i32 i32) (result i64) (call 2) (i64.const 0)))""")
    )
    with pytest.raises(GuestTrap) as caught:
        plugin.call("process", b"message")
    assert [frame.function for frame in caught.value.frames] == ["function 2", "function 3"]


def test_a_trap_in_a_guests_import_shows_the_guest_alone(host: Host, gear: Callable[..., bytes]) -> None:
    imports = '(import "env" "log" (func $log (param i32 i32 i32)))'
    plugin = host.load(gear("(call $log (i32.const 1) (i32.const -8) (i32.const 100)) (i64.const 0)", imports=imports))
    with pytest.raises(GuestTrap, match="out of bounds memory access") as caught:
        plugin.call("process", b"message")
    assert [frame.function for frame in caught.value.frames] == ["process"]


def test_running_out_of_fuel_is_an_error_of_its_own(host: Host, gear: Callable[..., bytes]) -> None:
    plugin = host.load(gear("(loop $again (br $again)) (i64.const 0)"), limits=Limits(fuel=10_000))
    with pytest.raises(OutOfFuel) as caught:
        plugin.call("process", b"message")
    assert (caught.value.limit, caught.value.expected) == ("fuel", 10_000)


def test_a_long_backtrace_is_printed_in_part(host: Host, gear: Callable[..., bytes]) -> None:
    plugin = host.load(gear("(call $deep) (i64.const 0)", extra=EXTRA))
    with pytest.raises(GuestTrap) as caught:
        plugin.call("process", b"message")
    assert len(caught.value.frames) > 8
    assert str(caught.value).count("\n  at ") == 8
    assert caught.value.frames[0] == TrapFrame("deep", caught.value.frames[0].offset)


class CodedTrap(wasmtime.Trap):
    """A trap of a given code."""

    def __init__(self, code: wasmtime.TrapCode | None) -> None:
        super().__init__("told")
        self._code = code

    @property
    def trap_code(self) -> wasmtime.TrapCode | None:
        return self._code


@pytest.mark.parametrize("code", [None, *wasmtime.TrapCode], ids=str)
def test_every_trap_of_the_engine_is_translated(code: wasmtime.TrapCode | None) -> None:
    error = call_error(CodedTrap(code), plugin="gear", fuel=1)
    assert isinstance(error, CallError)
    assert error.plugin == "gear"
    if code is wasmtime.TrapCode.OUT_OF_FUEL:
        assert isinstance(error, OutOfFuel)
    else:
        assert isinstance(error, GuestTrap)
        assert error.trap
        assert "_" not in error.trap


def test_an_error_of_the_engine_that_is_no_trap_is_translated_too() -> None:
    error = call_error(wasmtime.WasmtimeError("outer\n\nCaused by:\n    inner reason\n"), plugin="gear", fuel=None)
    assert isinstance(error, GuestTrap)
    assert error.reason == "the engine stopped the guest: inner reason"

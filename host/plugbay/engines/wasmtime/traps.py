"""wasmtime's errors as plugbay's, translated once, here."""

from __future__ import annotations

from collections.abc import Iterable

import wasmtime

from plugbay.errors import CallError, GuestTrap, OutOfFuel, TrapFrame

DRIVER_MODULE_PREFIX = "plugbay."
"""Modules of the host's own, whose frames are left out of a guest's backtrace, bear this prefix."""

_NAMES = {
    wasmtime.TrapCode.STACK_OVERFLOW: "call stack exhausted",
    wasmtime.TrapCode.MEMORY_OUT_OF_BOUNDS: "out of bounds memory access",
    wasmtime.TrapCode.TABLE_OUT_OF_BOUNDS: "out of bounds table access",
    wasmtime.TrapCode.INDIRECT_CALL_TO_NULL: "uninitialized element",
    wasmtime.TrapCode.BAD_SIGNATURE: "indirect call type mismatch",
    wasmtime.TrapCode.INTEGER_OVERFLOW: "integer overflow",
    wasmtime.TrapCode.INTEGER_DIVISION_BY_ZERO: "integer divide by zero",
    wasmtime.TrapCode.BAD_CONVERSION_TO_INTEGER: "invalid conversion to integer",
    wasmtime.TrapCode.UNREACHABLE: "unreachable",
    wasmtime.TrapCode.NULL_REFERENCE: "null reference",
}


def call_error(
    error: wasmtime.Trap | wasmtime.WasmtimeError, *, plugin: str, fuel: int | None, code_shift: int = 0
) -> CallError:
    """The typed error of a call that ended with ``error``.

    ``fuel`` is the limit that applied, in units; ``code_shift`` how many bytes the offsets in the compiled module are
    beyond those in the plugin's file.
    """
    if isinstance(error, wasmtime.Trap):
        return _trap_error(error, plugin=plugin, fuel=fuel, code_shift=code_shift)
    return GuestTrap(f"the engine stopped the guest: {_first_line(str(error))}", trap="engine", plugin=plugin)


def _trap_error(trap: wasmtime.Trap, *, plugin: str, fuel: int | None, code_shift: int) -> CallError:
    code = trap.trap_code
    if code is wasmtime.TrapCode.OUT_OF_FUEL:
        return OutOfFuel(
            f"used up its fuel of {fuel} units",
            plugin=plugin,
            limit="fuel",
            expected=fuel,
            hint="raise Limits.fuel (--fuel) if the guest is trusted to need more",
        )
    name = _NAMES.get(code, code.name.lower().replace("_", " ")) if code is not None else "host trap"
    frames = _guest_frames(trap.frames, code_shift)
    where = f" in {frames[0].function}" if frames else ""
    error = GuestTrap(f"trapped{where}: {name}", trap=name, frames=frames, plugin=plugin)
    if code is wasmtime.TrapCode.STACK_OVERFLOW:
        error.limit = "stack_bytes"
        error.hint = "it recurses without end, or needs a larger Limits.stack_bytes"
    return error


def _guest_frames(frames: Iterable[wasmtime.Frame], code_shift: int) -> list[TrapFrame]:
    return [
        TrapFrame(frame.func_name or f"function {frame.func_index}", _offset(frame, code_shift))
        for frame in frames
        if not (frame.module_name or "").startswith(DRIVER_MODULE_PREFIX)
    ]


def _offset(frame: wasmtime.Frame, code_shift: int) -> int:
    """The offset in the plugin's file; 0 where the engine knows none, as at a function's entry without stack for it."""
    offset = int(frame.module_offset) - code_shift
    return offset if 0 <= offset < 2**32 else 0


def _first_line(text: str) -> str:
    return text.strip().rsplit("Caused by:", maxsplit=1)[-1].strip().splitlines()[0]

"""Calls of exports, judged by the module's own types before an engine sees them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

from plugbay.module.info import FuncType
from plugbay_conformance.engines.contract import GuestStopped, StopKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay.module.info import ModuleInfo, ValType

_BITS: Final = {"i32": 32, "i64": 64, "f32": 32, "f64": 64}
_LAYOUTS: Final = {"i32": "i", "i64": "q", "f32": "f", "f64": "d"}
_UNSIGNED: Final = {"i32": "I", "i64": "Q", "f32": "I", "f64": "Q"}
_START_UP_OF_BYTES: Final = (("_initialize", "__wasm_call_ctors"), ("__wbindgen_start",))
_START_UP_OF_GEARS: Final = (("_initialize",),)


def callable_type(info: ModuleInfo, export: str, arguments: Sequence[int]) -> FuncType:
    """The type of an exported function that these arguments fit.

    Raises :class:`GuestStopped` (kind LINK) for an export that is not there, or is called with another number of
    arguments than it takes, :class:`ValueError` for an argument that is no unsigned integer of its size.
    """
    found = info.function(export)
    if found is None:
        raise GuestStopped(StopKind.LINK, f"it exports no function named {export}")
    if len(found.params) != len(arguments):
        raise GuestStopped(StopKind.LINK, f"{export} is {found} and was called with {len(arguments)} arguments")
    if not {"i32", "i64"} >= {*found.params} or not _BITS.keys() >= {*found.results}:
        raise GuestStopped(StopKind.LINK, f"{export} is {found}, and only integers can be passed")
    for argument, kind in zip(arguments, found.params, strict=True):
        if not 0 <= argument < 2 ** _BITS[kind]:
            raise ValueError(f"{argument} is no unsigned {kind}")
    return found


def start_up(info: ModuleInfo, abi: str) -> list[str]:
    """The exports without parameters that make an instance ready, in the order in which the host calls them."""
    steps = _START_UP_OF_GEARS if abi == "fluxrig" else _START_UP_OF_BYTES
    found = (next((name for name in names if info.function(name) == FuncType()), None) for names in steps)
    return [name for name in found if name is not None]


def require_type(info: ModuleInfo, export: str, wanted: FuncType) -> None:
    """Raise :class:`GuestStopped` (kind LINK) when the export is no function of that type."""
    found = info.function(export)
    if found is None:
        raise GuestStopped(StopKind.LINK, f"it exports no function named {export}")
    if found != wanted:
        raise GuestStopped(StopKind.LINK, f"{export} is {found} and should be {wanted}")


def to_signed(values: Sequence[int], kinds: Sequence[ValType]) -> tuple[int, ...]:
    """Unsigned integers as wasmtime takes them."""
    return tuple(
        value - 2 ** _BITS[kind] if value >> (_BITS[kind] - 1) else value
        for value, kind in zip(values, kinds, strict=True)
    )


def to_unsigned(result: Any, kinds: Sequence[ValType]) -> tuple[int, ...]:
    """What wasmtime returned as unsigned integers; of a float the bits."""
    values: list[int | float] = [] if not kinds else [result] if len(kinds) == 1 else list(result)
    return tuple(
        struct.unpack("<" + _UNSIGNED[kind], struct.pack("<" + _LAYOUTS[kind], value))[0]
        for value, kind in zip(values, kinds, strict=True)
    )

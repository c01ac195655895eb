"""Types of the binary format: values, functions, memories, tables and globals, read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.errors import InvalidBinary, ModuleError, UnsupportedFeature
from plugbay.module.info import FuncType, GlobalType, MemoryType, TableType, ValType
from plugbay.module.leb128 import encode_unsigned

if TYPE_CHECKING:
    from plugbay.module.cursor import Cursor

PARAMETERS = 1000
"""The most parameters, and the most results, of a function that engines take."""

_VALUES: dict[int, ValType] = {
    0x7F: "i32",
    0x7E: "i64",
    0x7D: "f32",
    0x7C: "f64",
    0x7B: "v128",
    0x70: "funcref",
    0x6F: "externref",
}
_GC = "garbage collection"
_PROPOSALS = {
    **dict.fromkeys((0x6E, 0x6D, 0x6C, 0x6B, 0x6A, 0x71, 0x72, 0x73, 0x77, 0x78), _GC),
    **dict.fromkeys((0x5F, 0x5E, 0x50, 0x4F, 0x4E), _GC),
    **dict.fromkeys((0x63, 0x64), "typed function references"),
    **dict.fromkeys((0x69, 0x74), "exception handling"),
    **dict.fromkeys((0x68, 0x75, 0x5D), "stack switching"),
    0x67: "reference-typed strings",
    0x65: "shared-everything threads",
}
"""First bytes of types that proposals beyond core 2.0 add, in a type's or a value's place."""

_HAS_MAXIMUM, _SHARED, _IS_64, _PAGE_SIZE = 1, 2, 4, 8
_INITIALISED = 0x40
"""Stands before a table type that an initialiser follows."""
_MOST_PAGES = {False: 1 << 16, True: 1 << 48}
"""Pages that a memory can have at all, by whether its addresses have 64 bits."""


def value_type(code: int, offset: int) -> ValType:
    """The value type of that byte; see :func:`unknown_type` for what is raised when it is none of core 2.0's."""
    known = _VALUES.get(code)
    if known is None:
        raise unknown_type(code, offset)
    return known


def unknown_type(code: int, offset: int) -> ModuleError:
    """The error for a type that core 2.0 does not have: it names the proposal where the byte tells."""
    proposal = _PROPOSALS.get(code)
    if proposal is None:
        return InvalidBinary(f"unknown type {code:#04x} at byte {offset}", offset=offset, found=f"{code:#04x}")
    return unsupported(proposal, offset)


def unsupported(proposal: str, offset: int) -> UnsupportedFeature:
    """The error for a declaration of a proposal that plugbay does not read."""
    return UnsupportedFeature(
        f"the module uses the {proposal} proposal (at byte {offset}), which plugbay does not take",
        expected="WebAssembly core 2.0",
        found=proposal,
        hint="build it for core WebAssembly 2.0, without that language feature or compiler flag",
    )


def read_func_type(cursor: Cursor) -> FuncType:
    """An entry of the type section."""
    offset = cursor.position
    form = cursor.byte("a type")
    if form != 0x60:
        raise unknown_type(form, offset)
    return FuncType(_values(cursor, "parameters"), _values(cursor, "results"))


def _values(cursor: Cursor, what: str) -> tuple[ValType, ...]:
    count = cursor.count(what, PARAMETERS)
    offset = cursor.position
    codes = cursor.take(count, what)
    try:
        return tuple([_VALUES[code] for code in codes])
    except KeyError:
        index, code = next((index, code) for index, code in enumerate(codes) if code not in _VALUES)
        raise unknown_type(code, offset + index) from None


def read_memory_type(cursor: Cursor) -> MemoryType:
    """The limits of a memory. Raises :class:`InvalidBinary` when they contradict each other."""
    offset = cursor.position
    flags = cursor.byte("a memory type")
    if flags & _PAGE_SIZE and flags < 2 * _PAGE_SIZE:
        raise unsupported("custom page sizes", offset)
    shared, is_64 = bool(flags & _SHARED), bool(flags & _IS_64)
    if flags > 7 or (shared and not flags & _HAS_MAXIMUM):
        raise InvalidBinary(f"wrong memory flags {flags:#04x} at byte {offset}", offset=offset, found=f"{flags:#04x}")
    minimum, maximum = _bounds(cursor, flags)
    most = _MOST_PAGES[is_64]
    if max(minimum, maximum or 0) > most:
        raise InvalidBinary(f"a memory at byte {offset} has over {most} pages", offset=offset, expected=most)
    return MemoryType(minimum, maximum, shared=shared, memory64=is_64)


def encode_memory_type(memory: MemoryType) -> bytes:
    """The limits of a memory as an entry of the memory section."""
    has_maximum = memory.maximum is not None
    flags = _HAS_MAXIMUM * has_maximum | _SHARED * memory.shared | _IS_64 * memory.memory64
    maximum = encode_unsigned(memory.maximum) if memory.maximum is not None else b""
    return bytes((flags,)) + encode_unsigned(memory.minimum) + maximum


def read_table_type(cursor: Cursor) -> TableType:
    """Element type and limits of a table."""
    offset = cursor.position
    code = cursor.byte("a table type")
    if code == _INITIALISED:
        raise unsupported("typed function references", offset)
    element = value_type(code, offset)
    if element not in ("funcref", "externref"):
        raise InvalidBinary(f"a table of {element} at byte {offset}", offset=offset, expected="funcref", found=element)
    flags_at = cursor.position
    flags = cursor.byte("a table type")
    if flags & _SHARED and flags <= 7:
        raise unsupported("shared-everything threads", flags_at)
    if flags > 7:
        raise InvalidBinary(f"wrong table flags {flags:#04x} at byte {flags_at}", offset=flags_at)
    return TableType(element, *_bounds(cursor, flags), table64=bool(flags & _IS_64))


def read_global_type(cursor: Cursor) -> GlobalType:
    """Type and mutability of a global."""
    offset = cursor.position
    value = value_type(cursor.byte("a global type"), offset)
    flags = cursor.byte("a global type")
    if flags & 2 and flags < 4:
        raise unsupported("shared-everything threads", offset + 1)
    if flags > 1:
        raise InvalidBinary(f"wrong mutability {flags:#04x} at byte {offset + 1}", offset=offset + 1)
    return GlobalType(value, mutable=flags == 1)


def _bounds(cursor: Cursor, flags: int) -> tuple[int, int | None]:
    bits = 64 if flags & _IS_64 else 32
    offset = cursor.position
    minimum = cursor.unsigned(bits)
    maximum = cursor.unsigned(bits) if flags & _HAS_MAXIMUM else None
    if maximum is not None and minimum > maximum:
        raise InvalidBinary(
            f"minimum {minimum} over maximum {maximum} at byte {offset}", offset=offset, expected=maximum, found=minimum
        )
    return minimum, maximum

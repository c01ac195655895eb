"""Initialiser expressions of globals, read as far as needed to find their end; the engine validates them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.errors import InvalidBinary
from plugbay.module.wasmtypes import unsupported

if TYPE_CHECKING:
    from plugbay.module.cursor import Cursor

_END = 0x0B
_GLOBAL_GET, _REF_FUNC, _REF_NULL = 0x23, 0xD2, 0xD0
_CONST_BITS = {0x41: 32, 0x42: 64}
_CONST_BYTES = {0x43: 4, 0x44: 8}
_EXTENDED = frozenset((0x6A, 0x6B, 0x6C, 0x7C, 0x7D, 0x7E))
_VECTOR_PREFIX, _V128_CONST = 0xFD, 12
_GC_PREFIX = 0xFB


def skip_const_expr(cursor: Cursor) -> bool:
    """Move past an expression and its end; True when it computes (the extended-const proposal).

    Raises :class:`InvalidBinary` for an instruction that is not constant and :class:`UnsupportedFeature` for those of
    the garbage collection proposal.
    """
    extended = False
    while True:
        offset = cursor.position
        opcode = cursor.byte("an initialiser")
        if opcode == _END:
            return extended
        if opcode in _CONST_BITS:
            cursor.signed(_CONST_BITS[opcode])
        elif opcode in _CONST_BYTES:
            cursor.take(_CONST_BYTES[opcode], "a constant")
        elif opcode in (_GLOBAL_GET, _REF_FUNC):
            cursor.unsigned()
        elif opcode == _REF_NULL:
            cursor.signed(33)
        elif opcode in _EXTENDED:
            extended = True
        elif opcode == _VECTOR_PREFIX and cursor.unsigned() == _V128_CONST:
            cursor.take(16, "a constant")
        elif opcode == _GC_PREFIX:
            raise unsupported("garbage collection", offset)
        else:
            raise InvalidBinary(
                f"instruction {opcode:#04x} at byte {offset} is not constant, but stands in an initialiser",
                offset=offset,
                found=f"{opcode:#04x}",
            )

"""LEB128, the variable-length integers of the wasm binary format, with its length rules.

An N-bit number takes at most ceil(N / 7) bytes, and the bits of the last byte that N has no room for must be zero, or
copies of the sign (WebAssembly core specification, 5.2.2).
"""

from __future__ import annotations

from plugbay.errors import InvalidBinary


def encode_unsigned(value: int) -> bytes:
    """The shortest encoding of a number from 0 up."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def decode_unsigned(data: bytes, position: int, end: int, bits: int) -> tuple[int, int]:
    """The unsigned number at ``position`` and the position after it.

    Raises :class:`InvalidBinary` when it runs past ``end``, takes too many bytes or has bits beyond ``bits``.
    """
    value, _, after = _groups(data, position, end, bits)
    if value >> bits:
        raise InvalidBinary(f"a number at byte {position} does not fit in {bits} bits", offset=position)
    return value, after


def decode_signed(data: bytes, position: int, end: int, bits: int) -> tuple[int, int]:
    """The signed number at ``position`` and the position after it; raises like :func:`decode_unsigned`."""
    value, width, after = _groups(data, position, end, bits)
    if value >> (width - 1):
        value -= 1 << width
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise InvalidBinary(f"a number at byte {position} does not fit in {bits} signed bits", offset=position)
    return value, after


def _groups(data: bytes, position: int, end: int, bits: int) -> tuple[int, int, int]:
    """The 7-bit groups put together, how many bits they are, and the position after them."""
    value = width = 0
    for after in range(position, end):
        byte = data[after]
        value |= (byte & 0x7F) << width
        width += 7
        if byte < 0x80:
            return value, width, after + 1
        if width >= bits:
            raise InvalidBinary(f"a number at byte {position} takes more bytes than {bits} bits need", offset=position)
    raise InvalidBinary(f"a number at byte {position} is cut off", offset=position)

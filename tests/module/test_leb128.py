"""LEB128 numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay.errors import InvalidBinary
from plugbay.module.leb128 import decode_signed, decode_unsigned, encode_unsigned


def encode_signed(value: int) -> bytes:
    encoded = bytearray()
    while not -64 <= value < 64:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value & 0x7F)
    return bytes(encoded)


def padded(encoded: bytes, size: int) -> bytes:
    """The same number in more bytes than it needs, which the format allows up to its length limit."""
    negative = bool(encoded[-1] & 0x40)
    missing = size - len(encoded)
    if missing <= 0:
        return encoded
    fill = 0x7F if negative else 0
    return encoded[:-1] + bytes((encoded[-1] | 0x80,)) + bytes((fill | 0x80,)) * (missing - 1) + bytes((fill,))


@given(st.integers(0, 2**32 - 1), st.binary(max_size=4), st.binary(max_size=4))
def test_an_unsigned_number_is_read_back_wherever_it_stands(value: int, before: bytes, after: bytes) -> None:
    encoded = encode_unsigned(value)
    data = before + encoded + after
    assert decode_unsigned(data, len(before), len(data), 32) == (value, len(before) + len(encoded))


@given(st.integers(0, 2**64 - 1))
def test_a_64_bit_number_takes_ten_bytes_at_most(value: int) -> None:
    encoded = encode_unsigned(value)
    assert len(encoded) <= 10
    assert decode_unsigned(encoded, 0, len(encoded), 64)[0] == value


@given(st.integers(-(2**63), 2**63 - 1), st.integers(1, 10))
def test_a_signed_number_is_read_back_also_when_padded(value: int, size: int) -> None:
    encoded = padded(encode_signed(value), size)
    assert decode_signed(encoded, 0, len(encoded), 64) == (value, len(encoded))


@given(st.integers(-(2**31), 2**31 - 1), st.integers(1, 5))
def test_a_32_bit_signed_number_may_be_padded_to_five_bytes(value: int, size: int) -> None:
    encoded = padded(encode_signed(value), size)
    assert decode_signed(encoded, 0, len(encoded), 32) == (value, len(encoded))


@given(st.integers(2**31, 2**34 - 1) | st.integers(-(2**34), -(2**31) - 1))
def test_bits_over_the_width_of_a_signed_number_are_refused(value: int) -> None:
    encoded = encode_signed(value)
    with pytest.raises(InvalidBinary):
        decode_signed(encoded, 0, len(encoded), 32)


@pytest.mark.parametrize(
    ("encoded", "reason"),
    [
        ("80 80 80 80 80 00", "takes more bytes than 32 bits need"),
        ("ff ff ff ff 1f", "does not fit in 32 bits"),
        ("80 80 80 80 10", "does not fit in 32 bits"),
        ("80", "is cut off"),
        ("", "is cut off"),
    ],
)
def test_a_number_that_breaks_the_length_rules_is_refused_with_its_offset(encoded: str, reason: str) -> None:
    data = b"\0\0\0" + bytes.fromhex(encoded)
    with pytest.raises(InvalidBinary, match=reason) as caught:
        decode_unsigned(data, 3, len(data), 32)
    assert caught.value.offset == 3


@given(st.binary(max_size=12), st.sampled_from([32, 33, 64]))
def test_any_bytes_are_a_number_in_range_or_refused(data: bytes, bits: int) -> None:
    for decode, low, high in ((decode_unsigned, 0, 2**bits), (decode_signed, -(2 ** (bits - 1)), 2 ** (bits - 1))):
        try:
            value, after = decode(data, 0, len(data), bits)
        except InvalidBinary:
            continue
        assert low <= value < high
        assert 0 < after <= min(len(data), -(-bits // 7))

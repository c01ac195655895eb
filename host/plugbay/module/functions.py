"""The function section, read in bulk: a module has thousands of functions, and only a few types are ever asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugbay.errors import InvalidBinary
from plugbay.module.leb128 import decode_unsigned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay.module.cursor import Cursor

FUNCTIONS = 1_000_000
"""The most functions that engines take."""
_NUMBER = re.compile(rb"[\x80-\xff]{0,4}+[\x00-\x7f]")


def read_function_types(cursor: Cursor, type_count: int) -> Sequence[int]:
    """The type index of each function that the module defines.

    When every index takes one byte, which is the rule, the section's own bytes are the answer. Raises
    :class:`InvalidBinary` for an index over ``type_count``.
    """
    count = cursor.count("functions", FUNCTIONS)
    start = cursor.position
    if cursor.end - start == count:
        raw = cursor.take(count, "the function section")
        if raw.isascii():
            if out_of_range := raw.translate(None, bytes(range(min(type_count, 128)))):
                raise _no_such_type(out_of_range[0], type_count, start)
            return raw
        cursor.position = start
    return _decoded(cursor, count, type_count)


def _decoded(cursor: Cursor, count: int, type_count: int) -> list[int]:
    """The indices when some take several bytes: each different encoding is decoded once."""
    start, size = cursor.position, cursor.end - cursor.position
    encodings: list[bytes] = _NUMBER.findall(cursor.data, start, cursor.end) if size <= 5 * count else []
    if len(encodings) != count or sum(map(len, encodings)) != size:
        raise InvalidBinary(
            f"the function section at byte {start} announces {count} functions, but has {size} bytes for them that are "
            "another number of indices",
            offset=start,
            expected=count,
        )
    decoded = {encoding: decode_unsigned(encoding, 0, len(encoding), 35)[0] for encoding in set(encodings)}
    if (highest := max(decoded.values())) >= type_count:  # so the bits over 32 that five bytes can hold are refused too
        raise _no_such_type(highest, type_count, start)
    cursor.position = cursor.end
    return [decoded[encoding] for encoding in encodings]


def _no_such_type(index: int, type_count: int, offset: int) -> InvalidBinary:
    return InvalidBinary(
        f"a function in the section at byte {offset} has type {index}, but there are {type_count} types",
        offset=offset,
        expected=type_count,
        found=index,
    )

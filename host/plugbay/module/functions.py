"""The function section, read in bulk: a module has thousands of functions, and only a few types are ever asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.errors import InvalidBinary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay.module.cursor import Cursor

FUNCTIONS = 1_000_000
"""The most functions that engines take."""


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
    """The indices when some take several bytes: a loop without a call for each, which takes a third of the time."""
    start = cursor.position
    indices: list[int] = []
    index = shift = 0
    for byte in cursor.take(min(cursor.end - start, 5 * count), "the function section"):
        index |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            indices.append(index)
            index = shift = 0
        elif shift == 35:
            raise InvalidBinary(f"a type index in the section at byte {start} takes over 5 bytes", offset=start)
    if len(indices) != count or shift:
        raise InvalidBinary(
            f"the function section at byte {start} announces {count} functions, but has {len(indices)}",
            offset=start,
            expected=count,
            found=len(indices),
        )
    if (
        highest := max(indices, default=0)
    ) >= type_count:  # bits over the 32nd, which five bytes can hold, are too high
        raise _no_such_type(highest, type_count, start)
    return indices


def _no_such_type(index: int, type_count: int, offset: int) -> InvalidBinary:
    return InvalidBinary(
        f"a function in the section at byte {offset} has type {index}, but there are {type_count} types",
        offset=offset,
        expected=type_count,
        found=index,
    )

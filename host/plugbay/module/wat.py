"""WebAssembly text: recognised, and compiled by the engine's own assembler."""

from __future__ import annotations

import re

from plugbay.errors import InvalidBinary

_TEXT = re.compile(rb"(?:\xef\xbb\xbf)?\s*+(?:;;|\(;|\(\s*+[a-z@])")
"""Perhaps a byte order mark, then blanks, then a comment or an opened form."""
_PLACE = re.compile(r"^\s*--> <anon>:(\d+):(\d+)$", re.MULTILINE)


def looks_like_text(data: bytes) -> bool:
    """Whether the bytes begin like the text format: a comment, or ``(`` and a keyword."""
    return _TEXT.match(data) is not None


def compile_text(data: bytes, origin: str) -> bytes:
    """The binary of a module in the text format; ``origin`` names the file in errors.

    Raises :class:`InvalidBinary` with line and column; its ``offset`` is the byte in the text.
    """
    from wasmtime import WasmtimeError, wat2wasm  # here, since it takes 40 ms and binaries don't need it

    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise InvalidBinary(f"{origin}: the text is not UTF-8 at byte {error.start}", offset=error.start) from error
    try:
        return bytes(wat2wasm(text))
    except WasmtimeError as error:
        raise _translated(str(error), text, origin) from error


def _translated(report: str, text: str, origin: str) -> InvalidBinary:
    reason = report.partition("\n")[0].strip()
    place = _PLACE.search(report)
    if place is None:
        return InvalidBinary(f"{origin}: {reason}")
    line, column = int(place[1]), int(place[2])
    lines = text.split("\n")
    before = "\n".join([*lines[: line - 1], lines[line - 1][: column - 1]])
    quoted = lines[line - 1].strip()[:120]
    return InvalidBinary(
        f"{origin}:{line}:{column}: {reason}",
        offset=len(before.encode()),
        hint=f"the line is: {quoted}" if quoted else None,
    )

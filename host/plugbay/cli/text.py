"""Text from guests and files made safe to print: no control characters, no escape sequences, no reordering."""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that move the cursor, reorder or hide text; a terminal must never get them from a guest."""


def visible(text: str, *, lines: bool = False) -> str:
    r"""The text with each such character written out, as ``\x1b``; ``lines`` keeps line ends and tabs."""
    if text.isprintable():
        return text
    kept = "\n\t" if lines else ""
    return "".join(char if char in kept or not _hides(char) else _escaped(char) for char in text)


def is_text(data: bytes) -> bool:
    """Whether the bytes can go to a terminal as they are: UTF-8 without hidden characters but line ends and tabs."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return visible(text, lines=True) == text


def hex_lines(data: bytes, most: int) -> str:
    """The first ``most`` bytes as a hex dump: offset, bytes, printable ASCII."""
    shown = data[:most]
    rows = (shown[at : at + 16] for at in range(0, len(shown), 16))
    dump = [f"{16 * row:08x}  {part.hex(' '):<47}  {_ascii(part)}" for row, part in enumerate(rows)]
    if len(data) > most:
        dump.append(f"… {len(data) - most:,} bytes more")
    return "\n".join(dump)


def byte_size(count: int) -> str:
    """A number of bytes for people: ``17 bytes``, ``21.4 KiB``, ``4 GiB``."""
    if count < 1024:
        return "1 byte" if count == 1 else f"{count} bytes"
    size = float(count)
    for unit in ("KiB", "MiB", "GiB"):
        size /= 1024
        if size < 1024 or unit == "GiB":
            return f"{size:.1f} {unit}".replace(".0 ", " ")
    raise AssertionError("the last unit takes any size")


def _hides(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN


def _escaped(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _ascii(part: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)

"""Bytes as people read them: offset, sixteen bytes in hex, the same in ASCII."""

from __future__ import annotations

_ROW = 16


def hexdump(data: bytes, rows: int = 64) -> str:
    """At most ``rows`` rows of sixteen bytes; what is left out is counted in a last line."""
    lines: list[str] = []
    for offset in range(0, min(len(data), rows * _ROW), _ROW):
        row = data[offset : offset + _ROW]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        lines.append(f"{offset:06x}  {row.hex(' ', 1):<{_ROW * 3 - 1}}  {text}")
    if len(data) > rows * _ROW:
        lines.append(f"… {len(data) - rows * _ROW:,} bytes more")
    return "\n".join(lines)

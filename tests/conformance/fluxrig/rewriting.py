"""Changes to a module's bytes, for mutants: a constant, the name of an export or import, the first pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.module.leb128 import decode_unsigned, encode_unsigned
from plugbay.module.sections import SectionId, encode_section, sections

if TYPE_CHECKING:
    from collections.abc import Callable

_I32_CONSTANT = b"\x7f\x00\x41"
"""An immutable i32 whose initial value is a constant, up to that constant."""


def set_mutation(module: bytes, number: int) -> bytes:
    """The module with another initial value in the constant `mutation`, the one immutable global that is 0."""
    assert 0 <= number < 8192

    def change(payload: bytes) -> bytes:
        before = _I32_CONSTANT + b"\x00\x0b"
        assert payload.count(before) == 1
        signed = bytes((number & 0x7F | 0x80, number >> 7))
        return payload.replace(before, _I32_CONSTANT + signed + b"\x0b")

    return _with_section(module, SectionId.GLOBAL, change)


def rename_export(module: bytes, name: str, new: str) -> bytes:
    """The module with an export under another name of the same length."""
    return _with_section(module, SectionId.EXPORT, lambda payload: _renamed(payload, name, new))


def repoint_export(module: bytes, name: str, other: str) -> bytes:
    """The module with the function of one export under the name of another too."""

    def change(payload: bytes) -> bytes:
        start = _exported(payload, name)
        return payload.replace(start + _index(payload, name), start + _index(payload, other))

    return _with_section(module, SectionId.EXPORT, change)


def rename_import(module: bytes, name: str, new: str) -> bytes:
    """The module with an import under another name of the same length."""
    return _with_section(module, SectionId.IMPORT, lambda payload: _renamed(payload, name, new))


def first_pages(module: bytes, pages: int) -> bytes:
    """The module with a memory that starts with that many pages and has no maximum."""

    def change(payload: bytes) -> bytes:
        assert payload[:2] == b"\x01\x00"
        return b"\x01\x00" + encode_unsigned(pages)

    return _with_section(module, SectionId.MEMORY, change)


def second_memory(module: bytes) -> bytes:
    """The module with one more memory, of no pages."""
    return _with_section(module, SectionId.MEMORY, lambda payload: b"\x02" + payload[1:] + b"\x00\x00")


def _exported(payload: bytes, name: str) -> bytes:
    """The export's bytes up to its function's index."""
    start = encode_unsigned(len(name)) + name.encode() + b"\x00"
    assert payload.count(start) == 1
    return start


def _index(payload: bytes, name: str) -> bytes:
    """The function index of an export, encoded."""
    start = _exported(payload, name)
    index, _ = decode_unsigned(payload, payload.index(start) + len(start), len(payload), 32)
    return encode_unsigned(index)


def _renamed(payload: bytes, name: str, new: str) -> bytes:
    assert len(name) == len(new)
    before = encode_unsigned(len(name)) + name.encode()
    assert payload.count(before) == 1
    return payload.replace(before, encode_unsigned(len(new)) + new.encode())


def _with_section(module: bytes, which: SectionId, change: Callable[[bytes], bytes]) -> bytes:
    section = next(section for section in sections(module) if section.id is which)
    changed = encode_section(which, change(module[section.payload : section.end]))
    return module[: section.start] + changed + module[section.end :]

"""The changes made to a module before libextism compiles it, so that its limits hold and no code runs unguarded.

libextism instantiates a plugin's module while creating it, with no deadline, and runs its start function and
``_initialize`` then: one that never returns would hang the host, and one that calls an Extism function would crash it,
since the plugin does not exist yet. So these become ordinary exports, which the host calls under the deadline.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from plugbay.errors import ConfigInvalid, InvalidBinary
from plugbay.module.cursor import Cursor
from plugbay.module.leb128 import encode_unsigned
from plugbay.module.rewrite import START_EXPORT, check_tables, prepare_guest
from plugbay.module.sections import SectionId, encode_section, sections
from plugbay.module.wasmtypes import encode_memory_type, read_memory_type, read_table_type

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugbay.limits import Limits
    from plugbay.module.info import ModuleInfo, TableType

_STARTS: Final = ("__wasm_call_ctors", "_initialize")
"""What libextism runs by itself."""
_HIDDEN: Final = "plugbay:"
_MOST_PAGES: Final = 65536
_ELEMENTS: Final = {"funcref": b"\x70", "externref": b"\x6f"}


def prepare_plugin(data: bytes, info: ModuleInfo, limits: Limits) -> bytes:
    """The plugin's module with its limits written in and its start-up left to :func:`start_ups`.

    All changes lie before the code. Raises :class:`TooLarge`, :class:`InvalidBinary` when it exports a name of the
    host's, and :class:`ConfigInvalid` for Haskell's start-up, which takes arguments that a call can't pass.
    """
    if info.function("hs_init") is not None:
        raise _unguarded("it starts by hs_init")
    taken = next((export.name for export in info.exports if export.name.startswith(_HIDDEN)), None)
    if taken is not None:
        raise InvalidBinary(f"the module exports {taken!r}, a name that the host keeps for itself", function=taken)
    return _rewritten(data, info, limits)


def prepare_linked(data: bytes, info: ModuleInfo, limits: Limits) -> bytes:
    """A linked module with its limits written in.

    Raises :class:`TooLarge`, and :class:`ConfigInvalid` when it has a start-up: only the plugin's own can be called.
    """
    if info.start is not None or info.function("_initialize") is not None:
        raise _unguarded("a linked module has a start function or exports _initialize")
    return _rewritten(data, info, limits)


def start_ups(info: ModuleInfo, functions: Iterable[str]) -> tuple[str, ...]:
    """The exports of the prepared plugin to call before any other; ``functions`` are those of its own, in order."""
    start = (START_EXPORT,) if info.start is not None else ()
    return start + tuple(_HIDDEN + name for name in functions)


def _unguarded(what: str) -> ConfigInvalid:
    return ConfigInvalid(
        f"{what}, which libextism runs without a deadline",
        limit="deadline",
        hint="use the wasmtime engine",
    )


def _rewritten(data: bytes, info: ModuleInfo, limits: Limits) -> bytes:
    check_tables(info, table_elements=limits.table_elements)
    data = prepare_guest(data, info, memory_pages=limits.memory_pages)
    pieces = [data[:8]]
    for section in sections(data):
        cursor = Cursor(data, section.payload, section.end)
        match section.id:
            case SectionId.MEMORY:
                pieces.append(encode_section(section.id, _memories(cursor)))
            case SectionId.TABLE:
                pieces.append(encode_section(section.id, _tables(cursor, limits.table_elements)))
            case SectionId.EXPORT:
                pieces.append(encode_section(section.id, _exports(cursor)))
            case _:
                pieces.append(data[section.start : section.end])
    return b"".join(pieces)


def _memories(cursor: Cursor) -> bytes:
    """The memories with a maximum of one page more: libextism ends a plugin that grows up to its maximum."""
    count = cursor.unsigned()
    read = (read_memory_type(cursor) for _ in range(count))
    raised = (replace(memory, maximum=min((memory.maximum or 0) + 1, _MOST_PAGES)) for memory in read)
    return encode_unsigned(count) + b"".join(map(encode_memory_type, raised))


def _tables(cursor: Cursor, elements: int) -> bytes:
    """The tables with a maximum: libextism has no limit of its own."""
    count = cursor.unsigned()
    return encode_unsigned(count) + b"".join(_table(read_table_type(cursor), elements) for _ in range(count))


def _table(table: TableType, elements: int) -> bytes:
    maximum = elements if table.maximum is None else min(table.maximum, elements)
    flags = bytes((5 if table.table64 else 1,))
    return _ELEMENTS[table.element] + flags + encode_unsigned(table.minimum) + encode_unsigned(maximum)


def _exports(cursor: Cursor) -> bytes:
    """The exports, those hidden that libextism would run by itself."""
    count = cursor.unsigned()
    pieces = [encode_unsigned(count)]
    for _ in range(count):
        name = cursor.name("an export")
        kind = cursor.byte("an export")
        name = _HIDDEN + name if kind == 0 and name in _STARTS else name
        encoded = name.encode()
        pieces += (encode_unsigned(len(encoded)), encoded, bytes((kind,)), encode_unsigned(cursor.unsigned()))
    return b"".join(pieces)

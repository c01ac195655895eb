"""Finds fluxMsgs in a stream of CBOR at about a gigabyte a second, by a small trusted module in wasm.

``scanner.zig`` and the ``scanner_*.zig`` beside it are the source, built with ziglang 0.17.0, in this folder, by::

    python -m ziglang build-exe scanner.zig -target wasm32-freestanding -mcpu=generic+bulk_memory -O ReleaseFast
        -fno-entry -fstrip --stack 262144 --export=buffer --export=scan --export=report --export=ends --export=kinds
        -femit-bin=scanner.wasm

The result is committed with its SHA-256 in ``scanner.wasm.sha256``. The rules of the scanner are those of
:mod:`plugbay.message.cbor`: an item is a :attr:`Kind.MESSAGE` exactly when ``cbor.decode`` accepts its bytes, and
:attr:`Kind.MESSAGES` exactly when it is an array that ``cbor.decode_many`` accepts.
"""

from __future__ import annotations

import ctypes
import struct
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from importlib.resources import files
from typing import Self, cast

import wasmtime

from plugbay.errors import InvalidMessage, PluginClosed

Load = Callable[[bytes], tuple[wasmtime.Engine, wasmtime.Module]]
"""Makes an engine and the compiled module of these bytes, for example from an ahead-of-time cache."""

MAX_BUFFER_BYTES = 256 * 1024 * 1024
"""The largest buffer that one scan takes; the keys in it may take eight times as much memory again."""


class Kind(IntEnum):
    """What a well-formed item is: one message, a batch, or the first flaw that keeps it from being either."""

    MESSAGE = 0
    MESSAGES = 1
    """An array of messages, perhaps none."""
    OTHER = 2
    """Good CBOR of another shape."""
    TAG = 3
    SIMPLE_VALUE = 4
    INTEGER_RANGE = 5
    UTF8 = 6
    KEY_TYPE = 7
    DUPLICATE_KEY = 8
    NESTING = 9
    FIELD_TYPE = 10
    HOPS = 11
    MESSAGE_SIZE = 12
    """Over the 2 MiB that the bus allows."""
    ITEM_SIZE = 13
    """Over the scan's own ``message_limit_bytes``."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What one buffer holds.

    Item ``i`` is ``buffer[ends[i - 1]:ends[i]]`` (the first starts at 0) and of kind ``kinds[i]``, a :class:`Kind`.
    ``consumed`` is where the last whole item ends. When it is less than the buffer and ``error`` is None, the rest is
    the start of an item whose end has not come yet. ``error`` is an offset and a reason: from there on nothing can be
    read, since nobody knows where the next item would start.
    """

    ends: array[int]
    kinds: array[int]
    consumed: int
    error: tuple[int, str] | None


_FULL = 1
_ERRORS = {
    3: "not well-formed CBOR",
    4: "the item is over the limit of bytes",
    5: "nested too deep to find the end of the item",
}


class Scanner:
    """One instance of the scanner module, for one thread at a time. Close it, or use it in a ``with`` statement.

    ``load`` compiles the module, for an engine that does not meter fuel; the default compiles it in some 10 ms, also in
    a forked child.
    """

    def __init__(self, load: Load | None = None) -> None:
        engine, module = (load or _compile)(files("plugbay.message").joinpath("scanner.wasm").read_bytes())
        self._closed = False
        self._place = self._room = 0
        self._store = wasmtime.Store(engine)
        # The module is ours and its work is bounded by the buffer: no deadline, whatever the engine is set up for.
        self._store.set_epoch_deadline(2**62)
        exports = wasmtime.Instance(self._store, module, []).exports(self._store)
        self._memory = cast("wasmtime.Memory", exports["memory"])
        self._buffer, self._scan = (cast("wasmtime.Func", exports[name]) for name in ("buffer", "scan"))
        self._report, self._ends, self._kinds = (
            cast("int", cast("wasmtime.Func", exports[name])(self._store)) for name in ("report", "ends", "kinds")
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the instance; may be called twice."""
        self._closed = True
        self._store.close()

    def scan(self, buffer: bytes | bytearray | memoryview, *, message_limit_bytes: int = 4 * 1024 * 1024) -> Scan:
        """Find the items of the buffer, one after the other, up to the first incomplete or malformed one.

        ``message_limit_bytes`` bounds one top-level item: a whole one over it is :attr:`Kind.ITEM_SIZE`, one whose end
        has not come yet is an error as soon as it is over. Raises :class:`InvalidMessage` for a buffer of more than
        ``MAX_BUFFER_BYTES``, and :class:`PluginClosed`.
        """
        length = len(buffer)
        if self._closed:
            raise PluginClosed("the scanner is closed")
        if length > MAX_BUFFER_BYTES:
            raise InvalidMessage("the buffer is too large to scan", expected=MAX_BUFFER_BYTES, found=length)
        self._reserve(length)
        ctypes.memmove(self._address(self._place), bytes(buffer), length)
        ends, kinds = array("I"), array("B")
        consumed, stop, stopped_at = 0, _FULL, 0
        while stop == _FULL:
            self._scan(self._store, consumed, length, min(message_limit_bytes, MAX_BUFFER_BYTES))
            count, consumed, stop, stopped_at = struct.unpack("<4I", self._read(self._report, 16))
            ends.frombytes(self._read(self._ends, 4 * count))
            kinds.frombytes(self._read(self._kinds, count))
        reason = _ERRORS.get(stop)
        return Scan(ends, kinds, consumed, None if reason is None else (stopped_at, reason))

    def _reserve(self, length: int) -> None:
        if length <= self._room:
            return
        place = cast("int", self._buffer(self._store, length))
        if not place:
            raise MemoryError(f"no memory to scan {length} bytes")
        self._place, self._room = place, length

    def _address(self, place: int) -> int:
        # Memory may have moved when it grew.
        return ctypes.addressof(self._memory.data_ptr(self._store).contents) + place

    def _read(self, place: int, length: int) -> bytes:
        return ctypes.string_at(self._address(place), length)


def _compile(wasm: bytes) -> tuple[wasmtime.Engine, wasmtime.Module]:
    config = wasmtime.Config()
    # wasmtime's compile threads do not survive a fork; a child that waits for them hangs for ever.
    config.parallel_compilation = False
    engine = wasmtime.Engine(config)
    return engine, wasmtime.Module(engine, wasm)

"""The peers that plugbay is compared with: the same guest through wasmtime-py's ordinary calls, and Extism's SDK."""

from __future__ import annotations

from types import TracebackType
from typing import Self, cast

import extism  # type: ignore[import-untyped] # pyright: ignore[reportMissingTypeStubs] # it has no types
import wasmtime

_I32 = wasmtime.ValType.i32
_FOR_EVER = 2**62
_U64 = 2**64 - 1


class OrdinaryGear:
    """A fluxrig gear driven the way wasmtime-py's documentation shows, with nothing left out and nothing added.

    Its engine interrupts by epochs as plugbay's does, but its deadline is set once and never moves: a host that really
    bounds each call would pay for that too. Its ``env.log`` reads the text through a memory that it keeps, which is a
    third faster than ``caller["memory"]``, and appends (level, text) to ``lines``.
    """

    def __init__(self, wasm: bytes) -> None:
        config = wasmtime.Config()
        config.epoch_interruption = True
        engine = wasmtime.Engine(config)
        self._store = wasmtime.Store(engine)
        self._store.set_epoch_deadline(_FOR_EVER)
        self.lines: list[tuple[int, str]] = []
        linker = wasmtime.Linker(engine)
        linker.define_func("env", "log", wasmtime.FuncType([_I32()] * 3, []), self._log)
        exports = linker.instantiate(self._store, wasmtime.Module(engine, wasm)).exports(self._store)
        self._memory = cast("wasmtime.Memory", exports["memory"])
        self._alloc, self._free, self._process = (
            cast("wasmtime.Func", exports[name]) for name in ("alloc", "free", "process")
        )

    def call(self, payload: bytes) -> bytes:
        """One message: alloc, write, process, read, free, free."""
        store, memory, size = self._store, self._memory, len(payload)
        place = self._alloc(store, size)
        memory.write(store, payload, place)
        packed = self._process(store, place, size) & _U64
        start, length = packed >> 32, packed & 0xFFFFFFFF
        output = bytes(memory.read(store, start, start + length))
        self._free(store, place, size)
        if length:
            self._free(store, start, length)
        return output

    def call_and_take_lines(self, payload: bytes) -> list[tuple[int, str]]:
        """One message; the log lines that it left."""
        self.lines.clear()
        self.call(payload)
        return self.lines

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.close()

    def _log(self, level: int, start: int, size: int) -> None:
        text = self._memory.read(self._store, start, start + size)
        self.lines.append((level, text.decode("utf-8", "replace")))


def extism_plugin(wasm: bytes) -> extism.Plugin:
    """The plugin in Extism's Python SDK, with its defaults and no WASI."""
    return extism.Plugin({"wasm": [{"data": wasm}]}, wasi=False)

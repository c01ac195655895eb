"""The peers that plugbay is compared with: the same guest through wasmtime-py's ordinary calls, and Extism's SDK."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, cast

import extism  # type: ignore[import-untyped] # pyright: ignore[reportMissingTypeStubs] # it has no types
import orjson
import wasmtime
from extism.extism import CompiledPlugin  # type: ignore[import-untyped] # pyright: ignore # it has no types

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


def extism_plugin(wasm: bytes, *, wasi: bool = False, config: Mapping[str, str] | None = None) -> extism.Plugin:
    """The plugin in Extism's Python SDK, with its defaults."""
    return extism.Plugin({"wasm": [{"data": wasm}], "config": config or {}}, wasi=wasi, functions=[])


class RebuiltActor:
    """A Reflow actor as Reflow runs it: every message gets a plugin of its own, and its state goes in and comes back.

    With ``compiled`` the module is compiled once and only instantiated for each message, which Reflow does not do.
    Extism keeps compiled code on disk by default, so that plugins made from bytes are not compiled either.
    """

    def __init__(self, wasm: bytes, about: Mapping[str, Any], *, compiled: bool = False) -> None:
        self._functions = _reflow_functions()
        self._source: Any = CompiledPlugin(wasm, wasi=True, functions=self._functions) if compiled else wasm
        self._about = about
        self.state: dict[str, Any] = {}

    def process(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """One message: the values for the actor's outports."""
        context = {"payload": payload, "config": self._about, "state": self.state}
        with extism.Plugin(self._source, wasi=True, functions=self._functions) as plugin:
            result = orjson.loads(plugin.call("process", orjson.dumps(context)))
        self.state = result["state"]
        outputs: dict[str, Any] = result["outputs"]
        return outputs


def _reflow_functions() -> list[Any]:
    """Signatures of Reflow's host functions, which it links to every actor; the measured ones call none of them."""
    pointer = extism.ValType.PTR
    signatures: dict[str, tuple[list[Any], list[Any]]] = {
        "__get_state": ([pointer], [pointer]),
        "__set_state": ([pointer, pointer], []),
        "__send_output": ([pointer], []),
    }
    return [extism.host_fn(name, signature=signature)(_never) for name, signature in signatures.items()]


def _never(*_: object) -> None:
    raise AssertionError("the measured actors do not ask the host")

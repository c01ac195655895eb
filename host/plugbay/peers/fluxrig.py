"""A fluxrig call's steps through wasmtime-py's ordinary calls."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import wasmtime

from plugbay.engines.wasmtime.epoch import TICK_SECONDS, process_ticker
from plugbay.limits import PAGE_BYTES
from plugbay.peers.contract import PeerFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from plugbay.module.info import ModuleInfo
    from plugbay.peers.contract import Subject

FLUXRIG: Final = "fluxrig"
_LOG = "env.log"
_U32, _U64 = 2**32 - 1, 2**64 - 1


def why_no_ordinary_calls(info: ModuleInfo) -> str | None:
    """Why :func:`ordinary_wasmtime_calls` can't drive a gear; None when it can."""
    beyond = sorted({f"{item.module}.{item.name}" for item in info.imports} - {_LOG})
    return f"the plugin imports {', '.join(beyond)}; the peer serves only {_LOG}" if beyond else None


@contextmanager
def ordinary_wasmtime_calls(subject: Subject, seconds: float) -> Generator[Callable[[str, bytes], bytes]]:
    """The steps of a fluxrig call as wasmtime-py's documentation shows them: alloc, write, process, read, free, free.

    For measuring only: the memory limit holds, and all calls together get ``seconds`` and the deadline beyond. Raises
    :class:`PeerFailed`, also for what wasmtime raises inside the ``with``.
    """
    limits = subject.limits
    config = wasmtime.Config()
    config.epoch_interruption = True
    engine = wasmtime.Engine(config)
    process_ticker().register(engine)
    store = wasmtime.Store(engine)
    try:
        store.set_limits(memory_size=limits.memory_pages * PAGE_BYTES)
        module = wasmtime.Module(engine, subject.data)
        store.set_epoch_deadline(math.ceil((seconds + limits.deadline) / TICK_SECONDS) + 1)
        yield _ordinary_call(store, _exports(store, module), "alloc" if subject.info.function("alloc") else "malloc")
    except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
        raise PeerFailed(f"the peer failed: {str(error).strip().splitlines()[-1].strip()}") from error
    finally:
        process_ticker().unregister(engine)
        store.close()


def _exports(store: wasmtime.Store, module: wasmtime.Module) -> dict[str, Any]:
    linker = wasmtime.Linker(store.engine)
    log = wasmtime.FuncType([wasmtime.ValType.i32()] * 3, [])
    linker.define_func("env", "log", log, _ignore_log)
    return dict(linker.instantiate(store, module).exports(store).items())


def _ordinary_call(store: Any, exports: dict[str, Any], allocator: str) -> Callable[[str, bytes], bytes]:
    alloc, free, memory = exports[allocator], exports["free"], exports["memory"]
    initialize = exports.get("_initialize")
    if initialize is not None:
        initialize(store)

    def call(function: str, payload: bytes) -> bytes:
        pointer = alloc(store, len(payload))
        memory.write(store, payload, pointer)
        packed = exports[function](store, pointer, len(payload)) & _U64
        at, size = packed >> 32, packed & _U32
        result = bytes(memory.read(store, at, at + size)) if size else b""
        free(store, pointer, len(payload))
        if size:
            free(store, at, size)
        return result

    return call


def _ignore_log(level: int, pointer: int, size: int) -> None:
    """Serves the peer's ``env.log``."""

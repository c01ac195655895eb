"""A fluxrig call's steps through wasmtime-py's ordinary calls."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from plugbay.module.info import FuncType
from plugbay.peers.ordinary import imports_beyond, ordinary_instance

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from plugbay.module.info import ModuleInfo
    from plugbay.peers.contract import Subject

FLUXRIG: Final = "fluxrig"
_LOG = "env.log"
_SERVED: Final = {_LOG: FuncType(("i32", "i32", "i32"))}
_U32, _U64 = 2**32 - 1, 2**64 - 1


def why_no_ordinary_calls(info: ModuleInfo) -> str | None:
    """Why :func:`ordinary_wasmtime_calls` can't drive a gear; None when it can."""
    beyond = imports_beyond(info, _SERVED)
    return f"the plugin imports {', '.join(beyond)}; the peer serves only {_LOG}" if beyond else None


@contextmanager
def ordinary_wasmtime_calls(subject: Subject, seconds: float) -> Generator[Callable[[str, bytes], bytes]]:
    """The steps of a fluxrig call as wasmtime-py's documentation shows them: alloc, write, process, read, free, free.

    Raises :class:`PeerFailed`, as :func:`~plugbay.peers.ordinary.ordinary_instance` does.
    """
    with ordinary_instance(subject, seconds, _SERVED) as (store, exports):
        yield _ordinary_call(store, exports, "alloc" if subject.info.function("alloc") else "malloc")


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

"""The steps of a byte function's call, of each convention of PrioStack's, through wasmtime-py's ordinary calls."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from plugbay.module.info import FuncType
from plugbay.peers.contract import PeerFailed
from plugbay.peers.ordinary import imports_beyond, ordinary_instance

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from plugbay.module.info import ModuleInfo
    from plugbay.peers.contract import Subject

    Call = Callable[[str, bytes], bytes]

PRIOSTACK: Final = "priostack"
_ENV: Final = {
    "env.log": FuncType(("i32", "i32", "i32")),
    "env.abort": FuncType(("i32", "i32", "i32", "i32")),
    "env.seed": FuncType((), ("f64",)),
}
"""What modules import and most calls do not need. The clock and randomness, which calls spend time on, are not here."""
_GLUE: Final = "_bg.js"
"""How the module ends that wasm-bindgen's own code imports from; nothing of it is needed by a call that goes well."""
_MALLOC, _FREE = FuncType(("i32", "i32"), ("i32",)), FuncType(("i32", "i32", "i32"))
_FREE_OF_POINTER: Final = FuncType(("i32",))
_STACK: Final = "__wbindgen_add_to_stack_pointer"
_U32, _U64 = 2**32 - 1, 2**64 - 1
_POINTER: Final = 2**31 - 1


def why_no_byte_functions(info: ModuleInfo) -> str | None:
    """Why :func:`ordinary_byte_functions` can't drive a module; None when it can."""
    beyond = imports_beyond(info, _served(info))
    return f"the plugin imports {', '.join(beyond)}; the peer has no such function" if beyond else None


@contextmanager
def ordinary_byte_functions(subject: Subject, seconds: float) -> Generator[Call]:
    """The steps of each convention as its toolchain's own loader takes them, one call of wasmtime-py's each.

    Raises :class:`PeerFailed`, as :func:`~plugbay.peers.ordinary.ordinary_instance` does.
    """
    with ordinary_instance(subject, seconds, _served(subject.info)) as (store, exports):
        for name in ("_initialize", "__wbindgen_start"):
            if subject.info.function(name) == FuncType():
                exports[name](store)
        yield _call_of(store, exports, subject.info)


def _served(info: ModuleInfo) -> Mapping[str, FuncType]:
    glue = {
        f"{item.module}.{item.name}": item.type
        for item in info.imports
        if item.module.endswith(_GLUE) and isinstance(item.type, FuncType) and not item.type.results
    }
    return {**_ENV, **glue}


def _call_of(store: Any, exports: dict[str, Any], info: ModuleInfo) -> Call:
    if info.function("__new") is not None:
        return _buffers(store, exports)
    malloc, free = _bindgen_name(info, "malloc", _MALLOC), _bindgen_name(info, "free", _FREE)
    if malloc is not None and free is not None:
        return _bindgen(store, exports, exports[malloc], exports[free])
    names = [name for name in ("alloc", "malloc") if name in exports], [n for n in ("free", "dealloc") if n in exports]
    if not all(names):
        raise PeerFailed("the peer finds no functions that allocate and free")
    unsized = info.function(names[1][0]) == _FREE_OF_POINTER
    return _packed(store, exports, exports[names[0][0]], exports[names[1][0]], unsized=unsized)


def _bindgen_name(info: ModuleInfo, usual: str, kind: FuncType) -> str | None:
    """The function of wasm-bindgen's own: under its name, or by its type under one without a meaning."""
    names = [f"__wbindgen_{usual}", *(export.name for export in info.exports if "__wbindgen_export" in export.name)]
    return next((name for name in names if info.function(name) == kind), None)


def _packed(store: Any, exports: dict[str, Any], alloc: Any, free: Any, *, unsized: bool) -> Call:
    memory = exports["memory"]

    def release(pointer: int, size: int) -> None:
        free(store, pointer) if unsized else free(store, pointer, size)

    def call(function: str, payload: bytes) -> bytes:
        pointer = alloc(store, len(payload))
        memory.write(store, payload, pointer)
        packed = exports[function](store, pointer, len(payload)) & _U64
        at, size = packed >> 32 & _POINTER, packed & _U32
        result = bytes(memory.read(store, at, at + size)) if size else b""
        release(pointer, len(payload))
        if size:
            release(at, size)
        return result

    return call


def _bindgen(store: Any, exports: dict[str, Any], malloc: Any, free: Any) -> Call:
    memory, stack = exports["memory"], exports.get(_STACK)

    def run(function: str, pointer: int, size: int) -> tuple[int, int]:
        if stack is None:
            at, length = exports[function](store, pointer, size)
            return at & _U32, length & _U32
        place = stack(store, -16) & _U32
        exports[function](store, place, pointer, size)
        words = bytes(memory.read(store, place, place + 8))
        stack(store, 16)
        return int.from_bytes(words[:4], "little"), int.from_bytes(words[4:], "little")

    def call(function: str, payload: bytes) -> bytes:
        pointer = malloc(store, len(payload), 1)
        memory.write(store, payload, pointer)
        at, size = run(function, pointer, len(payload))
        result = bytes(memory.read(store, at, at + size))
        if size:
            free(store, at, size, 1)
        return result

    return call


def _buffers(store: Any, exports: dict[str, Any]) -> Call:
    new, pin, unpin, memory = exports["__new"], exports["__pin"], exports["__unpin"], exports["memory"]

    def call(function: str, payload: bytes) -> bytes:
        pointer = new(store, len(payload), 1)
        pin(store, pointer)
        memory.write(store, payload, pointer)
        at = exports[function](store, pointer)
        size = int.from_bytes(memory.read(store, at - 4, at), "little") if at else 0
        result = bytes(memory.read(store, at, at + size))
        unpin(store, pointer)
        return result

    return call

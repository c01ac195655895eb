"""The only file that touches wasmtime's unchecked C API.

Everything here trades checks for speed, so each function states what its caller must guarantee. The argument types that
it relies on are compared with wasmtime-py's own declarations once, when the engine is built.
"""

# pyright: reportPrivateUsage=false
# ruff: noqa: SLF001
# wasmtime-py has no public names for the raw pointers that it owns.

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import memmove, string_at
from typing import Any, Final

import wasmtime
from wasmtime import _bindings as bindings
from wasmtime import _ffi as ffi
from wasmtime._extern import wrap_extern

from plugbay.engines.wasmtime.callbacks import c_callback, callback_address
from plugbay.engines.wasmtime.mailbox import INPUT, Word, rows_offset
from plugbay.engines.wasmtime.version import wasmtime_version
from plugbay.errors import ConfigInvalid
from plugbay.limits import PAGE_BYTES

_CONTEXT = ctypes.POINTER(ffi.wasmtime_context_t)
_TRAP = ctypes.POINTER(ffi.wasm_trap_t)
_HOST_FUNCTION: Final = "size_t(*)(void *, void *, uint64_t *, size_t)"
_EPOCH_CHECK: Final = "size_t(*)(void *, void *, uint64_t *, uint8_t *)"
_RAW_VALUES: Final = 4
_WORDS_PER_VALUE: Final = 4
_U64_PER_VALUE: Final = 2
_CONTINUE: Final = 0


def check_bindings() -> None:
    """Raise :class:`ConfigInvalid` when wasmtime-py declares a function otherwise than this file calls it."""
    expected: dict[str, list[object]] = {
        "wasmtime_func_call_unchecked": [
            _CONTEXT,
            ctypes.POINTER(ffi.wasmtime_func_t),
            ctypes.POINTER(ffi.wasmtime_val_raw_t),
            ctypes.c_size_t,
            ctypes.POINTER(_TRAP),
        ],
        "wasmtime_func_new_unchecked": [
            _CONTEXT,
            ctypes.POINTER(ffi.wasm_functype_t),
            None,  # a callback type that ctypes makes anew at each declaration; its size is a pointer's anyway
            ctypes.c_void_p,
            None,
            ctypes.POINTER(ffi.wasmtime_func_t),
        ],
    }
    for name, types in expected.items():
        declared = list(getattr(bindings, f"_{name}").argtypes)
        fits = len(declared) == len(types) and all(
            want is None or want is found for want, found in zip(types, declared, strict=True)
        )
        if not fits or ctypes.sizeof(ffi.wasmtime_val_raw_t) != _U64_PER_VALUE * 8:
            raise ConfigInvalid(
                f"wasmtime {wasmtime_version()} declares {name} otherwise than plugbay calls it",
                expected=types,
                found=declared,
                hint="install the wasmtime release that plugbay's requirements name",
            )


class Crossing:
    """Calls of one driver instance, a single crossing into wasm each.

    One thread at a time; the store, the functions and the mailbox must outlive it. The mailbox must never move, which
    the engine's memory reservation guarantees.
    """

    __slots__ = (
        "_base",
        "_call",
        "_context",
        "_count",
        "_function",
        "_input",
        "_keep",
        "_mailbox",
        "_many",
        "_raw",
        "_store",
        "_trap",
        "_trap_out",
        "_words",
        "capacity",
        "header",
    )

    def __init__(
        self, store: wasmtime.Store, invoke: wasmtime.Func, many: wasmtime.Func, mailbox: wasmtime.Memory
    ) -> None:
        self._call = _c_function("wasmtime_func_call_unchecked", ctypes.c_void_p)
        self._store = store
        self._mailbox = mailbox
        self._context = ctypes.cast(_context(store), ctypes.c_void_p)
        values = (ffi.wasmtime_val_raw_t * _RAW_VALUES)()
        self._raw = ctypes.byref(values)
        self._words = (ctypes.c_uint32 * (_WORDS_PER_VALUE * _RAW_VALUES)).from_buffer(values)
        self._count = ctypes.c_size_t(_RAW_VALUES)
        self._trap = _TRAP()
        self._trap_out = ctypes.byref(self._trap)
        self._function = ctypes.byref(_raw_function(invoke))
        self._many = ctypes.byref(_raw_function(many))
        self._base = ctypes.addressof(mailbox.data_ptr(store).contents)
        self._input = self._base + INPUT
        self.header = (ctypes.c_uint32 * len(Word)).from_address(self._base)
        self.capacity = mailbox.data_len(store) - INPUT
        self._keep = (invoke, many, values)

    def reserve(self, size: int) -> bool:
        """Make room for ``size`` bytes of input; False when the mailbox may not grow that far."""
        missing = size + INPUT - self._mailbox.data_len(self._store)
        if missing > 0:
            try:
                self._mailbox.grow(self._store, -(-missing // PAGE_BYTES))
            except wasmtime.WasmtimeError:
                return False
        self.capacity = self._mailbox.data_len(self._store) - INPUT
        return True

    def select(self, function: int) -> None:
        """The function index that the driver gets with the following calls; 0 until then."""
        self._words[_WORDS_PER_VALUE] = function

    def invoke(self, payload: bytes) -> bytes | None:
        """One message. The output when it is plain, None when the header's row says more.

        ``payload`` must be ``bytes`` of at most ``capacity``. Raises wasmtime's Trap or WasmtimeError when the guest
        did not return.
        """
        size = len(payload)
        words = self._words
        memmove(self._input, payload, size)
        words[0] = size
        error = self._call(self._context, self._function, self._raw, self._count, self._trap_out)
        if error or self._trap:
            raise self._interruption(error)
        if words[1]:
            return None
        return string_at(self._input, words[0])

    def invoke_many(self, frames: bytes, count: int) -> int:
        """A batch: ``frames`` are the lengths and inputs, at most ``capacity`` long; returns the offset of the rows.

        Raises as :meth:`invoke` does; the header's INDEX then tells which message failed, and the rows before it hold.
        """
        size = len(frames)
        rows = rows_offset(size)
        memmove(self._input, frames, size)
        words = self._words
        function = words[_WORDS_PER_VALUE]
        words[0] = count
        words[2 * _WORDS_PER_VALUE] = rows
        error = self._call(self._context, self._many, self._raw, self._count, self._trap_out)
        words[_WORDS_PER_VALUE] = function
        if error or self._trap:
            raise self._interruption(error)
        return rows

    def run(self, function: wasmtime.Func) -> None:
        """Call a function such as ``_initialize``, of at most four parameters, integers, which are all 0.

        Raises as :meth:`invoke` does.
        """
        selected = self._words[_WORDS_PER_VALUE]
        ctypes.memset(ctypes.addressof(self._words), 0, ctypes.sizeof(self._words))
        raw = ctypes.byref(_raw_function(function))
        error = self._call(self._context, raw, self._raw, self._count, self._trap_out)
        self._words[_WORDS_PER_VALUE] = selected
        if error or self._trap:
            raise self._interruption(error)

    def read(self, start: int, size: int) -> bytes:
        """Bytes of the mailbox; the range must come from a row or lie below the header's TOP."""
        return string_at(self._base + start, size)

    def write(self, start: int, data: bytes) -> None:
        """Write into the mailbox where the driver reserved ``len(data)`` bytes."""
        memmove(self._base + start, data, len(data))

    def _interruption(self, error: int | None) -> Exception:
        if error:
            pointer = ctypes.cast(error, ctypes.POINTER(ffi.wasmtime_error_t))
            return wasmtime.WasmtimeError._from_ptr(pointer)
        taken = _TRAP.from_buffer_copy(self._trap)
        ctypes.memset(ctypes.addressof(self._trap), 0, ctypes.sizeof(self._trap))
        return wasmtime.Trap._from_ptr(taken)


def guest_export(store: wasmtime.Store, instance: wasmtime.Instance, name: str) -> Any:
    """One export of an instance.

    wasmtime-py's ``instance.exports`` would wrap every export, of which a hostile guest may have a hundred thousand.
    Raises :class:`KeyError` when there is none of that name.
    """
    item = ffi.wasmtime_extern_t()
    text = name.encode()
    get = _c_function("wasmtime_instance_export_get", ctypes.c_bool)
    if not get(_context(store), ctypes.byref(instance._instance), text, ctypes.c_size_t(len(text)), ctypes.byref(item)):
        raise KeyError(name)
    return wrap_extern(item)


def blank_header() -> ctypes.Array[ctypes.c_uint32]:
    """A header of zeros, for the time before there is a mailbox."""
    return (ctypes.c_uint32 * len(Word))()


class HostFunction:
    """A Python function as a wasm import, called with raw values (0.2 microseconds against wasmtime-py's 2.4 to 6.7).

    ``body`` gets the arguments as unsigned integers and returns the unsigned result, or None where there is none. When
    it raises, the guest traps and ``on_error`` gets the exception, since none can pass through wasm.
    """

    def __init__(
        self,
        store: wasmtime.Store,
        type: wasmtime.FuncType,  # noqa: A002 # the name that wasmtime uses
        body: Callable[..., int | None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        arity = len(type.params)
        new_trap = _c_function("wasmtime_trap_new", ctypes.c_void_p)

        def call(_env: object, _caller: object, values: Any, _count: int) -> int:
            result = body(*(values[_U64_PER_VALUE * index] for index in range(arity)))
            if result is not None:
                values[0] = result
            return 0

        def stop(error: BaseException) -> int:
            on_error(error)
            return int(new_trap(b"host", ctypes.c_size_t(4)))

        self._callback = c_callback(_HOST_FUNCTION, call, stop)
        raw = ffi.wasmtime_func_t()
        create = _c_function("wasmtime_func_new_unchecked", None)
        create(_context(store), type.ptr(), callback_address(self._callback), None, None, ctypes.byref(raw))
        self.function = wasmtime.Func._from_raw(raw)


class EpochWatch:
    """Asks ``verdict`` at every tick of the engine's epoch that passes while the store's wasm runs.

    ``verdict`` returns True to go on until the next tick, False to stop the guest; if it raises, the guest stops and
    ``on_error`` gets the exception. Python's signal handlers run here too, so Ctrl-C stops a guest within a tick.
    """

    def __init__(
        self, store: wasmtime.Store, verdict: Callable[[], bool], on_error: Callable[[BaseException], None]
    ) -> None:
        new_error = _c_function("wasmtime_error_new", ctypes.c_void_p)

        def check(_store: object, _data: object, delta: Any, kind: Any) -> int:
            if not verdict():
                return int(new_error(b"epoch"))
            delta[0] = 1
            kind[0] = _CONTINUE
            return 0

        def stop(error: BaseException) -> int:
            on_error(error)
            return int(new_error(b"epoch"))

        self._callback = c_callback(_EPOCH_CHECK, check, stop)
        install = _c_function("wasmtime_store_epoch_deadline_callback", None)
        install(store.ptr(), callback_address(self._callback), None, None)
        store.set_epoch_deadline(1)


def _c_function(name: str, result: Any) -> Any:
    # Indexing makes a function object of our own: attribute access would share (and change) wasmtime-py's.
    library: Any = ffi.dll
    function = library[name]
    function.restype = result
    return function


def _context(store: wasmtime.Store) -> Any:
    return store._context()


def _raw_function(function: wasmtime.Func) -> Any:
    return function._func

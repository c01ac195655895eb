"""libextism through the ``extism`` package's cffi binding: the only file that touches its handles."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from plugbay.engines.extism.creation import creation_error
from plugbay.engines.extism.failures import Failure
from plugbay.engines.extism.journal import Journal
from plugbay.errors import ConfigInvalid, InvalidHandle, OutOfMemory
from plugbay.forks import mend_after_fork

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugbay.module.info import FuncType

HOST: Final = "plugbay:host"
"""The import module of the host's own functions, each named by its number in the list given to ``compile``."""
_SERVE: Final = "void(ExtismCurrentPlugin *, const ExtismVal *, ExtismSize, ExtismVal *, ExtismSize, void *)"
_JOURNAL_FILTER: Final = b"off,extism::plugin=error"
"""Only what libextism itself says of failed calls; guests may log without end."""
_TYPES: Final = {"i32": 0, "i64": 1, "f32": 2, "f64": 3}


@dataclass(frozen=True, slots=True)
class NativeImport:
    """A function of the host: ``serve`` takes Extism's memory and the arguments.

    In wasm its results are what it returned and an i32 that is 1, or 0 when ``serve`` raised: the exception is then
    for :meth:`NativeCode.take_fault`. ``type`` has its own results only, one at most; all its types are numbers.
    """

    type: FuncType
    serve: Callable[[NativeMemory, list[Any]], int | float | None]


class Library:
    """The loaded library, which belongs to the process that first compiles with it. Made by :func:`load_library`."""

    def __init__(self) -> None:
        binding: Any = _binding()
        self.ffi: Any = binding.ffi
        self.lib: Any = binding.lib
        self.version: str = self.ffi.string(self.lib.extism_version()).decode()
        self.journal = Journal(self._drain_log)
        self._lines: list[str] = []
        self._on_line: Any = self.ffi.callback("void(char *, ExtismSize)", self._add_line)
        self._process = 0
        self._lock = Lock()
        mend_after_fork(self)

    def check_process(self, plugin: str | None = None) -> None:
        """Raise :class:`ConfigInvalid` in a child of the process that the library belongs to."""
        if self.is_foreign():
            raise ConfigInvalid(
                "the extism engine can't run in a forked process: libextism's timer stayed in the parent, and no "
                "deadline would hold",
                plugin=plugin,
                limit="deadline",
                hint="use the wasmtime engine, which works after fork, or start the process by the spawn method",
            )

    def is_foreign(self) -> bool:
        """Whether this is a child, where freeing could touch what the parent's threads were in the middle of."""
        return self._process != os.getpid() and self._process != 0

    def compile(self, manifest: bytes, imports: Sequence[NativeImport], *, wasi: bool) -> NativeCode:
        """The modules of a manifest in JSON. Raises the errors of :func:`creation_error` and :class:`ConfigInvalid`."""
        with self._lock:
            self.check_process()
            if self._process == 0:
                self._process = os.getpid()
                self.lib.extism_log_custom(_JOURNAL_FILTER)
        return NativeCode(self, manifest, imports, wasi=wasi)

    def after_fork(self) -> None:
        """In a child: another thread may have held the lock when the parent forked."""
        self._lock = Lock()

    def _add_line(self, text: Any, size: int) -> None:
        self._lines.append(self.ffi.unpack(text, size).decode(errors="replace"))

    def _drain_log(self) -> list[str]:
        self.lib.extism_log_drain(self._on_line)
        lines, self._lines = self._lines, []
        return lines


def _binding() -> Any:
    try:
        return import_module("extism_sys")
    except (ImportError, OSError) as error:
        raise ConfigInvalid(
            f"the extism engine can't load libextism: {error}",
            hint="install it again (pip install extism-sys), or use the wasmtime engine",
        ) from error


class _Loader:
    """Loads the library once: it has one timer and one log per process, however many engines there are."""

    def __init__(self) -> None:
        self._library: Library | None = None
        self._lock = Lock()
        mend_after_fork(self)

    def after_fork(self) -> None:
        self._lock = Lock()

    def load(self) -> Library:
        with self._lock:
            if self._library is None:
                self._library = Library()
            return self._library


_loader = _Loader()


def load_library() -> Library:
    """The library, loaded at the first call."""
    return _loader.load()


class NativeMemory:
    """Extism's memory, as a function of the host sees it while the guest waits for it."""

    __slots__ = ("_current", "_ffi", "_lib")

    def __init__(self, library: Library, current: Any) -> None:
        self._ffi = library.ffi
        self._lib = library.lib
        self._current = current

    def read(self, handle: int) -> bytes | None:
        """The bytes of a handle, None for the null one. Raises :class:`InvalidHandle`."""
        if handle == 0:
            return None
        offset = handle & 0xFFFFFFFFFFFFFFFF
        size = self._lib.extism_current_plugin_memory_length(self._current, offset)
        if size == 0:
            raise InvalidHandle(f"{offset} is no live handle", found=offset)
        data: bytes = self._ffi.buffer(self._lib.extism_current_plugin_memory(self._current) + offset, size)[:]
        return data

    def write(self, data: bytes | None) -> int:
        """A new handle with those bytes, the null one for none. Raises :class:`OutOfMemory`."""
        if not data:
            return 0
        handle: int = self._lib.extism_current_plugin_memory_alloc(self._current, len(data))
        if handle == 0:
            raise OutOfMemory(f"Extism's memory has no room for {len(data)} bytes", limit="memory_pages")
        self._ffi.memmove(self._lib.extism_current_plugin_memory(self._current) + handle, data, len(data))
        return handle


class NativeCode:
    """A compiled plugin on an engine of its own. One :class:`NativePlugin` at a time may be made of it.

    libextism ends a call that is too slow by stopping all that runs on its engine: two plugins would stop each other.
    """

    def __init__(self, library: Library, manifest: bytes, imports: Sequence[NativeImport], *, wasi: bool) -> None:
        self.library = library
        self.fault: BaseException | None = None
        self._imports = tuple(imports)
        self._on_call: Any = library.ffi.callback(_SERVE, self._serve, onerror=self._keep_fault)
        functions = [self._function(number, item) for number, item in enumerate(self._imports)]
        error = library.ffi.new("char **")
        try:
            self._pointer: Any = library.lib.extism_compiled_plugin_new(
                manifest, len(manifest), library.ffi.new("ExtismFunction *[]", functions), len(functions), wasi, error
            )
        finally:
            for function in functions:
                library.lib.extism_function_free(function)  # an empty shell by now
        if not self._pointer:
            raise creation_error(self._take_text(error))

    def instantiate(self) -> NativePlugin:
        """A plugin, in which no code of the guest has run. Raises the errors of :func:`creation_error`."""
        self.fault = None
        error = self.library.ffi.new("char **")
        pointer = self.library.lib.extism_plugin_new_from_compiled(self._pointer, error)
        if not pointer:
            raise creation_error(self._take_text(error))
        return NativePlugin(self, pointer)

    def take_fault(self) -> BaseException | None:
        """What a function of the host raised in the last call, once."""
        fault, self.fault = self.fault, None
        return fault

    def close(self) -> None:
        """Free the code; its plugin is closed before."""
        pointer, self._pointer = self._pointer, None
        if pointer and not self.library.is_foreign():
            self.library.lib.extism_compiled_plugin_free(pointer)
            self._on_call = None  # breaks the circle of the callback and its method

    def _take_text(self, error: Any) -> str:
        text: str = self.library.ffi.string(error[0]).decode(errors="replace")
        self.library.lib.extism_plugin_new_error_free(error[0])
        return text

    def _function(self, number: int, item: NativeImport) -> Any:
        ffi, lib = self.library.ffi, self.library.lib
        inputs = [_TYPES[kind] for kind in item.type.params]
        outputs = [_TYPES[kind] for kind in (*item.type.results, "i32")]
        function = lib.extism_function_new(
            str(number).encode(),
            inputs,
            len(inputs),
            outputs,
            len(outputs),
            self._on_call,
            ffi.cast("void *", number),
            ffi.NULL,
        )
        lib.extism_function_set_namespace(function, HOST.encode())
        return function

    def _serve(self, current: Any, inputs: Any, _n_inputs: int, outputs: Any, n_outputs: int, number: Any) -> None:
        """The one callback. What it raises goes to ``onerror``, and the results stay 0."""
        item = self._imports[int(self.library.ffi.cast("uintptr_t", number))]
        arguments = [getattr(inputs[index].v, kind) for index, kind in enumerate(item.type.params)]
        result = item.serve(NativeMemory(self.library, current), arguments)
        for kind in item.type.results:
            setattr(outputs[0].v, kind, result)
        outputs[n_outputs - 1].v.i32 = 1

    def _keep_fault(self, _kind: object, error: BaseException, _traceback: object) -> None:
        """Keep the first exception of a call, which can't pass through wasm."""
        if self.fault is None:
            self.fault = error


class NativePlugin:
    """One live plugin; all but :meth:`cancel` by one thread at a time. Made by :meth:`NativeCode.instantiate`."""

    def __init__(self, code: NativeCode, pointer: Any) -> None:
        library = code.library
        self._code = code
        self._library = library
        self._ffi = library.ffi
        self._lib = library.lib
        self._call = library.lib.extism_plugin_call
        self._error = library.lib.extism_plugin_error
        self._output_length = library.lib.extism_plugin_output_length
        self._output_data = library.lib.extism_plugin_output_data
        self._pointer = pointer
        self._id = str(UUID(bytes=library.ffi.buffer(library.lib.extism_plugin_id(pointer), 16)[:]))
        self._lock = Lock()

    def call(self, function: str, payload: bytes) -> Failure | None:
        """Call an export; None when it succeeded, and :meth:`output` has what it made."""
        pointer = self._pointer
        code = self._call(pointer, function.encode(), payload, len(payload))
        error = self._error(pointer)  # a guest that sets an error may return 0
        if not code and not error:
            return None
        if not error:
            return Failure(code)
        text: str = self._ffi.string(error).decode(errors="replace")
        return Failure(code, text, self._library.journal.take(self._id, function))

    def output(self, most: int) -> bytes | None:
        """The output of a call that succeeded; None when it is over ``most`` bytes, as :meth:`output_size` tells.

        After another failure than the guest's own, libextism crashes when it is asked.
        """
        size = self._output_length(self._pointer)
        if size > most:
            return None
        data: bytes = self._ffi.buffer(self._output_data(self._pointer), size)[:]
        return data

    def output_size(self) -> int:
        """Bytes of the output."""
        size: int = self._output_length(self._pointer)
        return size

    def cancel(self) -> None:
        """End the call that runs, if libextism's timer knows of it by now; for other threads."""
        with self._lock:
            if self._pointer and not self._library.is_foreign():
                self._lib.extism_plugin_cancel(self._lib.extism_plugin_cancel_handle(self._pointer))

    def close(self) -> None:
        """Free the plugin."""
        with self._lock:
            pointer, self._pointer = self._pointer, None
            if pointer and not self._library.is_foreign():
                self._lib.extism_plugin_free(pointer)

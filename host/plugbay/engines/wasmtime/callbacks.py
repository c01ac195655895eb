"""Python functions as C callbacks that lose no exception."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any


def c_callback(declaration: str, body: Callable[..., int], failed: Callable[[BaseException], int]) -> Any:
    """``body`` as a C function of the type declared; keep the object for as long as C may call it.

    When ``body`` raises, what ``failed`` makes of the exception is the result. These are cffi's callbacks, not ctypes':
    Python runs signal handlers on entry to a function, before any ``try`` in it, and an exception that leaves a ctypes
    callback is lost, and Ctrl-C with it.
    """

    def on_error(_kind: object, error: BaseException, _trace: object) -> int:
        return failed(error)

    return _cffi().callback(declaration, body, onerror=on_error)


def callback_address(callback: Any) -> ctypes.c_void_p:
    """The C function's address."""
    return ctypes.c_void_p(int(_cffi().cast("size_t", callback)))


@cache
def _cffi() -> Any:
    # The backend's own FFI reads declarations in C; the public one would import a C parser for 27 ms.
    return import_module("_cffi_backend").FFI()

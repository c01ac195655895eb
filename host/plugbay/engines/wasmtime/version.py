"""The version of the installed wasmtime."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version


@cache
def wasmtime_version() -> str:
    """Such as ``50.0.1``; read from the package's metadata, since the package itself does not say."""
    return version("wasmtime")

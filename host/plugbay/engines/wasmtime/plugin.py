"""Registers the wasmtime engine, as anyone would register theirs."""

from __future__ import annotations

from plugbay.contracts import Engine
from plugbay.engines.wasmtime.engine import WasmtimeEngine
from plugbay.hookspecs import hookimpl


@hookimpl
def plugbay_engines() -> list[Engine]:
    """The wasmtime engine."""
    return [WasmtimeEngine()]

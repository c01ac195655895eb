"""Registers the extism engine, as anyone would register theirs."""

from __future__ import annotations

from plugbay.contracts import Engine
from plugbay.engines.extism.engine import ExtismEngine
from plugbay.hookspecs import hookimpl


@hookimpl
def plugbay_engines() -> list[Engine]:
    """The extism engine."""
    return [ExtismEngine()]
